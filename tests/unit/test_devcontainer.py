"""Dev containers."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import CapSet, documents, engines
from capset.documents.jsontext import without_comments
from capset.engines import Request
from capset.errors import DialectError, DocumentError, FormatError
from capset.formats import devcontainer


@pytest.mark.parametrize(
    ("config", "request_", "told"),
    [
        ({"capAdd": ["SYS_PTRACE"], "privileged": False}, Request(["SYS_PTRACE"]), []),
        ({"runArgs": ["--cap-add=KILL", "--cap-drop", "ALL", "-it"]}, Request(["KILL"], ["ALL"]), []),
        ({"capAdd": ["KILL"], "runArgs": ["--cap-add", "CHOWN"]}, Request(["CHOWN", "KILL"]), []),
        ({"privileged": True, "runArgs": ["--privileged=false"]}, Request(privileged=True), []),
        ({"runArgs": ["--privileged"], "securityOpt": []}, Request(privileged=True), []),
        ({"securityOpt": ["no-new-privileges", "seccomp=unconfined"]}, Request(no_new_privs=True), []),
        ({"securityOpt": ["no-new-privs"]}, Request(), ["unknown-security-option"]),
        ({"containerUser": "1000"}, Request(user="1000"), []),
        ({"containerUser": "1000", "runArgs": ["-u5"]}, Request(user="5"), []),
        ({"containerUser": "vscode"}, Request(user="vscode"), ["named-user"]),
        ({"capAdd": ["NET_RAWW"]}, Request(["NET_RAWW"]), ["unknown-capability"]),
        ({"capAdd": ["KILL"], "runArgs": ["--cap-drop=KILL"]}, Request(["KILL"], ["KILL"]), ["in-both-lists"]),
        ({"runArgs": ["--user", "${localEnv:UID}"]}, Request(user="${localEnv:UID}"), ["variable"]),
        ({"remoteUser": "vscode"}, Request(), ["not-counted"]),
        ({"image": "debian", "capAdd": []}, Request(), ["not-counted"]),
        (
            {"build": {"dockerfile": "Dockerfile", "capAdd": ["KILL"]}, "capAdd": []},
            Request(),
            ["misplaced", "not-counted"],
        ),
        ({"customizations": {"vscode": {}, "privileged": True}}, Request(), ["misplaced"]),
        ({"image": "a", "features": {f"ghcr.io/a/{n}:1": {} for n in "abcd"}}, Request(), ["not-read", "not-counted"]),
        ({"features": {}, "capAdd": []}, Request(), []),
        ({"dockerComposeFile": "c.yaml", "service": "a", "runArgs": ["x"]}, Request(), ["misplaced", "not-read"]),
        ({"dockerComposeFile": ["c.yaml"], "capAdd": ["KILL"]}, Request(["KILL"]), ["not-read"]),
        ({"remoteEnv": {}, "capDrop": ["ALL"], "capadd": [], "user": "5"}, Request(), ["unknown-key"] * 3),
    ],
)
def test_configurations(config, request_, told):
    """As the tools for dev containers make a docker run of it."""
    [workload] = documents.read(json.dumps(config, indent=2))

    assert (workload.dialect, workload.request) == ("devcontainer", request_)
    assert [problem.rule for problem in workload.problems] == told
    assert all(problem.line > 1 for problem in workload.problems)
    assert bool(workload.not_known) is bool({"not-read", "variable"} & {*told})


@pytest.mark.parametrize(("many", "told"), [(3, "a, b, c"), (4, "a, b, c and others")])
def test_features_are_named(many, told):
    """Three of them; that there are more is said."""
    config = {"capAdd": [], "features": dict.fromkeys("abcd"[:many])}
    [problem] = devcontainer.from_config(config).problems
    assert problem.message.partition(": ")[2] == told


@pytest.mark.parametrize(
    ("config", "place", "expected"),
    [
        ({"runArgs": ["-i", "--cap-ad", "KILL"]}, "runArgs[1]", "did you mean --cap-add?"),
        ({"runArgs": ["-i", "--cap-add"]}, "runArgs[1]", "a value behind it"),
        ({"runArgs": ["-i", "--privileged=yes"]}, "runArgs[1]", "one of 1, t"),
        ({"runArgs": ["-i", "debian", "sh"]}, "runArgs[1]", "options alone"),
        ({"runArgs": ["-i", "De bian", "sh"]}, "runArgs[1]", "an option, with a hyphen"),
        ({"runArgs": [5]}, "runArgs[0]", "a word of a command line in quotes"),
        ({"runArgs": "--privileged"}, "runArgs", "a list of names"),
        ({"capAdd": "KILL"}, "capAdd", "a list of names"),
        ({"capAdd": [], "privileged": "yes"}, "privileged", "true or false"),
        ({"capAdd": [], "features": 5}, "features", "a mapping"),
        ({"capAdd": [], "name": 5}, "name", "a text"),
        ({"containerUser": 1000}, "containerUser", "a text"),
    ],
)
def test_broken_configurations(config, place, expected):
    """Nothing comes of one, and it is said where it is broken."""
    [workload] = documents.read(json.dumps(config, indent=2))
    assert workload.request is None
    [problem] = workload.problems
    assert (problem.place, problem.rule, problem.verdict) == (place, "unreadable", "refused")
    assert expected in problem.message
    assert problem.line > 1


COMMENTED = """\
// For format details, see https://aka.ms/devcontainer.json
{
    /* a name with "quotes", and
       a second line */
    "name": "a // b, ] /* c */ \\" }",  // here
    "capAdd": [
        "KILL",  // a comma behind it
    ],
    "runArgs": ["--cap-drop=CHOWN", "--cap-drop=CHWON",],
}
// the end"""


