"""What a notebook shows of each value."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capset import (
    DOCKER_DEFAULT,
    Cap,
    CapDiff,
    CapSet,
    CapState,
    FileCaps,
    Securebits,
    compare,
    engines,
    kernel,
    live,
    policy,
)
from capset.display.as_html import markup
from capset.engines import Request
from capset.errors import AccessDeniedError, ProcessGoneError, StatusError
from capset.problem import Problem
from capset.source import Source
from tests.markup import checked, tables
from tests.strategies import capsets

ALL = CapSet.from_mask(2**64 - 1)
HOSTILE = "<script>alert(1)</script>&\x1b[2J\n\"'"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;&amp;\\x1b[2J\\n&quot;&#x27;"


def status(name="web", pid=7, **changes):
    """Make a process."""
    text = f"Name:\tx\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\n"
    masks = "".join(f"Cap{name}:\t{DOCKER_DEFAULT.hex()}\n" for name in ("Prm", "Eff", "Bnd"))
    made = live.parse_status(text + masks + "CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n")
    return evolve(made, name=name, **changes)


def rows(value, at=0):
    """Return the rows of a table that a value shows."""
    return checked(value._repr_html_())[at].rows


# -- one capability, one set ---------------------------------------------------------------------


def test_capability():
    """What it is for, since when, whence, and what published lists say."""
    [table] = checked(Cap.SYSLOG._repr_html_())

    assert table.caption == "CAP_SYSLOG (34)"
    assert table.rows == [
        ["what for", Cap.SYSLOG.info.summary],
        ["since", "Linux 2.6.37"],
        ["split from", "CAP_SYS_ADMIN"],
        ["Docker", "− not in Docker's default"],
        ["what published lists say", "grsecurity 2011: no way to root known"],
    ]
    assert "What it permits (2)" in Cap.SYSLOG._repr_html_()
    assert "(not measured)" not in Cap.SYSLOG._repr_html_()
    assert "<li>access what the Smack policy forbids (not measured)</li>" in Cap.MAC_OVERRIDE._repr_html_()
    assert ["Docker", "= as in Docker's default"] in rows(Cap.CHOWN)
    assert ["also permitted by", "CAP_SYS_ADMIN"] in rows(Cap.BPF)
    assert rows(Cap.SYS_ADMIN)[-1][1].splitlines()[0] == "! HackTricks escapes: mounts the disk of the host"


def test_nameless_capability():
    """Nothing is known of it, and that is said."""
    [table] = checked(Cap(63)._repr_html_())

    assert table.caption == "Capability 63"
    assert [row[0] for row in table.rows] == ["what for", "Docker"]
    assert "Newer than this version of capset" in table.rows[0][1]


@pytest.mark.parametrize("cap", [Cap(number) for number in range(64)])
def test_every_capability(cap):
    """Each of the 64 can be shown."""
    assert checked(cap._repr_html_())


def test_set():
    """What it has more than Docker's default, what it shares, what it lacks, and what is warned of."""
    caps = CapSet.from_hex("00000000a02435fb") | {41}
    first, second = checked(caps._repr_html_())

    assert first.caption == "16 capabilities, 00000200a02435fb"
    assert first.rows[:4] == [
        ["+ more than Docker's default", "2", "CAP_NET_ADMIN, ! CAP_SYS_ADMIN"],
        ["? without a name in capset", "1", "41"],
        ["= as in Docker's default", "13", first.rows[2][2]],
        ["− missing from Docker's default", "1", "CAP_MKNOD"],
    ]
    assert CapSet.parse(first.rows[2][2].replace("! ", "")) == DOCKER_DEFAULT - {"mknod"}
    assert first.rows[4][0] == "! published warnings"
    assert "! Podman's warning: CAP_SYS_ADMIN (particularly dangerous)" in first.rows[4][2]
    assert "grsecurity" not in first.rows[4][2]
    assert "grsecurity 2011: CAP_LEASE" not in CapState(permitted=["lease"])._repr_html_(), "it finds that harmless"
    assert '<td style="text-align:right;vertical-align:top">13</td>' in caps._repr_html_()
    assert '<td style="text-align:left;vertical-align:top">CAP_MKNOD</td>' in caps._repr_html_()
    assert second.head == ["no.", "name", "what for, and what published lists say"]
    assert [row[1] for row in second.rows] == caps.names()


