"""Readers of documents against the programs that read them: Docker's client and daemon, runc."""

from __future__ import annotations

import json
import os
import subprocess

from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from capset import documents, live
from capset.documents.shell import UnfinishedError, commands
from capset.engines import Request
from capset.engines.process import first_process
from capset.errors import FormatError
from capset.formats import docker as dialect
from capset.formats import oci
from capset.sets import THREAD_SETS

RUNS = int(os.environ.get("CAPSET_ORACLE_RUNS", "25"))
real = settings(max_examples=RUNS, deadline=None, database=None, suppress_health_check=list(HealthCheck))

NAMES = ["NET_ADMIN", "cap_kill", "Chown", "ALL", "all", "", "BOGUS", "A,B", " kill", "CAP_", "12"]
BOOLS = ["1", "t", "TRUE", "true", "True", "0", "f", "false", "yes", "tRUE", ""]
names = st.sampled_from(NAMES)
bools = st.sampled_from(BOOLS)
users = st.sampled_from(["5", "0", "1000:1000", "user", "user:user", ":5", "", "+0", "=7"])
nnp = st.sampled_from(["no-new-privileges", "no-new-privileges=", "no-new-privileges:", "label=", "No-New-Privileges"])
flags = st.sampled_from(["--cap-add", "--cap-drop"])
words = st.one_of(
    st.builds(lambda option, name: [option, name], flags, names),
    st.builds(lambda option, name: [f"{option}={name}"], flags, names),
    st.builds(lambda value: [f"--privileged={value}"], bools),
    st.builds(lambda option, user: [option, user], st.sampled_from(["--user", "-u", "-itu"]), users),
    st.builds(lambda option, user: [option + user], st.sampled_from(["--user=", "-u", "-itu"]), users.filter(bool)),
    st.builds(lambda name, value: ["--security-opt", name + value], nnp, st.one_of(bools, st.just("disable"))),
    st.sampled_from([["--privileged"], ["-it"], ["--rm"], ["-i=false"], ["--", "box"], ["-h", "x"], ["--hostname=x"]]),
    st.sampled_from([["--security-opt=no-new-privileges"], ["--security-opt", "seccomp=unconfined"]]),
    st.sampled_from([["--cap-ad", "KILL"], ["--CAP-ADD=KILL"], ["-privileged"], ["-cap-add=x"], ["-user=5"]]),
    st.sampled_from([["--user", "--rm"], ["-x"], ["--cap-add", "--rm"]]),
)


letters = st.sampled_from(["a", "-", "=", "#", " ", "\t", "\\", "\\\n", "'", '"', "''", '""', "\\#", "x\\ y"])


def test_words_of_a_command_line():
    """A shell finds the same words, or takes the text for unfinished."""

    @real
    @given(st.lists(letters, max_size=10).map("".join))
    @example("-e A=b#c --cap-add NET_\\\nADMIN # x")
    @example("\"a\\\nb\\c\" 'a\\\nb' #")
    def compare(text: str) -> None:
        script = f'show() {{ for each; do printf "%s\\0" "$each"; done; }}; show {text}\n'
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        try:
            found = commands(f"show {text}\n")
        except UnfinishedError:
            event("unfinished")
            assert done.returncode
            return
        event("read")
        assert ["show", *done.stdout.split("\0")[:-1]] == found[0]  # behind a comment, there may be another

    compare()


def test_docker_flags(docker):
    """The client and the daemon take a command line, and show what was read of it; or both refuse it."""

    @real
    @given(st.lists(words, max_size=4).map(lambda parts: [word for part in parts for word in part]))
    @example(["--cap-add", "net_admin", "--cap-drop", "CAP_MKNOD", "-u", "7", "--security-opt", "no-new-privileges"])
    @example(["--security-opt=no-new-privileges:true", "--security-opt=no-new-privileges=f"])
    @example(["--user=", "--privileged", "--privileged=0"])
    def compare(said: list[str]) -> None:
        command = [*said, "box", "true", "--privileged"]
        shown = docker.create(command)
        try:
            request = dialect.from_flags(command)
        except FormatError:
            request = None
        refused = request is None or any(problem.verdict == "refused" for problem in request.problems)
        event("refused" if refused else "created")
        assert (shown is None) == refused, command
        if shown is not None:
            assert dialect.from_inspect(shown) == request, command

    compare()


