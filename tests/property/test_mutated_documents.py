"""Real documents, changed in one place: the same is shown, or more, or that it is not known, or a word about it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import documents
from capset.errors import CapsetError

CONTEXT = {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}, "allowPrivilegeEscalation": False}
CONTAINER = {"name": "web", "image": "web", "securityContext": CONTEXT}
PRIVILEGED = {"name": "web", "image": "web", "securityContext": {"privileged": True}}
LISTS = ("bounding", "effective", "permitted", "inheritable", "ambient")
STRUCTURED: dict[str, dict[str, object]] = {
    "compose": {
        "services": {
            "web": {
                "image": "web",
                "cap_drop": ["ALL"],
                "cap_add": ["NET_ADMIN"],
                "security_opt": ["no-new-privileges"],
            }
        }
    },
    "compose privileged": {"services": {"web": {"image": "web", "privileged": True, "build": {"context": "."}}}},
    "pod": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [CONTAINER]}},
    "privileged pod": {"kind": "Pod", "spec": {"containers": [PRIVILEGED], "securityContext": {"fsGroup": 5}}},
    "deployment": {
        "kind": "Deployment",
        "spec": {
            "replicas": 1,
            "template": {"spec": {"initContainers": [{**CONTAINER, "name": "first"}], "containers": [PRIVILEGED]}},
        },
    },
    "list": {"kind": "List", "items": [{"kind": "Pod", "spec": {"containers": [CONTAINER]}}]},
    "custom": {"kind": "Own", "spec": {"pod": {"template": {"spec": {"containers": [CONTAINER]}}}}},
    "context": {"securityContext": CONTEXT},
    "container": CONTAINER,
    "values": {
        "replicas": 1,
        "podSecurityContext": {"fsGroup": 5, "runAsUser": 0},
        "securityContext": CONTEXT,
    },
    "inspect": {
        "Name": "/web",
        "HostConfig": {"CapAdd": ["CAP_NET_ADMIN"], "CapDrop": ["ALL"], "Privileged": False, "SecurityOpt": None},
        "Config": {"User": ""},
    },
    "inspect privileged": {"HostConfig": {"Privileged": True}, "Config": {"Image": "x"}},
    "podman": {
        "Name": "web",
        "BoundingCaps": ["CAP_KILL", "CAP_NET_ADMIN"],
        "EffectiveCaps": ["CAP_NET_ADMIN"],
        "HostConfig": {"CapAdd": ["CAP_NET_ADMIN"], "CapDrop": ["CAP_CHOWN"], "Privileged": False},
        "Config": {"User": "1000"},
    },
    "service": {
        "Spec": {"TaskTemplate": {"ContainerSpec": {"CapabilityAdd": ["CAP_NET_ADMIN"], "CapabilityDrop": ["ALL"]}}}
    },
    "crictl": {
        "status": {"id": "a", "metadata": {"name": "web"}, "labels": {"io.kubernetes.pod.name": "shop"}},
        "info": {
            "runtimeSpec": {
                "process": {
                    "user": {"uid": 0, "gid": 0},
                    "capabilities": {key: ["CAP_KILL", "CAP_CHOWN"] for key in LISTS[:3]},
                }
            }
        },
    },
    "ecs": {
        "family": "shop",
        "containerDefinitions": [
            {
                "name": "web",
                "image": "web",
                "user": "0",
                "linuxParameters": {"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}},
                "dockerSecurityOptions": ["no-new-privileges"],
            },
            {"name": "api", "privileged": True},
        ],
    },
    "devcontainer": {
        "name": "web",
        "privileged": False,
        "capAdd": ["NET_ADMIN", "KILL"],
        "securityOpt": ["no-new-privileges"],
        "containerUser": "0",
        "runArgs": ["--init", "--cap-drop", "ALL", "--cap-add=CHOWN"],
    },
    "described": {"taskDefinition": {"containerDefinitions": [{"name": "api", "privileged": True}]}},
    "nomad": {
        "Job": {
            "TaskGroups": [
                {
                    "Name": "cache",
                    "Tasks": [
                        {
                            "Name": "redis",
                            "Driver": "docker",
                            "User": "5",
                            "Config": {
                                "cap_add": ["CHOWN"],
                                "cap_drop": ["ALL"],
                                "security_opt": ["no-new-privileges"],
                            },
                        },
                        {"Name": "log", "Driver": "exec", "Config": {"cap_add": ["KILL"]}},
                    ],
                }
            ]
        }
    },
    "oci": {
        "ociVersion": "1.0",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "noNewPrivileges": True,
            "capabilities": {key: ["CAP_KILL", "CAP_CHOWN"] for key in LISTS[:3]},
        },
    },
}

# What is given by a key is not given without it, and that is right.
GIVES = {
    "cap_add",
    "privileged",
    "add",
    "CapAdd",
    "Privileged",
    "CapabilityAdd",
    "capAdd",
    "runArgs",
    "BoundingCaps",
    "EffectiveCaps",
    *LISTS,
}
Path = tuple[str | int, ...]


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    """List the places of all values in a document."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths(inner, (*at, number))