def test_empty_set():
    """Nothing is there, all of Docker's default is missing, and there is nothing to unfold."""
    [table] = checked(CapSet()._repr_html_())

    assert table.caption == "no capability, 0000000000000000"
    assert [row[:2] for row in table.rows] == [["− missing from Docker's default", "14"]]
    assert checked(CapSet(["kill"])._repr_html_())[0].caption.startswith("1 capability, ")


@given(capsets)
def test_a_set_hides_nothing(caps):
    """The rows of a set are a partition of it, and one of what Docker's default has besides."""
    told = [row for row in rows(caps) if row[1]]
    parts = [caps.undefined if row[2].endswith(" to 63") else CapSet.parse(row[2].replace("! ", "")) for row in told]

    assert [len(part) for part in parts] == [int(row[1]) for row in told]
    assert CapSet().union(*parts) == caps | DOCKER_DEFAULT
    assert sum(map(len, parts)) == len(caps | DOCKER_DEFAULT)


# -- differences ---------------------------------------------------------------------------------


def test_difference():
    """A row for each, with its sign."""
    [table] = checked(CapDiff.parse("+sys_admin -kill -41")._repr_html_())

    assert table.caption == "1 added, 2 dropped"
    assert [row[:3] for row in table.rows] == [
        ["+ added", "21", "CAP_SYS_ADMIN"],
        ["− dropped", "5", "CAP_KILL"],
        ["− dropped", "41", "41"],
    ]
    assert "no difference" in CapDiff()._repr_html_()
    assert checked(CapDiff()._repr_html_()) == []


def test_difference_of_states():
    """Sets that change alike are one row."""
    docker = engines.get("docker")
    diff = docker.container().diff(docker.container(add=["SYS_ADMIN"], drop=["KILL"]))

    assert rows(diff) == [["effective, permitted, bounding", "! CAP_SYS_ADMIN", "CAP_KILL"]]
    assert rows(diff.then(CapState().diff(CapState(ambient=["bpf"]))))[1] == ["ambient", "CAP_BPF", "none"]
    assert "no difference" in CapState().diff(CapState())._repr_html_()


# -- threads -------------------------------------------------------------------------------------


def test_state():
    """Equal sets are one row, against a Docker container's; what no thread can have is said."""
    docker = engines.get("docker")
    assert rows(docker.container(add=["SYS_ADMIN"])) == [
        [
            "effective, permitted, bounding",
            "15",
            (DOCKER_DEFAULT | {"sys_admin"}).hex(),
            ", ".join((DOCKER_DEFAULT | {"sys_admin"}).names()),
            "+1: ! CAP_SYS_ADMIN",
        ],
        ["inheritable, ambient", "0", "0" * 16, "none", "= the same"],
    ]
    user = rows(docker.container(uid=1000))
    assert user[0][-1] == "−14: all of it"
    assert user[1][:2] == ["inheritable, ambient", "0"]
    assert rows(docker.container(add=["KILL", "CHOWN"], drop=["ALL"]))[0][-1] == "−12: all but CAP_CHOWN, CAP_KILL"
    odd = CapState(effective=["kill"])._repr_html_()
    assert checked(odd)
    assert "<b>!</b>&nbsp;no thread can have these: effective holds CAP_KILL" in odd


def test_what_is_many_more_is_not_listed_twice():
    """Beside the set itself only what is warned of, and what has no name."""
    state = CapState(effective=CapSet.all() | {41}, permitted=CapSet.all() | {41})

    assert rows(state)[0][3] == "all known and no. 41"
    assert rows(state)[0][4] == (
        "+28, with ! CAP_DAC_READ_SEARCH, ! CAP_SYS_MODULE, ! CAP_SYS_RAWIO, ! CAP_SYS_PTRACE, ! CAP_SYS_ADMIN, 41"
    )
    assert "Published lists warn of CAP_DAC_OVERRIDE" in state._repr_html_()
    assert "warn of" not in CapState()._repr_html_()
    assert "warn of CAP_SYS_ADMIN." in CapState(ambient=["sys_admin"])._repr_html_()
    more = CapSet(range(33, 41)) | {"lease"}
    assert rows(CapState(effective=DOCKER_DEFAULT | more))[0][4] == "+9"


