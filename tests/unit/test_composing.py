"""Several compose files as one project: tags, extends, and what is told of what Compose refuses."""

from __future__ import annotations

import json
import pickle

import pytest

from capset import documents, engines
from capset.engines import Request
from capset.errors import ArgumentError, DialectError, DocumentError, FormatError
from capset.formats import compose
from capset.formats.composing import Tagged

pytest.importorskip("ruamel.yaml")

BASE = """services:
  web:
    image: web
    cap_add: [NET_ADMIN, KILL]
    cap_drop: [ALL]
    user: "5"
    privileged: true
    security_opt: [no-new-privileges]
    build: .
    post_start: [{command: x, user: root}]
"""


def merged(*texts, **options):
    return documents.merge({f"{number}.yaml": text for number, text in enumerate(texts)}, **options)


def web(keys: str) -> str:
    return "services:\n  web:\n" + "".join(f"    {line}\n" for line in keys.splitlines())


MERGES = {
    "cap_add: [CHOWN, KILL]": {"add": ("NET_ADMIN", "KILL", "CHOWN")},
    "cap_add: !reset null": {"add": ()},
    "cap_add: !reset [CHOWN]": {"add": ()},
    "cap_add: !override [CHOWN]": {"add": ("CHOWN",)},
    "cap_drop: !reset []": {"drop": ()},
    "cap_drop:": {},
    "user: '6'": {"user": "6"},
    "user: !reset ''": {"user": ""},
    "privileged: false": {"privileged": False},
    "privileged: !reset true": {"privileged": False},
    "security_opt: !override ['label=disable']": {"no_new_privs": False},
    "security_opt: ['no-new-privileges:false']": {"no_new_privs": False},
    "build: {privileged: !reset true}": {},
    "command: x\nenvironment: [A=b]": {},
    "x: {a: {b: !override [c]}}": {},
    "post_start: [!reset x]": {},
}


@pytest.mark.parametrize("keys", MERGES)
def test_a_second_file(keys):
    """Lists are appended, each name once; of all else the later one counts; tags take out what was said before."""
    [found] = merged(BASE, web(keys))

    expected = {"add": ("NET_ADMIN", "KILL"), "drop": ("ALL",), "user": "5", "privileged": True, "no_new_privs": True}
    assert found.request == Request(**{**expected, **MERGES[keys]})


@pytest.mark.parametrize(
    "key",
    [
        *("annotations", "command", "depends_on", "dns", "dns_opt", "dns_search", "entrypoint", "env_file"),
        *("environment", "extra_hosts", "label_file", "labels", "logging", "models", "networks", "sysctls", "tmpfs"),
        "ulimits",
    ],
)
def test_what_may_be_written_in_several_forms(key):
    """Compose merges them, whichever form each file has; of all else it refuses another form."""
    for one, other in (("[x]", "{x: y}"), ("{x: y}", "[x]"), ("x", "[x]"), ("[x]", "x")):
        [found] = merged(web(f"{key}: {one}\nuser: '5'"), web(f"{key}: {other}\nuser: '6'"))
        assert (found.request.user, found.problems) == ("6", ())
    for one, other in (("[x]", "{x: y}"), ("{x: y}", "[x]")):
        [refused] = merged(web(f"other_{key}: {one}\nuser: '5'"), web(f"other_{key}: {other}\nuser: '6'"))
        assert refused.refusal.message.startswith("expected a ")


def test_whole_services():
    """They too may be reset, and overridden; within what is overridden, Compose passes over tags."""
    more = "services:\n  db: {cap_add: [CHOWN]}\n"
    assert [each.name for each in merged(BASE, more)] == ["web", "db"]
    assert [each.name for each in merged(BASE, "services:\n  web: !reset null\n" + more[10:])] == ["db"]
    assert [each.name for each in merged(BASE, "services: !override\n  db: {}\n")] == ["db"]
    [found] = merged(BASE, "services:\n  web: !override {cap_add: !override [!reset BPF], user: !reset '7'}\n")
    assert found.request == Request(add=["BPF"], user="7")
    [found] = merged(BASE, "services:\n  web:\n")
    assert found.request.user == "5"
    [found] = merged("services:\n  web:\n", BASE)
    assert found.request.user == "5"
    assert merged(BASE, "x: 1\n")[0].request.user == "5"
    assert merged(BASE, "services: !reset null\nx: [!reset a]\n") == []
    assert len(merged(BASE, "services: {db: {x: !reset {y: z}}, web: {a: {b: {c: !reset d}}}}")) == 2


