"""Whatever a public call is given, it answers, or raises a TypeError for a wrong type or else a CapsetError."""

from __future__ import annotations

import inspect
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

import capset
from capset import (
    CapDiff,
    CapSet,
    CapState,
    FileCaps,
    Securebits,
    StateDiff,
    compare,
    documents,
    engines,
    formats,
    kernel,
    live,
    policy,
)
from capset.errors import CapsetError, shown

STATUS = live.parse_status(
    "Name:\tweb\nTgid:\t7\nPid:\t7\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t \n"
    "CapInh:\t0000000000000000\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000400\nCapBnd:\t00000000a80425fb\n"
)
DOCKER = engines.get("docker")
CRED = kernel.Credentials()
INSIDE = kernel.unshare_user(CRED)
COMPARISON = compare(a=CapSet(), b=DOCKER)
REQUEST = engines.Request(["kill"])

WRONG = [
    None, True, 0, 1, -1, 5, 63, 64, 2**32 - 1, 2**64, 10**5000, -(10**5000), 1.5, float("nan"), float("inf"), 1j,
    Decimal(1), "", "kill", "CAP_KILL", "x", "self", "outside", "1000:50", "\udcff", "\0", "6.1", "0x1", "é" * 50,
    b"", b"kill", b"\xff" * 24, bytearray(4), (), (1,), ("kill", None), [], ["kill"], ["x"], [None], [[]], [10**5000],
    {}, {"kill": 1}, {"a": {}}, {None: None}, {"x": 10**5000}, set(), {"kill"}, frozenset({1.5}), range(70), object(),
    object, len, CapSet(), CapState(), CapDiff(), StateDiff(), FileCaps(), capset.Cap.KILL, Securebits(5), STATUS,
    DOCKER, CRED, kernel.Executable(), kernel.INITIAL, INSIDE.user_ns, COMPARISON, REQUEST, live.Snapshot([STATUS]),
    engines.recognise(STATUS)[:1], CapSet, ...,
]  # fmt: skip

# What a parameter without a default takes, by its name: of a call, all but one are given as here.
RIGHT = {
    "cap": "kill", "columns": {}, "cred": CRED, "data": FileCaps().to_xattr(), "executable": kernel.Executable(),
    "extents": [(0, 0, 1)], "gid": 0, "gids": [1], "name": "docker", "on": True, "path": "/bin/sh", "request": REQUEST,
    "root": "/nonexistent", "set": "effective", "state": CapState(), "target": ["kill"], "text": "", "uid": 0,
    "word": "deny", "to": "docker",
}  # fmt: skip

SAMPLES = {
    "Cap.KILL": capset.Cap.KILL, "CapSet()": CapSet(["kill"]), "CapDiff()": CapDiff(), "CapState()": CapState(),
    "StateDiff()": StateDiff(), "FileCaps()": FileCaps(), "status": STATUS, "docker": DOCKER, "Credentials()": CRED,
    "namespace": INSIDE.user_ns, "comparison": COMPARISON, "snapshot": live.Snapshot([STATUS]), "Request()": REQUEST,
    "matches": engines.recognise(STATUS), "explanation": kernel.explain_execve(CRED, kernel.Executable()),
    "unit": formats.systemd.from_unit(""), "iab": formats.libcap.iab_from_text(""),
    "Rules()": kernel.Rules.of("6.1"),
}  # fmt: skip


def ours(call):
    """Say whether capset has written a call; what it inherits from an int or a list is Python's."""
    return (getattr(call, "__module__", None) or "").startswith("capset")


def public():
    """Yield every public callable with its name: functions, classes, and the methods of values."""
    modules = {"capset": capset, "live": live, "engines": engines, "kernel": kernel, "policy": policy}
    modules |= {"documents": documents} | {name: getattr(formats, name) for name in formats.__all__}
    for where, module in modules.items():
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if callable(value) and not (inspect.isclass(value) and issubclass(value, BaseException)):
                yield f"{where}.{name}", value
            if inspect.isclass(value):
                for inside, kept in vars(value).items():
                    if isinstance(kept, classmethod | staticmethod) and not inside.startswith("_"):
                        yield f"{where}.{name}.{inside}", getattr(value, inside)
    for where, value in SAMPLES.items():
        for name in dir(value):
            if not name.startswith("_") and callable(member := getattr(value, name)):
                yield f"{where}.{name}", member


def parameters(call):
    return list(inspect.signature(call).parameters.values())


# Plots need an extra; test_plots.py gives them wrong values.
CALLS = {name: call for name, call in public() if ours(call) and ".plot" not in name}
ARGUMENTS = [(name, parameter.name) for name, call in CALLS.items() for parameter in parameters(call)]


def called(name, wrong_name, wrong):
    """Call with one argument that may be wrong."""
    args, named = [], {}
    for parameter in parameters(CALLS[name]):
        if parameter.name == wrong_name:
            value = wrong
        elif parameter.default is parameter.empty and parameter.name in RIGHT:
            value = RIGHT[parameter.name]
        else:
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            args.append(value)
        elif parameter.kind is parameter.VAR_KEYWORD:
            named["column"] = value
        elif parameter.kind is parameter.POSITIONAL_ONLY or (parameter.default is parameter.empty and not named):
            args.append(value)
        else:
            named[parameter.name] = value
    return CALLS[name](*args, **named)


def test_calls_are_found():
    """The property is about the whole of the library."""
    assert len(CALLS) > 150
    assert {
        "capset.compare",
        "CapSet().diff",
        "docker.write",
        "kernel.execve",
        "live.read",
        "docker.from_flags",
    } <= set(CALLS)


@settings(max_examples=1000)
@given(st.sampled_from(ARGUMENTS), st.sampled_from(WRONG))
def test_wrong_values(argument, wrong):
    """Nothing else comes out than an answer, a TypeError or a CapsetError; of a file, also what the system says."""
    try:
        called(*argument, wrong)
    except (TypeError, CapsetError):
        pass
    except OSError:
        assert argument[0].startswith("live."), argument
    except Exception as error:
        raise AssertionError(f"{'.'.join(argument)} = {shown(wrong)}: {error!r}") from error