def test_process():
    """Who it is, in words; a name is no markup."""
    html = status(HOSTILE, no_new_privs=True, seccomp=2, user_ns=4026531837)._repr_html_()

    assert checked(html)[0].caption.startswith("Process 7: <script>")
    assert ESCAPED in html
    assert "user 0; group 0; no_new_privs is set; seccomp filter; in the initial user namespace" in html
    ids = status().uids._replace(effective=5)
    assert "user real 0, effective 5, saved 0, fs 0" in status(uids=ids)._repr_html_()
    assert "seccomp unknown; user namespace not known" in status()._repr_html_()
    assert (
        "; ! in user namespace 4026532000, and counts only there and below" in status(user_ns=4026532000)._repr_html_()
    )
    assert "seccomp 9" in status(seccomp=9)._repr_html_()
    assert checked(status(tgid=3)._repr_html_())[0].caption == "Thread 7 of process 3: web"


def test_host():
    """A row for all processes with the same sets, those first that lists warn of, and what could not be read."""
    mighty = CapState(effective=ALL, permitted=ALL, bounding=ALL)
    waiting = CapState(permitted=["sys_module"], bounding=["sys_module"])
    ambient = CapState(permitted=["mknod", "kill"], inheritable=["mknod"], effective=["kill"], ambient=["mknod"])
    user = status().uids._replace(effective=5)
    host = live.Snapshot(
        [
            *(status(f"web{pid}", pid, uids=user._replace(effective=pid)) for pid in range(10, 18)),
            status("idle", 2, caps=waiting, uids=user),
            status(HOSTILE, 1, caps=mighty, user_ns=5),
            status("amb", 3, caps=ambient),
            status("bare", 4, caps=CapState(bounding=DOCKER_DEFAULT), user_ns=live.user_ns.INITIAL_USER_NS),
        ],
        proc="/host/<proc>",
        gone=[ProcessGoneError("/proc/99/status", 99)],
        denied=[AccessDeniedError("/proc/98/status", 98), AccessDeniedError("/proc/97/task/96/status", 97, 96)],
        malformed=[StatusError("/proc/5/status", "Uid", "four numbers", 9, "<x>")],
        failed=[OSError("broken")],
    )
    html = host._repr_html_()
    [table] = checked(html)

    assert table.caption == "12 processes of /host/<proc>"
    assert table.head == ["how many", "who", "user", "effective", "against Docker's default", "besides"]
    assert [row[0] for row in table.rows] == ["1", "8", "1", "1", "1"]
    assert table.rows[0][3] == "all up to no. 36, and every bit from 37 on"
    assert table.rows[0][5] == "! in user namespace 5, and counts only there and below"
    assert table.rows[1][1].startswith("web10 (10)\nweb11 (11)")
    assert "and 3 moreweb15 (15)" in table.rows[1][1]
    assert table.rows[1][2:] == ["10, 11, 12, 13, 14 and 3 more", "Docker's default", "= the same", ""]
    assert table.rows[2][1:] == [
        "amb (3)",
        "0",
        "CAP_KILL",
        "−13: all but CAP_KILL",
        "permitted too: ! CAP_MKNOD\ninheritable: ! CAP_MKNOD\nambient: ! CAP_MKNOD\nbounding: none",
    ]
    assert table.rows[3][1:] == ["idle (2)", "5", "none", "−14: all of it", "permitted too: ! CAP_SYS_MODULE"]
    assert table.rows[4][5] == "bounding: Docker's default"
    assert ESCAPED in html
    assert "Published lists warn of CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SYS_MODULE, " in html
    assert "<p>User namespaces are not known of all" in html
    assert "<p>1 ended meanwhile: 99</p>" in html
    assert "<p>! 2 may not be read: 98, 96</p>" in html
    assert "&lt;x&gt;" in html
    assert "<p>! broken</p>" in html
    known = live.Snapshot([status(user_ns=5), status(user_ns=6)])
    assert "not known" not in known._repr_html_()
    assert len(rows(known)) == 2