names_taken = st.lists(st.sampled_from(["NET_ADMIN", "KILL", "CHOWN", "BPF", "ALL"]), max_size=2, unique=True)


def test_podman_inspect(podman):
    """What podman inspect says of a container is what its process has, whoever it runs as."""

    @real
    @given(
        names_taken, names_taken, st.booleans(), st.sampled_from(["0", "root", "1000", "user", "1000:5"]), st.booleans()
    )
    @example(["NET_ADMIN"], [], False, "1000", False)
    @example([], [], True, "user", False)
    @example([], ["ALL"], False, "0", True)
    def compare(add: list[str], drop: list[str], privileged: bool, user: str, no_new_privs: bool) -> None:
        add = [name for name in add if name not in drop and not ("ALL" in drop and name == "ALL")]
        drop = [name for name in drop if "ALL" not in add]
        request = Request(add, drop, privileged=privileged)
        shown, actual = podman.inspected(request, user, no_new_privs)
        [told] = documents.lint(documents.read(shown)).outcomes
        event("root" if user in {"0", "root"} else "another")
        for name in ("effective", "permitted", "bounding", "ambient"):
            assert told.said(name) == getattr(actual.state, name), (name, request, user, actual.said)
        assert told.workload.request.no_new_privs is no_new_privs

    compare()


lists = st.one_of(
    st.none(),
    st.lists(st.sampled_from(["CAP_KILL", "CAP_CHOWN", "CAP_NET_RAW", "cap_kill", "KILL", "ALL", "CAP_BOGUS", ""])),
    st.sampled_from(["CAP_KILL", [5], {}]),
)
sets = st.dictionaries(st.sampled_from([*THREAD_SETS[:3], "ambient", "other", "BOUNDING"]), lists)
sets |= st.dictionaries(st.sampled_from(THREAD_SETS), lists)
processes = st.fixed_dictionaries(
    {"user": st.sampled_from([{"uid": 0, "gid": 0}, {"uid": 1000, "gid": 5}, {}, {"uid": "0"}, {"UID": 7}])},
    optional={
        "NONEWPRIVILEGES": st.booleans(),
        "capabilities": st.one_of(sets, sets, sets, st.none(), st.just(["CAP_KILL"])),
        "noNewPrivileges": st.sampled_from([True, False, None, "true"]),
    },
)


def test_config_json(runc):
    """What runc makes of the process of a config.json, after its execve(2); or both refuse it."""
    held = live.read().caps.effective

    @real
    @given(processes)
    @example({"user": {"uid": 0, "gid": 0}, "capabilities": {"bounding": ["CAP_KILL", "KILL"]}})
    @example({"user": {"uid": 0, "gid": 0}, "noNewPrivileges": "true", "NONEWPRIVILEGES": False})
    @example({"user": {"uid": 0, "gid": 0}, "noNewPrivileges": False, "NONEWPRIVILEGES": True})
    def compare(said: dict[str, object]) -> None:
        actual = runc.run_process(json.loads(json.dumps(said)))
        try:
            process = oci.from_process(said)
        except FormatError:
            process = None
        if process is None or any(problem.verdict == "refused" for problem in process.problems):
            event("refused")
            assert actual.state is None, actual
            return
        event("ran")
        expected = first_process(process.caps, held=held, root=process.uid == 0, no_new_privs=process.no_new_privs)
        assert actual.state == expected, actual.said
        ignored = any("runc passes over" in problem.message for problem in process.problems)
        assert ("ignoring unknown or unavailable capabilities" in actual.said) == ignored

    compare()