def test_json_with_comments():
    """As most of these files are: comments and commas behind the last value, and lines are those of the text."""
    [workload] = documents.read(COMMENTED, "devcontainer.json")
    assert workload.name == 'a // b, ] /* c */ " }'
    assert workload.request == Request(["KILL"], ["CHOWN", "CHWON"])
    [problem] = workload.problems
    assert (problem.line, problem.place) == (9, "runArgs[1]")
    assert (workload.line, workload._lines) == (2, {"add": 6, "drop": 9, "user": 2})
    assert documents.dialect_of("\ufeff" + COMMENTED) == "devcontainer"
    plain = without_comments(COMMENTED)
    assert len(plain) == len(COMMENTED)
    assert json.loads(plain)["capAdd"] == ["KILL"]
    assert without_comments("{,} /* /* */ [1,,]") == "{ }          [1, ]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("// a\n{5}", "x.txt:2: no JSON, with comments or without"),
        ('{"capAdd": []}}', "x.txt:1: no JSON"),
        ('// a\n{"capAdd": [],\n"capAdd": []}', 'x.txt:3: found duplicate key "capAdd"'),
        ("[" * 2000 + "]" * 2000, "lists and mappings stand in each other"),
        ("[5]", "expected a mapping"),
        ('{"name": "a", "dependencies": {}}', "it has no key that devcontainer.json alone has"),
        ('{"auths": {}, "credsStore": "x"}', "it has no key that devcontainer.json alone has"),
        ('{"id": "go", "version": "1.3", "capAdd": ["SYS_PTRACE"]}', "it is a Feature"),
        ('/* {"capAdd": []}', "x.txt:1: no JSON"),
    ],
)
def test_what_is_none(text, told):
    """It is told of each why; Docker's own configuration and package.json are none."""
    with pytest.raises((DialectError, DocumentError)) as caught:
        documents.read(text, "x.txt", dialect="devcontainer")
    assert told in str(caught.value)


def test_names_of_files():
    """One of that name may have keys alone that others have too."""
    text = '{"image": "debian", "privileged": true}'
    for name in ("devcontainer.json", ".devcontainer.json", "a/.devcontainer/devcontainer.json"):
        assert documents.dialect_of(text, name) == "devcontainer"
    for name in ("x.json", "adevcontainer.json"):
        with pytest.raises(DialectError):
            documents.dialect_of(text, name)
    with pytest.raises(DialectError):
        documents.dialect_of('{"a": 5}', "devcontainer.json")


def test_other_engines():
    """A dev container of Podman, as Podman reads it."""
    [workload] = documents.read('{"capAdd": ["KILL"], "runArgs": ["--cap-drop=KILL"]}')
    assert workload.refusal is None
    assert workload.for_engine(engines.get("podman")).refusal.rule == "in-both-lists"
    assert pickle.loads(pickle.dumps(workload)) == workload
    with pytest.raises(FormatError, match="runArgs"):
        devcontainer.from_config({"runArgs": ["--foo"]})


def test_written():
    request = Request(["cap_kill"], ["all", "chown"], user="5:6", privileged=True, no_new_privs=True)
    config = devcontainer.to_config(request)
    assert config == {
        "containerUser": "5:6",
        "privileged": True,
        "capAdd": ["KILL"],
        "securityOpt": ["no-new-privileges"],
        "runArgs": ["--cap-drop=ALL", "--cap-drop=CHOWN"],
    }
    assert devcontainer.to_config(Request()) == {}
    with pytest.raises(FormatError, match="add"):
        devcontainer.to_config(Request(["kil"]))
    with pytest.raises(TypeError, match="a Request"):
        devcontainer.to_config({})


@given(st.sets(st.integers(0, 40)).map(CapSet), st.sampled_from(["", "5", "5:6"]), st.booleans())
def test_what_is_written_is_read(caps, user, no_new_privs):
    """It asks for the same as the docker run from which it was made, and is a configuration by its schema's keys."""
    flags = " ".join(f"--cap-add {cap.name}" for cap in caps)
    options = f"{f'--user {user}' * bool(user)} {'--security-opt no-new-privileges' * no_new_privs}"
    [run] = documents.read(f"docker run --cap-drop ALL {flags} {options} web")
    conversion = documents.convert(run, "devcontainer")
    [workload] = documents.read(conversion.text)

    assert conversion.losses == ()
    assert workload.request == run.request
    assert workload.problems == ()
    assert {*json.loads(conversion.text)} <= {*devcontainer.KEYS}


def test_what_asks_for_nothing_is_recognised():
    """No key that others have too tells of itself that it is a devcontainer.json."""
    for run in ("docker run web", "docker run --privileged web"):
        written = documents.convert(documents.read(run), "devcontainer")
        [workload] = documents.read(written.text)
        assert workload.request == documents.read(run)[0].request