def test_the_first_rows_are_those_to_look_at():
    """One capability that lists warn of, or that nobody has named, is more than many that are neither."""
    harmless = [CapState(permitted=CapSet(["chown", "fowner", "kill", number])) for number in range(6, 16)]
    few = [CapState(permitted=["sys_module"]), CapState(permitted=[41]), CapState(ambient=["sys_admin"])]
    host = live.Snapshot(status(pid=pid, caps=caps) for pid, caps in enumerate([*harmless, *few], 1))

    assert {row[1] for row in rows(host)[:3]} == {"web (11)", "web (12)", "web (13)"}


def test_small_and_large_hosts():
    """None, one, threads, more groups than a notebook can take, more errors too."""
    assert "0 processes" in live.Snapshot([])._repr_html_()
    assert checked(live.Snapshot([])._repr_html_()) == []
    assert checked(live.Snapshot([status()])._repr_html_())[0].caption == "1 process"
    assert checked(live.Snapshot([status(tgid=1), status()])._repr_html_())[0].caption == "2 threads"
    assert checked(live.Snapshot([status(tgid=1)])._repr_html_())[0].caption == "1 thread"
    alike = live.Snapshot(status(pid=number + 1) for number in range(20_000))
    assert rows(alike)[0][1].endswith("web (200)\nand 19800 more")
    assert len(alike._repr_html_()) < 20_000
    many = live.Snapshot(
        [status(pid=number + 1, caps=CapState(bounding=CapSet.from_mask(number))) for number in range(230)],
        denied=[AccessDeniedError("x", number) for number in range(230)],
    )
    assert len(rows(many)) == 200
    assert "<p>and 30 more groups; to_records() has all of them</p>" in many._repr_html_()
    assert "198, 199 and 30 more</p>" in many._repr_html_()
    broken = live.Snapshot([status()], malformed=[StatusError("x", "Uid", "x")] * 150, failed=[OSError("y")] * 80)
    assert broken._repr_html_().count("<p>! y</p>") == 50
    assert "<p>! and 30 more errors</p>" in broken._repr_html_()


@pytest.mark.linux
def test_files(tmp_path):
    """What is found, in order; nothing found is said in a sentence."""
    assert f">{tmp_path}</bdi> have capabilities</b></p></div>" in live.scan_files(tmp_path)._repr_html_()
    assert checked(live.scan_files(tmp_path)._repr_html_()) == []


@pytest.mark.linux
def test_found_files(monkeypatch, tmp_path):
    """Each with its sets; hostile names, many of them."""
    found = {"a<b": FileCaps(permitted=["net_raw", "sys_admin"], effective=True), "c": FileCaps(rootid=7)}
    for name in [*found, *(f"z{number}" for number in range(199))]:
        (tmp_path / name).touch()
    monkeypatch.setattr("capset.live.files.file_caps", lambda path, **_: found.get(path.rpartition("/")[2], FileCaps()))
    scan = live.scan_files(tmp_path)
    html = scan._repr_html_()
    [table] = checked(html)

    assert table.caption == f"201 of 201 files under {tmp_path} have capabilities, 200 of them none in it"
    assert table.rows[:2] == [
        [f"{tmp_path}/a<b", "CAP_NET_RAW, ! CAP_SYS_ADMIN", "none", "+ on", "everywhere"],
        [f"{tmp_path}/c", "none", "none", "− off", "where user 7 is root"],
    ]
    assert "and 1 more; to_records() has every file" in html
    assert next(scan).path == f"{tmp_path}/a<b", "looking takes nothing away"
    assert len(scan.to_records()) == 201