def test_tags_in_one_file():
    """What is reset is not there, and what is overridden is as it stands."""
    assert documents.read(web("cap_add: !reset [KILL]\nuser: !override '5'"))[0].request == Request(user="5")
    recursive = "services:\n  web: {user: '5', x: &x {y: *x, z: !reset 5}}\n"
    assert documents.read(recursive)[0].request == Request(user="5")
    assert repr(Tagged("!reset", [5])) == "!reset [5]"
    for text in ("cap_add: !reset [BPF]\n<<: *x", "cap_drop: [KILL]\n<<: *x"):
        with pytest.raises(DocumentError, match="stands here and in what << brings in, and one has a tag: that is not"):
            documents.read("x: &x {cap_add: [KILL], cap_drop: !reset null}\n" + web(text), name="a.yaml")
    [found] = documents.read("x: &x {cap_add: [KILL], 5: 6}\n" + web("cap_drop: !override [BPF]\n<<: *x\n6: 7"))
    assert found.request == Request(["KILL"], ["BPF"])
    assert documents.read("x: &x !reset [KILL]\n" + web("cap_add: *x"))[0].request == Request()


def test_tags_in_a_manifest():
    """kubectl passes over the one, and whatever the other is to be there, it is not taken for nothing."""
    pod = "kind: Pod\nspec: {{containers: [{{name: a, securityContext: {{capabilities: {{add: {} [KILL]}}}}}}]}}"
    assert documents.read(pod.format("!override"))[0].request == Request(["KILL"])
    [found] = documents.read(pod.format("!reset"))
    assert found.problems[0].message == "expected a list, got !reset ['KILL']"


def test_extends():
    """Within a file, through others, and with tags."""
    more = """
  a: {extends: {service: web}, cap_add: [CHOWN], user: !reset x, build: {context: y}}
  b: {extends: a, privileged: !override false}
  c: {extends: {service: b}, build: {privileged: !reset true}}
"""
    of = {each.name: each for each in documents.read(BASE + more)}
    assert of["a"].request == Request(["NET_ADMIN", "KILL", "CHOWN"], ["ALL"], privileged=True, no_new_privs=True)
    assert of["b"].request.privileged is False
    assert of["c"].request.add == of["b"].request.add
    assert compose.from_project({"services": {"a": {"extends": "b"}, "b": {"user": "5"}}}) == {
        "a": Request(user="5"),
        "b": Request(user="5"),
    }
    assert documents.read("services: {a: {extends: b, user: '5'}, b: }")[0].request == Request(user="5")
    assert of["a"].source == ""


def test_extends_of_another_file():
    """Where it is given; its own are looked for in its folder."""
    text = "services:\n  a:\n    extends: {service: b, file: sub/b.yaml}\n    cap_add: [NOPE]\n"
    beside = {
        "d/sub/b.yaml": "services:\n  b:\n    cap_add: [NIX]\n    extends: {file: ../c.yaml, service: c}\n",
        "d/c.yaml": "services: {c: {user: '5', cap_drop: [NAY]}}",
        "d/no.yaml": "a: [",
        "d/two.yaml": "a: 1\n---\nb: 2\n",
    }
    [found] = documents.read(text, "d/a.yaml", beside=beside)
    assert found.request == Request(["NIX", "NOPE"], ["NAY"], user="5")
    told = documents.lint(found)
    assert [(each.file, each.line, each.value) for each in told] == [
        ("d/sub/b.yaml", 3, "NIX"),
        ("d/a.yaml", 4, "NOPE"),
        ("d/c.yaml", 1, "NAY"),
    ]
    assert told.by_workload()[0]["problems"][0]["file"] == "d/sub/b.yaml"
    assert pickle.loads(pickle.dumps(found)) == found
    assert found.for_engine(engines.get("podman")).request == found.request
    [alone] = documents.read(text, "d/a.yaml")
    assert (alone.not_known, alone.request.add) == ("what another service adds to this one is not read", ("NOPE",))
    del beside["d/c.yaml"]
    assert documents.read(text, "d/a.yaml", beside=beside)[0].not_known
    [again] = documents.read(web("extends: {service: '${X}', file: '${Y}'}"))
    assert again.not_known
    with pytest.raises(DocumentError, match=r"^d/sub/b\.yaml:4: a: what is asked for is not known, as what another"):
        documents.convert(documents.read(text, "d/a.yaml", beside=beside), "docker")