def parent_of(document, path):
    """Return what a value stands in."""
    for step in path[:-1]:
        document = document[step]
    return document


def gives(value, path) -> bool:
    """Say whether a part of a document asks for capabilities that are not there without it."""
    return not GIVES.isdisjoint(path) or any(not GIVES.isdisjoint(inner) for inner in paths(value))


VARIABLES = ["${X}", "$X", "{{ x }}", "{{ .Values.x }}", "`x`", "<%= x %>"]
OTHERS = [5, -1, 1.5, "x", "", "yes", [], [5], [[]], {}, {"x": 5}, {"x": "y"}, True]


@st.composite
def changed(draw, document):
    """Change a document in one place."""
    document = copy.deepcopy(document)
    path = draw(st.sampled_from(list(paths(document))))
    around, last = parent_of(document, path), path[-1]
    kind = draw(st.sampled_from(["leave out", "misspell", "variable", "variable in it", "wrap", "another type"]))
    if kind == "leave out":
        if gives(around[last], path):
            return None
        del around[last]
    elif kind == "misspell":
        if not isinstance(last, str) or len(last) < 3:
            return None
        at = draw(st.integers(1, len(last) - 1))
        wrong = draw(
            st.sampled_from(
                [last[:at] + last[at + 1 :], last[:at] + last[at] * 2 + last[at + 1 :], last.upper(), last + "s"]
            )
        )
        if wrong in around or wrong == last:
            return None
        around[wrong] = around.pop(last)
    elif kind == "variable":
        around[last] = draw(st.sampled_from(VARIABLES))
    elif kind == "variable in it":
        if not isinstance(around[last], str):
            return None
        around[last] += draw(st.sampled_from(VARIABLES))
    elif kind == "wrap":
        around[last] = draw(st.sampled_from([[around[last]], {"x": around[last]}, {last: around[last]}]))
    else:
        other = draw(st.sampled_from(OTHERS))
        if last in {"uid", "gid"} and type(other) is int:
            return None  # that is another user
        if gives(around[last], path) and (
            not other or isinstance(around[last], dict) is isinstance(other, dict) is True
        ):
            return None  # that is to leave it out
        around[last] = other
    return document


def shown(text: str, name: str = "", dialect: str | None = None):
    """Return what is shown of a document; None where it is refused as a whole."""
    try:
        return documents.lint(documents.read(text, name=name, dialect=dialect))
    except CapsetError as error:
        assert str(error)
        return None


def words(report) -> set[tuple[str, str]]:
    return {(finding.rule, finding.message) for finding in report}


def check(before, after) -> None:
    """Compare what is shown of a document before and after a change."""
    if after is None:
        return
    if len(after.outcomes) < len(before.outcomes):
        assert words(after) - words(before)
        return
    for old, new in zip(before.outcomes, after.outcomes, strict=False):
        if new.gets is None:
            assert new.reason
            continue
        same = all(getattr(old.gets, each) <= getattr(new.gets, each) for each in ("effective", "bounding"))
        assert same or words(after) - words(before), (old.gets, new.gets)


@pytest.mark.parametrize("name", STRUCTURED)
def test_structured(name):
    """Compose, Kubernetes, docker inspect and config.json: keys and values of all types."""
    document = STRUCTURED[name]
    before = shown(json.dumps(document))
    assert before is not None
    assert all(outcome.gets is not None for outcome in before.outcomes)

    @given(changed(document))
    def compare(other):
        if other is not None:
            check(before, shown(json.dumps(other)))

    compare()


# -- command lines and units: lists of texts --------------------------------------------------------

COMMANDS = {
    "docker": "docker run --cap-drop=ALL --cap-add NET_ADMIN --security-opt no-new-privileges --user 0 web sh -c x",
    "together": "docker run -it --rm -u0 --cap-add=NET_ADMIN,KILL --rm web".replace(",KILL", " --cap-add=KILL"),
    "privileged": "docker container create --privileged --rm web",
    "podman": "sudo podman run --cap-drop=ALL --cap-add NET_ADMIN,KILL --user 0 --rm docker://web",
    "nerdctl": "nerdctl run --cap-drop=ALL --cap-add NET_ADMIN --security-opt no-new-privileges web",
}
UNITS = {
    "ambient": [
        *("[Unit]", "Description=web", "[Service]", "User=web", "AmbientCapabilities=CAP_NET_ADMIN CAP_KILL"),
        *("CapabilityBoundingSet=CAP_NET_ADMIN CAP_KILL", "NoNewPrivileges=yes", "ExecStart=/bin/web"),
    ],
    "root": [
        "[Service]",
        "CapabilityBoundingSet=CAP_NET_ADMIN",
        "CapabilityBoundingSet=CAP_KILL",
        "ExecStart=/bin/web",
    ],
    "without": ["[Service]", "CapabilityBoundingSet=~CAP_NET_ADMIN", "ExecStart=/bin/web"],
}
SHARE = "/usr/share/lxc/config"
QUADLETS = {
    "root": ["[Container]", "Image=web", "DropCapability=all", "AddCapability=CAP_NET_ADMIN CAP_KILL"],
    "user": ["[Container]", "Image=web", "User=1000", "AddCapability=CAP_NET_ADMIN", "NoNewPrivileges=true"],
    "options": ["[Container]", "Image=web", "PodmanArgs=--cap-drop=all --cap-add=CAP_KILL", "[Service]", "Restart=no"],
}
CONFIGURATIONS = {
    "common": [f"lxc.include = {SHARE}/common.conf", "lxc.uts.name = web", "lxc.cap.drop = net_admin kill"],
    "kept": ["lxc.cap.drop =", "lxc.cap.keep = net_admin kill", "lxc.init.uid = 0", "lxc.no_new_privs = 1"],
}
STRANGE = [
    "—",
    "–",
    "‑",
    "“",
    "”",
    "’",
    "\u00a0",
    "\u200b",
    "ｓ",
    "ſ",
    "$X",
    "{{ x }}",
    "`x`",
    "'",
    '"',
    "\\",
    ";",
    "%i",
    "=",
]