def test_file_capabilities():
    """The two sets, the bit, and where they count."""
    assert rows(FileCaps(permitted=["sys_admin"], inheritable=["kill"], effective=True)) == [
        ["permitted", "! CAP_SYS_ADMIN"],
        ["inheritable", "CAP_KILL"],
        ["effective bit", "+ on: what is permitted is effective at once"],
        ["counts", "in every user namespace"],
        ["revision", "2"],
    ]
    assert rows(FileCaps(permitted=["kill"]))[2] == ["effective bit", "− off"]
    assert rows(FileCaps(effective=True))[2][1].startswith("+ on")
    assert "warn of CAP_SYS_ADMIN." in FileCaps(inheritable=["sys_admin"])._repr_html_()
    assert rows(FileCaps(rootid=1000))[2:] == [
        ["effective bit", "− off"],
        ["counts", "where user 1000 is root"],
        ["revision", "3"],
    ]


# -- engines -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", engines.names())
def test_every_engine(name):
    """Its default against Docker's, its source, and how all that is known; and its history."""
    engine = engines.get(name)
    first, second = checked(engine._repr_html_())

    assert first.caption == engine.title
    assert ["default", str(len(engine.default)), engine.default.hex()] in first.rows
    assert first.rows[-1] == ["read in", "", str(engine.source)]
    assert [row[0] for row in second.rows] == ["default", "sets", "rules"]
    versions = engines.versions(name)
    assert [row[1:3] for row in rows(versions)] == [[str(len(e.default)), e.default.hex()] for e in versions]


def test_an_engine_of_ones_own():
    """Where there is nothing to type, the repr does not pretend so."""
    docker = engines.get("docker")

    assert repr(evolve(docker, title="Mine")) == "<Engine 'Mine', which capset has no facts about>"
    assert repr(evolve(docker, name="mine", title="Mine")) == "<Engine 'Mine', which capset has no facts about>"
    assert repr(evolve(engines.get("docker", "20.10"), title="Mine")).startswith("<Engine 'Mine 20.10'")
    assert repr(engines.versions("docker")[0]) == "engines.versions('docker')[0]"
    assert repr(docker) == "engines.get('docker')"


def test_history():
    """What each stretch of releases changed."""
    changes = [row[3] for row in rows(engines.versions("cri-o"))]

    assert [change.splitlines()[0] for change in changes] == [
        "the first here",
        *["= the same"] * 2,
        "−3: CAP_MKNOD, CAP_AUDIT_WRITE, CAP_SETFCAP",
        "= the same",
        "−2: CAP_NET_RAW, CAP_SYS_CHROOT",
        *["= the same"] * 4,
    ]
    for name in engines.names():
        for change in [row[3] for row in rows(engines.versions(name))]:
            assert change != "= the same", f"{name}: what else changed is told"
    assert engines.get("podman").about in engines.versions("podman")._repr_html_()
    assert rows(engines.versions("cri-o")[2:])[0][3] == "the first here"
    assert engines.versions("cri-o")[-1] == engines.get("cri-o")
    assert "no version" in engines.Versions()._repr_html_()


def test_a_source_without_an_address_is_no_link():
    """And one with another kind of address neither."""
    engine = engines.get("docker")
    [fact, *others] = engine.facts
    for url in ("", "javascript:alert(1)"):
        source = Source(project="<p>", path="x", date="today", url=url)
        html = evolve(engine, facts=(evolve(fact, sources=(source,)), *others))._repr_html_()
        assert checked(html)
        assert "&lt;p&gt; x (today)" in html
        assert "javascript" not in html


def test_request():
    """What is asked, and what Docker makes of it."""
    assert rows(Request(add=["NET_ADMIN"], drop=["ALL"], user="1000")) == [
        ["+ add", "NET_ADMIN"],
        ["− drop", "ALL"],
        ["privileged", "no"],
        ["user", "1000"],
        ["no_new_privs", "not set"],
        ["Docker gives", "no capability effective, 0000000000000000"],
        ["against its default", "−14: all of it"],
        ["in the bounding set", "1 capability, which a file's capabilities can give"],
    ]
    mighty = rows(Request(privileged=True, no_new_privs=True))
    assert mighty[2:6] == [
        ["privileged", "! yes"],
        ["user", "the image's own"],
        ["no_new_privs", "set"],
        ["Docker gives, to root", f"41 capabilities effective, {CapSet.all().hex()}"],
    ]
    assert [row[0] for row in mighty[6:]] == ["against its default"], "the bounding set has no more"
    bound = rows(Request(user="1000", no_new_privs=True))
    assert bound[-1] == ["in the bounding set", "14 capabilities, out of reach: no_new_privs"]
    problem = Problem(rule="x", place="cap_add[0]", value="<b>", verdict="refused", message="no <b>")
    odd = rows(Request(add=["<b>"], problems=[problem]))
    assert odd[0] == ["+ add", "<b>"]
    assert odd[-2][1].startswith("! Docker Engine refuses '<b>'") or odd[-2][0] == "Docker"
    assert odd[-1] == ["! refused", "cap_add[0]: no <b>"]