REFUSED = {
    "services: {web: {extends: x}}": "Compose refuses it: what it extends has no service x",
    "services: {web: {extends: {service: x}}}": "Compose refuses it: what it extends has no service x",
    "services: {web: {extends: web}}": "Compose refuses it: what it extends extends this one",
    "services: {web: {extends: x}, x: {extends: web}}": "Compose refuses it: what it extends extends this one",
    "services: {web: {extends: {file: 0.yaml, service: web}}}": "Compose refuses it: what it extends extends this one",
    "services: {web: {extends: {}}}": "expected the name of a service, got None",
    "services: {web: {extends: [x]}}": "expected a mapping, got ['x']",
    "services: {web: {extends: {service: 5}}}": "expected a text, got 5",
    "services: {web: {extends: x}, x: 5}": "expected a mapping, got 5",
    "services: {web: {extends: x, cap_add: [A]}, x: {cap_add: {B: 5}}}": (
        "expected a mapping, as what it is merged into is, got ['A']"
    ),
    "services: {web: {extends: x, cap_add: {A: 5}}, x: {cap_add: [B]}}": (
        "expected a list, as what it is merged into is, got {'A': 5}"
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_compose_refuses(text):
    """And what a later file takes out is refused all the same: Compose never comes to it."""
    [found, *_] = merged(text)
    assert found.refusal.message == REFUSED[text]
    assert found.request is None or found.not_known
    for more in ("services: !reset null", "services: {web: !reset null}", web("user: '5'")):
        assert REFUSED[text] in [each.refusal and each.refusal.message for each in merged(text, more)]
    assert documents.lint(found).outcomes[0].gets is None


SAME_NAME = {
    "f.yaml": "services: {a: {extends: {file: f.yaml, service: b}}, b: {user: '5'}}",
    "g.yaml": "services: {c: {extends: {file: f.yaml, service: a}}, b: {extends: c}}",
}


def test_what_compose_takes_for_a_circle():
    """Where a name extends one of the same file twice; in one file, by the service that it comes to first."""
    [found, plain] = documents.read(SAME_NAME["f.yaml"], "f.yaml", beside=SAME_NAME)
    told = "Compose refuses it: it sees a circle, as a service a extends one of the same file before"
    assert (found.refusal, found.request, plain.refusal) == (None, Request(user="5"), None)
    text = "services: {a: {extends: {file: f.yaml, service: a}}, z: {extends: a}, b: {}}"
    of = {each.name: each for each in documents.read(text, "0.yaml", beside=SAME_NAME)}
    assert [each.refusal and each.refusal.message for each in of.values()] == [told, told, None]
    text = "services: {b: {extends: d}, d: {extends: {file: g.yaml, service: b}}}"
    told = "whether Compose sees a circle in it depends on which service it comes to first"
    of = {each.name: each for each in documents.read(text, "0.yaml", beside=SAME_NAME)}
    assert {name: (each.refusal, each.not_known) for name, each in of.items()} == {"b": (None, told), "d": (None, "")}


def test_what_cannot_be_merged():
    """With the file and the line of what is wrong."""
    [found] = merged(BASE, web("cap_add: 5"))
    assert (found.source, found.line, found.refusal.message) == (
        "1.yaml",
        3,
        "expected a list, as what it is merged into is, got 5",
    )
    [found] = merged(BASE, web("build: {x: {y: 1}}"), web("build: {x: [5]}"))
    assert (found.source, found.refusal.message.partition(",")[0]) == ("2.yaml", "expected a mapping")
    [found] = merged(BASE, "services: 5")
    assert (found.source, found.line, found.refusal.message) == ("1.yaml", 1, "expected a mapping, got 5")
    [found] = merged(BASE, web("user: 5.5"))
    assert (found.source, found.refusal.message) == ("1.yaml", "expected a text, got 5.5")
    text = web("extends: {service: x, file: x.yaml}")
    [found] = documents.read(text, beside={"x.yaml": "services: []"})
    assert (found.source, found.refusal.message) == ("x.yaml", "expected a mapping, got []")
    [found] = documents.read(text, beside={"x.yaml": "services: []"})
    deep = web("a: &a {b: *a}")
    [found] = merged(deep, deep)
    assert found.refusal.message == "expected no more than 100 mappings in each other, got '...'"


def test_how_many_extend_each_other():
    """It is the same whichever stands first."""
    last = ["  s0: {user: '5'}\n"]
    for services in (last + EXTENDING, (last + EXTENDING)[::-1]):
        of = {each.name: each for each in merged(f"services:\n{''.join(services)}")}
        assert of["s100"].request == Request(user="5")
        for number in (101, 102, 250, 300):
            told = of[f"s{number}"].refusal.message
            assert told.startswith("expected no more than 100 services that extend each other, got"), number


EXTENDING = [f"  s{number + 1}: {{extends: s{number}}}\n" for number in range(300)]


def test_what_is_told_of_several_files():
    """What a finding is about stands in the file that says it."""
    report = documents.lint(merged("services:\n  web:\n    user: '5'\n", web("cap_add: [BPF, NOPE]")))
    assert [(each.file, each.line, each.rule) for each in report] == [("1.yaml", 3, "unknown-capability")]
    report = documents.lint(merged("services:\n  web:\n    user: '5'\n", web("cap_add: [BPF]")))
    assert [(each.file, each.line, each.rule) for each in report] == [("1.yaml", 3, "needs-root")]
    with pytest.raises(FormatError, match=r"^1\.yaml:3: .*NOPE"):
        documents.convert(merged("services:\n  web:\n    user: '5'\n", web("cap_add: [BPF, NOPE]")), "kubernetes")
    with pytest.raises(DocumentError, match=r"^1\.yaml:3: web: what is asked for is not known"):
        documents.convert(merged("services:\n  web:\n    user: '5'\n", web("cap_add: ['$X']")), "docker")
    included = merged(BASE, "include: [x.yaml]\nservices: {a: {extends: b}}")
    assert [(each.name, each.source, bool(each.not_known)) for each in included] == [
        ("include", "1.yaml", True),
        ("web", "0.yaml", False),
        ("a", "1.yaml", True),
    ]
    [found] = documents.read(web("profiles: [debug, x]"))
    assert [str(each) for each in found.problems] == [
        "services.web.profiles: note: it starts only where one of its profiles is asked for: debug, x"
    ]
    assert documents.lint(found).faults == []
    with pytest.raises(FormatError, match=r"expected a name that no other service has"):
        compose.from_project({"services": {5: {}, "5": {}}})
    with pytest.raises(FormatError, match=r"services\.a\.extends\.service: expected the name of a service"):
        compose.from_project({"services": {"a": {"extends": {}}}})


def test_what_is_no_list_of_files():
    with pytest.raises(TypeError, match=r"files are documents by their names, as \{name: text\}, got \['x'\]"):
        documents.merge(["x"])
    with pytest.raises(TypeError, match=r"beside are documents by their names, as \{name: text\}, got 'x'"):
        documents.read("services: {}", beside="x")
    with pytest.raises(ArgumentError, match="expected documents to be merged, got none"):
        documents.merge({})
    with pytest.raises(
        FormatError, match="dialect: expected one whose documents are merged: compose, got 'kubernetes'"
    ):
        documents.merge({"a": "x"}, dialect="kubernetes")
    with pytest.raises(DialectError, match="b: this is not compose: expected a mapping"):
        documents.merge({"a": BASE, "b": "[5]"})
    [found] = documents.merge({"a": "x: 1", "b": "y: 1"})
    assert found.refusal.message.startswith("expected a compose file, with services, got")


def test_what_is_extended_and_not_given():
    """It is not known, whoever reads; and what several extend is read once."""
    request = compose.from_project({"services": {"a": {"extends": {"service": "b", "file": "x.yaml"}}}})["a"]
    assert [each.rule for each in request.problems] == ["not-read"]
    text = "services:\n  a: {extends: {service: x, file: x.yaml}}\n  b: {extends: {service: x, file: x.yaml}}\n"
    found = documents.read(text, beside={"x.yaml": "services: {x: {user: '5'}}"})
    assert [each.user for each in found] == ["5", "5"]
    for each in (*found, documents.read(text)[0]):
        [told] = each.for_engine(engines.get("docker-swarm")).problems
        assert told.message == "docker stack deploy refuses a file with extends"


def test_on_the_command_line(run, tmp_path):
    """Each alone, where one may extend another; or merged."""
    base, more, broken = tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "c.yaml"
    base.write_text("services: {web: {cap_drop: [ALL], cap_add: [KILL], user: '0'}}")
    more.write_text(web("cap_add: [CHOWN]\nextends: {service: web, file: a.yaml}"))
    broken.write_text("a: [")
    status, out, err = run("lint", "--format", "table", str(base), str(more))
    assert (status, err) == (0, "")
    assert out.count("CAP_CHOWN, CAP_KILL") == 2
    assert run("lint", str(more))[0] == 1
    status, out, err = run("lint", "--format", "table", "--merge", str(base), str(more))
    assert (status, err, out.count("CAP_CHOWN, CAP_KILL")) == (0, "", 2)
    status, out, err = run("lint", "--merge", str(base), str(broken))
    assert (status, out) == (2, "")
    assert "c.yaml:1: expected the node content" in err
    assert run("lint", "--merge", str(tmp_path / "none"))[0] == 2


def test_a_finding_in_another_file(run, tmp_path):
    """It has its column and its comments there, whether files are merged or one extends another; a folder has both."""
    base, more = tmp_path / "a.yaml", tmp_path / "b.yaml"
    base.write_text("services:\n  web:\n    cap_add: [kil]  # capset: ignore[unknown-capability] it is a joke\n")
    more.write_text("services:\n  web:\n    image: web\n")
    status, out, err = run("lint", "--merge", str(more), str(base))
    assert (status, out) == (0, "")
    assert "1 finding is silenced" in err
    base.write_text("services:\n  web:\n    cap_add: [kil]\n")
    status, out, err = run("lint", "--merge", str(more), str(base))
    assert (status, out) == (
        1,
        f"{base}:3:15: unknown-capability: Docker knows no capability 'kil': did you mean KILL?\n",
    )
    more.write_text("services:\n  api:\n    extends: {service: web, file: a.yaml}\n")
    base.write_text("services:\n  web:\n    cap_add: [kil]\n    cap_drop: [all]\n")
    (tmp_path / "none.txt").write_text("Hello world")
    found = run("lint", str(tmp_path), "--format", "json")
    assert [(each["name"], each["problems"][0]["file"]) for each in json.loads(found[1])] == [
        ("web", str(base)), ("api", str(base)),
    ]  # fmt: skip
    status, out, err = run("lint", "--merge", "--diff", str(base))
    assert (status, "+    cap_drop: [ALL]" in out) == (1, True)


def test_another_file_that_cannot_be_read(run, tmp_path):
    """It is told by itself, and what extends it is not known."""
    more, gone = tmp_path / "b.yaml", tmp_path / "a.yaml"
    more.write_text("services:\n  api:\n    extends: {service: web, file: a.yaml}\n")
    status, out, _ = run("lint", "--format", "text", str(more), str(gone))
    assert status == 2
    assert f"{gone}:1: unreadable: No such file or directory" in out
    assert f"{more}:3:" in out