@st.composite
def changed_texts(draw, texts, *, may_go, strange_to=()):
    """Change one of some texts: leave it out, write it twice, change or put in a letter, or move it."""
    at = draw(st.integers(0, len(texts) - 1))
    text = texts[at]
    letter = draw(st.integers(0, len(text)))
    kind = draw(
        st.sampled_from(["leave out", "twice", "lack a letter", "one more", "strange", "in its place", "move", "case"])
    )
    others = texts[:at] + texts[at + 1 :]
    if kind == "leave out":
        return others if may_go(text) else None
    if kind == "move":
        to = draw(st.integers(0, len(others)))
        return [*others[:to], text, *others[to:]]
    # In a unit a backslash joins lines, and what stands before an equals sign may be any key.
    strange = draw(st.sampled_from([each for each in STRANGE if each not in strange_to]))
    wrong = {
        "twice": f"{text}\n{text}" if "=" in text or text[0] == "[" else f"{text} {text}",
        "lack a letter": text[:letter] + text[letter + 1 :],
        "one more": text[:letter] + text[letter : letter + 1] + text[letter:],
        "strange": text[:letter] + strange + text[letter:],
        "in its place": text[:letter] + strange + text[letter + 1 :],
        "case": text.swapcase(),
    }[kind]
    return [*texts[:at], wrong, *texts[at + 1 :]]


@pytest.mark.parametrize("name", COMMANDS)
def test_commands(name):
    """The words of a command line: with typographic dashes and quotes, with variables, in another order."""
    words_of = COMMANDS[name].split()
    before = shown(COMMANDS[name])

    @given(changed_texts(words_of, may_go=lambda word: "cap-add" not in word and word != "--privileged"))
    def compare(other):
        if other is not None:
            check(before, shown(" ".join(other)))

    compare()


@pytest.mark.parametrize("name", UNITS)
def test_units(name):
    """The lines of a unit: what is misspelled, stands elsewhere or holds a specifier."""
    text = "\n".join(UNITS[name])
    before = shown(text, "web.service")

    @given(changed_texts(UNITS[name], may_go=lambda line: "CAP_" not in line, strange_to=("\\", "=")))
    def compare(other):
        # What stands behind a ~ is dropped, and without it that is what is kept.
        if other is not None and "\n".join(other).count("~") == text.count("~"):
            check(before, shown("\n".join(other), "web.service"))

    compare()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_configurations(name):
    """The lines of a configuration of LXC: one that is passed over or misspelled never gives less without a word."""
    text = "\n".join(CONFIGURATIONS[name])
    before = shown(text, "config", "lxc")

    @given(changed_texts(CONFIGURATIONS[name], may_go=lambda line: "keep" not in line, strange_to=("=",)))
    def compare(other):
        if other is not None:
            check(before, shown("\n".join(other), "config", "lxc"))

    compare()


@pytest.mark.parametrize("name", QUADLETS)
def test_quadlets(name):
    """The lines of a file of Quadlet, likewise."""
    text = "\n".join(QUADLETS[name])
    before = shown(text, "web.container")

    @given(changed_texts(QUADLETS[name], may_go=lambda line: "CAP_" not in line, strange_to=("\\", "=")))
    def compare(other):
        if other is not None:
            check(before, shown("\n".join(other), "web.container"))

    compare()


@given(st.sampled_from([*STRUCTURED]), st.data())
def test_a_key_that_stands_twice(name, data):
    """Whatever it is: JSON and YAML in which a key stands twice mean different things to different readers."""
    lines = json.dumps(STRUCTURED[name], indent=1).split("\n")
    at = data.draw(
        st.sampled_from([at for at, line in enumerate(lines) if line.strip().startswith('"') and line[-1] not in "[{"])
    )
    if '": ' not in lines[at]:
        return
    twice = lines[at] if lines[at].endswith(",") else lines[at] + ","
    assert shown("\n".join([*lines[:at], twice, *lines[at:]])) is None
