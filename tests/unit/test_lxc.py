"""The configuration of a container of LXC."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import CapSet, documents, engines
from capset.engines import Request
from capset.errors import DialectError, FormatError, UnknownVersionError
from capset.facts import load
from capset.formats import lxc

SHARE = "/usr/share/lxc/config"
COMMON = f"lxc.include = {SHARE}/common.conf\n"
ALL = engines.get("lxc").resolve(drop=[""])


@pytest.mark.parametrize(
    ("text", "request_", "told"),
    [
        ("lxc.cap.drop =", Request(drop=[""]), []),
        ('lxc.cap.drop = "\nlxc.cap.keep = none', Request(drop=["", '"']), ["in-both-lists", "unknown-capability"]),
        ("lxc.cap.drop = kill\tchown 12", Request(drop=["", "kill", "chown", "12"]), []),
        ("  lxc.cap.drop='kill'\r\nlxc.cap.drop = \"chown\"", Request(drop=["", "kill", "chown"]), []),
        ("lxc.cap.drop = XkillX", Request(drop=["", "XkillX"]), ["unknown-capability"]),  # no quotes, whatever they are
        ("lxc.cap.drop = 'kill", Request(drop=["", "'kill"]), ["unknown-capability"]),
        (COMMON, Request(), []),
        (COMMON * 2, Request(), []),
        (f"{COMMON}lxc.cap.drop = kill", Request(drop=["kill"]), []),
        (f"lxc.cap.drop = kill\n{COMMON}", Request(drop=["kill"]), []),
        (f"{COMMON}lxc.include = /usr/local/share/lxc/config/userns.conf", Request(drop=[""]), []),
        (f"{COMMON}lxc.include = @LXCTEMPLATECONFIG@/nesting.conf\nlxc.include =", Request(), []),
        (f"{COMMON}lxc.cap.keep =\nlxc.cap.drop = kill", Request(drop=["", "kill"]), []),
        ("lxc.cap.keep = kill 5", Request(["kill", "5"], [""]), []),
        ("lxc.cap.keep = kill none", Request(["kill", "none"], [""]), ["no-effect"]),
        ("lxc.cap.keep = kill\nlxc.cap.drop =\nlxc.cap.drop = chown", Request(drop=["", "chown"]), []),
        ("lxc.cap.keep = kil\nlxc.cap.drop =", Request(drop=[""]), ["unknown-capability"]),
        ("lxc.cap.drop = none\nlxc.cap.drop =", Request(drop=[""]), ["unknown-capability"]),
        (f"{COMMON}lxc.cap.keep = kill", Request(), ["in-both-lists"]),
        ("lxc.cap.drop = kill\nlxc.cap.keep = none", Request(drop=["", "kill"]), ["in-both-lists"]),
        ("lxc.cap.keep = none\nlxc.cap.drop = kill", Request(["none"], [""]), ["in-both-lists"]),
        (f"lxc.cap.keep = kill\n{COMMON}", Request(["kill"], [""]), ["in-both-lists"]),
        ("lxc.cap.drop = KILL cap_kill kill,chown none 41", None, ["unknown-capability"] * 5),
        ("lxc.cap.drop = $X", Request(drop=[""]), ["variable"]),
        ("lxc.include = /etc/lxc/mine.conf", Request(drop=[""]), ["not-read"]),
        ("lxc.include = $X/a.conf", Request(drop=[""]), ["variable"]),
        ("lxc.init.uid = 0x10\nlxc.init.gid = 010", Request(drop=[""], user="16:8"), []),
        ("lxc.init.gid = 5", Request(drop=[""], user="0:5"), []),
        ("lxc.init.uid = 5\nlxc.init.uid =\nlxc.init.gid =", Request(drop=[""]), []),
        ("lxc.init.uid = +5\nlxc.init.uid = web", Request(drop=[""], user="5"), ["not-a-number"]),
        ("lxc.init.uid = @UID@", Request(drop=[""], user="@UID@"), ["variable"]),
        ("lxc.init.uid = 4294967296", Request(drop=[""]), ["id-out-of-range"]),
        ("lxc.no_new_privs = 1", Request(drop=[""], no_new_privs=True), []),
        ("lxc.no_new_privs = 1\nlxc.no_new_privs =", Request(drop=[""]), []),
        ("lxc.no_new_privs = yes", Request(drop=[""]), ["odd-boolean"]),
        ("lxc.no_new_privs = $X", Request(drop=[""]), ["variable"]),
        ("lxc.idmap = u 0 100000 65536", Request(drop=[""]), ["own-user-namespace"]),
        ("lxc.idmap = u 0 100000 65536\nlxc.idmap =", Request(drop=[""]), []),
        ("lxc.capdrop = kill", Request(drop=[""]), ["unknown-key"]),
        ("lxc.xyzzyx = kill", Request(drop=[""]), ["unknown-key"]),
        ("lxc.net.0.type = empty\nlxc.cgroup2.memory.max = 5\n# lxc.capdrop\n;x", Request(drop=[""]), []),
        ("lxc.id_map = u 0 1000 5", Request(drop=[""]), ["older-directive"]),
        ("lxc.arch = a\ncap.drop = kill\nLXC.cap.drop = kill", Request(drop=[""]), ["unknown-key"] * 2),
        ("lxc.cap.drop kill", Request(drop=[""]), ["no-assignment"]),
        ("arch: amd64\nlxc.cap.drop: kill\n", Request(drop=[""]), ["not-read", "no-assignment"]),
    ],
)
def test_configurations(text, request_, told):
    """LXC goes from line to line, and refuses the file for a line that it does not take."""
    [workload] = documents.read(text)

    assert workload.dialect == "lxc"
    assert request_ is None or workload.request == request_
    assert [problem.rule for problem in workload.problems] == told
    assert all(problem.line for problem in workload.problems)


def test_what_comes_of_it():
    """All but what is dropped, or what is kept alone; never more than the file says."""
    lxc_now = engines.get("lxc")
    for text, expected in (
        ("lxc.cap.drop = kill", ALL - {"kill"}),
        (COMMON, lxc_now.default),
        ("lxc.cap.keep = kill none chown", CapSet(["chown"])),
        ("lxc.cap.keep = none", CapSet()),
    ):
        [workload] = documents.read(text)
        assert lxc_now.container(workload.request).bounding == expected
        [workload] = documents.read(text.replace(COMMON, ""), dialect="lxc")
        assert workload.for_engine(engines.get("lxc-unprivileged")).request == workload.request
    [workload] = documents.read(COMMON)
    unprivileged = engines.get("lxc-unprivileged")
    assert unprivileged.container(workload.for_engine(unprivileged).request).bounding == lxc_now.default
    assert documents.read("lxc.include = /a/b.conf")[0].not_known.startswith("what /a/b.conf says is not read")


def test_other_releases():
    """What older releases know, and what they take back."""
    for text, version, told in (
        ("lxc.init_uid = 5\nlxc.id_map = u 0 1 5\nlxc.network.type = empty", "2.0.0", ["own-user-namespace"]),
        ("lxc.init_uid = 5", "1.1.0", ["newer-directive"]),
        ("lxc.no_new_privs = 1", "2.0.0", ["newer-directive"]),
        ("lxc.utsname = a", "3.0.0", ["older-directive"]),
        ("lxc.cap.drop = bpf", "4.0.5", ["unknown-capability"]),
    ):
        [workload] = documents.read(text)
        told_of = workload.for_engine(engines.get("lxc", version))
        assert [problem.rule for problem in told_of.problems] == told, text
    [userns] = documents.read(f"{COMMON}lxc.include = {SHARE}/userns.conf")
    assert userns.for_engine(engines.get("lxc", "2.0.9")).request == Request()
    assert userns.for_engine(engines.get("lxc", "2.0.10")).request == Request(drop=[""])
    for text, before, since in (
        ("lxc.cap.keep =\nlxc.cap.drop = 1\nlxc.cap.keep =", Request(drop=["", "1"]), Request(drop=[""])),
        ("lxc.cap.keep = 1\nlxc.cap.drop =", Request(["1"], [""]), Request(drop=[""])),
    ):
        [workload] = documents.read(text)
        for version, request in (("4.0.10", before), ("4.0.11", since)):
            assert workload.for_engine(engines.get("lxc", version)).request == request
    docker = documents.read("lxc.cap.drop = kill")[0].for_engine(engines.get("docker"))
    assert docker.request.drop == ("", "kill")


def test_files_that_are_included():
    """Those that are given are read, and their problems say where they stand."""
    files = {
        "/etc/a.conf": "\nlxc.cap.drop = kil\nlxc.include = /etc/b.conf\n",
        "/etc/b.conf": "lxc.cap.drop = chown\n",
    }
    [workload] = documents.read("lxc.include = /etc//a.conf\n", "c", beside=files)
    assert workload.request.drop == ("", "kil", "chown")
    [problem] = workload.problems
    assert (problem.source, problem.line, problem.rule) == ("/etc/a.conf", 2, "unknown-capability")
    [round_] = documents.read("lxc.include = /a\n", "c", beside={"/a": "lxc.include = /a\n"})
    assert [(each.rule, each.source) for each in round_.problems] == [("not-read", "/a")]
    assert round_.refusal.message == "/a includes itself, and LXC comes to no end"
    [many] = documents.read("lxc.include = /b\n" * 101, "c", beside={"/b": "lxc.cap.drop = 5\n"})
    assert many.not_known == "more than 100 files are included, and the others are not read"


def test_where_a_problem_stands():
    """The line and its key, and in front of them the file where that is included."""
    text = "lxc.init.uid = web\nlxc.no_new_privs = yes\nlxc.cap.drop = kil\n"
    [workload] = documents.read(f"lxc.include = /a\n{text}", "c", beside={"/a": text})
    numbers = "LXC takes numbers alone, and passes over 'web': what was said before it counts"
    assert sorted(map(str, workload.problems)) == [
        f"/a, line 1 (lxc.init.uid): ignored: {numbers}",
        "/a, line 2 (lxc.no_new_privs): refused: LXC takes 0 or 1, got 'yes'",
        "/a, line 3 (lxc.cap.drop): refused: LXC knows no capability 'kil': did you mean kill?",
        f"line 2 (lxc.init.uid): ignored: {numbers}",
        "line 3 (lxc.no_new_privs): refused: LXC takes 0 or 1, got 'yes'",
        "line 4 (lxc.cap.drop): refused: LXC knows no capability 'kil': did you mean kill?",
    ]


def test_what_a_workload_tells():
    """Its name, its lines, and that it can be kept."""
    [web] = documents.read(f"# c\n{COMMON}lxc.uts.name = web\nlxc.cap.drop = kill\nlxc.init.uid = 5\n", "config")
    assert (web.name, web.line, web._lines) == ("web", 2, {"drop": 4, "user": 5})
    assert pickle.loads(pickle.dumps(web)) == web
    with pytest.raises(DialectError) as caught:
        documents.read("[a]\nlxc = 5\nx.lxc.cap.drop = kill\n")
    assert dict(caught.value.tried)["lxc"] == "no line of it begins with lxc. and a key"
    with pytest.raises(TypeError, match="a configuration as str"):
        lxc.from_config(b"lxc.cap.drop =")
    with pytest.raises(TypeError, match="a Judge"):
        lxc.from_config("", True)
    with pytest.raises(UnknownVersionError):
        lxc.from_config("", release="x")


def test_written():
    """The shortest that is right also behind an include."""
    for request, text in (
        (Request(), COMMON),
        (Request(drop=["CAP_KILL", "12"]), f"{COMMON}lxc.cap.drop = kill net_admin\n"),
        (Request(drop=["kill", "", "chown"]), "lxc.cap.drop =\nlxc.cap.drop = chown\n"),
        (Request(["none"], [""]), "lxc.cap.drop =\nlxc.cap.keep = none\n"),
        (
            Request(["kill"], [""], user="5:6", no_new_privs=True),
            "lxc.cap.drop =\nlxc.cap.keep = kill\nlxc.init.uid = 5\nlxc.init.gid = 6\nlxc.no_new_privs = 1\n",
        ),
    ):
        assert lxc.to_config(request) == text
    for request, place in (
        (Request(privileged=True), "privileged"),
        (Request(["kil"]), "add"),
        (Request(user="web"), "user"),
    ):
        with pytest.raises(FormatError, match=place):
            lxc.to_config(request)


@given(st.sets(st.integers(0, 40)).map(CapSet), st.sampled_from(["", "5", "5:6"]), st.booleans())
def test_what_is_written_is_read(caps, user, no_new_privs):
    """Any set that a container of Docker has, LXC gives as well."""
    flags = " ".join(f"--cap-add {cap.name}" for cap in caps)
    options = f"{f'--user {user}' * bool(user)} {'--security-opt no-new-privileges' * no_new_privs}"
    conversion = documents.convert(documents.read(f"docker run --cap-drop ALL {flags} {options} web"), "lxc")
    [workload] = documents.read(conversion.text)

    assert conversion.losses == ()
    assert engines.get("lxc").container(workload.request).bounding == caps
    assert (workload.request.user, workload.request.no_new_privs) == (user, no_new_privs)
    assert documents.convert(workload, "lxc").text == conversion.text


def test_what_is_asked_of_other_engines():
    """LXC has no list that is added to: what the other engine gives is written."""
    [docker] = documents.read("docker run --privileged web")
    assert documents.convert(docker, "lxc").text == "lxc.cap.drop ="
    [unit] = documents.read("[Service]\nCapabilityBoundingSet=CAP_KILL\nUser=5\n")
    assert documents.convert(unit, "lxc").text == "lxc.cap.drop =\nlxc.cap.keep = kill\nlxc.init.uid = 5"


def test_keys():
    """Each stands once, and what has gone went after it came."""
    keys = [name for entry in load("formats/lxc-keys")["keys"] for name in entry["names"]]
    assert len(keys) == len(set(keys))
    assert all(name.startswith("lxc.") for name in keys)