def test_matches():
    """What explains a process, the fewest options first; or that nothing does."""
    matches = engines.recognise(engines.get("docker").container(add=["SYS_ADMIN"]))
    [table] = checked(matches._repr_html_())

    assert table.caption == f"{len(matches)} explanations of these sets, the fewest options first"
    assert ["Docker Engine", "20.10.14 and later", "--cap-add=SYS_ADMIN", "root"] in table.rows
    everything = engines.recognise(engines.get("docker").container(privileged=True))
    assert any(row[3] == "root, or privileged" for row in rows(everything))
    user = engines.recognise(engines.get("docker").container(uid=1))
    assert any(row[2:] == ["nothing asked for", "another user"] for row in rows(user))
    assert matches[0]._repr_html_() == matches[:1]._repr_html_()
    assert checked(matches[:1]._repr_html_())[0].caption.startswith("1 explanation of")
    assert "no engine that capset knows" in engines.recognise(CapState(ambient=[63]))._repr_html_()
    assert matches == list(matches)


# -- explanations --------------------------------------------------------------------------------


def test_explanation():
    """A row for each reason, with a sign; a refusal and a thread without anything have no table."""
    cred = engines.get("docker").credentials(uid=1000)
    table = checked(kernel.explain_execve(cred, kernel.Executable())._repr_html_())[0]

    assert table.caption.startswith("execve(a file")
    assert [row[1] for row in table.rows] == ["− lost", "− lost", "= kept"]
    root = kernel.explain_execve(kernel.Credentials(caps=CapState(bounding=["kill"]), uids=5), kernel.Executable())
    assert ["permitted", "· not gained", "CAP_KILL", root.why("kill", "permitted").why] in rows(root)
    refused = kernel.explain_setuid(kernel.Credentials(uids=1000), 0)._repr_html_()
    assert checked(refused) == []
    assert "refused: EPERM" in refused
    nothing = kernel.explain_setuid(kernel.Credentials(), 0)._repr_html_()
    assert checked(nothing) == []
    assert "no set has a capability" in nothing


def test_histories():
    """How a thread may have come to its sets; a thread that has done something unusual has no history."""
    cred = kernel.Credentials(uids=1000, gids=1000, caps=CapState(bounding=DOCKER_DEFAULT))
    found = kernel.histories(cred)
    [table] = checked(found._repr_html_())

    assert [row[0] for row in table.rows] == [history.title for history in found]
    assert table.rows[1][2].splitlines() == [step.call for step in found[1].steps]
    assert checked(found[:1]._repr_html_())[0].rows == table.rows[:1]
    odd = kernel.histories(kernel.Credentials(caps=CapState(permitted=["bpf"])))
    assert "None of the usual histories" in odd._repr_html_()


def test_answer():
    """The verdict, what would give it, how the thread came here, and what was assumed."""
    cred = kernel.Credentials(uids=1000, gids=1000, caps=CapState(bounding=DOCKER_DEFAULT), assumed=["the <b> is 0"])
    answer = kernel.why(cred, "net_raw")
    html = answer._repr_html_()
    ways, histories = checked(html)

    assert f"<p><b>{answer.verdict}</b></p><p>It is in these sets: bounding.</p>" in html
    assert ways.caption == "What would give CAP_NET_RAW"
    assert [row[0] for row in ways.rows] == ["− no", "+ yes", "+ yes"]
    assert [row[1:] for row in ways.rows] == [[way.what.rstrip(","), way.because] for way in answer.ways]
    assert [row[0] for row in histories.rows] == [history.title for history in answer.histories]
    assert "<p>assumed: the &lt;b&gt; is 0</p>" in html
    has = kernel.why(kernel.Credentials(caps=CapState(permitted=["bpf"], effective=["bpf"])), "bpf")
    assert checked(has._repr_html_()) == []
    assert "None of the usual histories" in has._repr_html_()


def test_findings():
    """What a policy says of the text, and what the container would get."""
    capabilities = {"add": ["SYS_ADMIN", "<b>"]}
    pod = {"spec": {"containers": [{"name": "web", "securityContext": {"capabilities": capabilities}}]}}
    found = policy.pod_security(pod)
    [table] = checked(found._repr_html_())

    assert table.caption == "2 findings by the rule about capabilities"
    assert {tuple(row[:2]) for row in table.rows} == {("web", "securityContext.capabilities.add")}
    assert [row[2] for row in table.rows] == ["SYS_ADMIN", "<b>"]
    assert [row[3:] for row in table.rows] == [[finding.message, finding.effect] for finding in found]
    assert checked(found[:1]._repr_html_())[0].caption == "1 finding by the rule about capabilities"
    assert "the rule about capabilities allows it; the other rules were not looked at" in found[2:]._repr_html_()


# -- all of them ---------------------------------------------------------------------------------


@given(st.text())
def test_no_text_is_markup(text):
    """Whatever a process calls itself."""
    html = live.Snapshot([status(text)])._repr_html_()

    assert checked(html)
    assert checked(status(text)._repr_html_())
    assert checked(compare(**{text: CapSet()})._repr_html_())


def test_what_stands_beside_the_table():
    """A notebook keeps a text too: of a host not all of it, as that may be megabytes; the repr is whole."""

    class Printer:
        """What IPython hands to a value, as far as it is used."""

        def __init__(self):
            self.said = ""

        def text(self, words):
            self.said += words

    def pretty(value):
        printer = Printer()
        value._repr_pretty_(printer, False)
        return printer.said

    host = live.Snapshot([status()] * 1000, proc="/proc")

    assert pretty(host) == "<Snapshot of /proc: 1000 in it>"
    assert pretty(host[:2].to_records()).startswith("<2 records of pid, tgid, ")
    assert str(host[:2]) == "<Snapshot of /proc: 2 in it>"
    assert len(repr(host)) > 100_000


def test_a_piece_of_html_is_not_escaped_twice():
    """It stays as it is; any other text does not."""
    assert markup.strong(markup.mono("a<b")) == "<b><code>a&lt;b</code></b>"
    assert tables(markup.table("a\\b", (), [["<"]]))[0].caption == "a\\\\b"


VALUES = [
    Cap.KILL,
    Cap(50),
    CapSet.parse("kill,41"),
    CapDiff.parse("+kill -chown"),
    CapState(permitted=["kill"]),
    CapState().diff(CapState(permitted=["kill"])),
    FileCaps(permitted=["kill"], rootid=4),
    Securebits(0),
    Securebits(0b1101),
    Securebits(1 << 20),
    Request(add=["ALL"], user="5"),
    status(HOSTILE),
    live.Snapshot([status()]),
    compare(docker=engines.get("docker"), old=engines.get("docker", "1.10"), mine=status()).of("bounding").all(),
    *(engine for name in engines.names() for engine in engines.versions(name)),
    engines.get("cri-o", "1.12"),
    engines.recognise(engines.get("docker").container()),
    engines.versions("podman"),
    kernel.Credentials(securebits=5),
    kernel.explain_execve(engines.get("docker").credentials(uid=1000), kernel.Executable()),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_the_plain_repr_evaluates_back(value):
    """What a notebook shows in HTML is still there in full, as it could be typed."""
    import capset
    from capset import errors, problem
    from capset.kernel import explanation, namespaces

    names = {}
    for module in (capset, capset.engines, errors, problem, explanation, namespaces, kernel, live):
        names |= {name: getattr(module, name) for name in module.__all__}
    names |= {name: getattr(capset, name) for name in ("engines", "kernel", "live")}

    assert eval(repr(value), names) == value
