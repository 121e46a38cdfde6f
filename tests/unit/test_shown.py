"""How a value is shown: by the function for its type, which loads when such a value first comes."""

from __future__ import annotations

import copy
import pickle
import pkgutil
import subprocess
import sys
from importlib import import_module
from textwrap import dedent

import pytest
from attrs import evolve

import capset
from capset import (
    DOCKER_DEFAULT,
    Cap,
    CapDiff,
    CapSet,
    CapState,
    FileCaps,
    StateDiff,
    compare,
    display,
    engines,
    kernel,
    live,
    policy,
)
from capset.display.bytype import ByType
from capset.engines import Request
from capset.errors import AccessDeniedError, StatusError
from capset.problem import Problem
from capset.records import Records
from capset.shown import Plotted, PlottedBySet, Shown, Tabular, Told
from tests.markup import checked

WAYS = {"html": Shown, "text": Shown, "records": Tabular, "plot": (Plotted, PlottedBySet)}
MIXINS = {Shown, Tabular, Plotted, PlottedBySet, Told}


def names_of(module):
    """Return the names of a module; none where what an extra brings is not installed, as there is nowhere all of it."""
    try:
        return vars(import_module(module))
    except ModuleNotFoundError as error:
        if str(error.name).startswith("capset"):
            raise
        return {}


def kinds():
    """Return all classes of values that can be shown, wherever in the package."""
    modules = [module.name for module in pkgutil.walk_packages(capset.__path__, "capset.")]
    public = [names_of(name) for name in modules if not name.endswith("__main__")]
    found = {each for names in public for each in names.values() if isinstance(each, type) and issubclass(each, Shown)}
    return sorted(found - MIXINS, key=lambda kind: kind.__qualname__)


KINDS = kinds()


def status(name="web", pid=7, **changes):
    """Make a process of a Docker container."""
    masks = "".join(f"Cap{which}:\t{DOCKER_DEFAULT.hex()}\n" for which in ("Prm", "Eff", "Bnd"))
    head = f"Name:\tx\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t1\t0\t0\nGroups:\t\n"
    made = live.parse_status(f"{head}CapInh:\t{0:016x}\n{masks}CapAmb:\t{0:016x}\nNoNewPrivs:\t1\nSeccomp:\t2\n")
    return evolve(made, name=name, **changes)


def pod(*names):
    """Make a pod whose container adds capabilities."""
    return {"spec": {"containers": [{"name": "w\x1b", "securityContext": {"capabilities": {"add": [*names]}}}]}}


USER = kernel.Credentials(uids=1000, gids=1000, caps=CapState(bounding=DOCKER_DEFAULT))
DOCKER = engines.recognise(engines.get("docker").container())
NO_HISTORY = kernel.histories(kernel.Credentials(caps=CapState(permitted=["bpf"])))
EXPLAINED = kernel.explain_execve(USER, kernel.Executable())
WHY = kernel.why(USER, "net_raw")


# -- every kind, every way -----------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__qualname__)
def test_every_kind_is_shown_as_it_promises(kind, way):
    """In the ways that its class inherits, and in no other."""
    function = getattr(display, way)
    registered = function.dispatch(kind) is not function.dispatch(object)

    assert registered == issubclass(kind, WAYS[way])


def test_the_kinds_are_all_here():
    """Were none found, the test above would say nothing."""
    assert {Cap, CapSet, CapDiff, StateDiff, live.Scan, live.Snapshot, Request, policy.Findings} <= set(KINDS)


def test_a_value_asks_display():
    """Its methods are the functions of display."""
    caps = CapSet(["kill"])

    assert caps._repr_html_() == display.html(caps)
    assert checked(display.html(caps))
    assert caps.to_records() == display.records(caps)
    assert isinstance(display.records(caps), Records)


# -- as text -------------------------------------------------------------------------------------

FILES = FileCaps(permitted=["kill"], effective=True)
SEVEN = dedent(f"""\
    Process 7: w\\x1b
    user 0; group real 0, effective 1, saved 0, fs 0; no_new_privs is set; seccomp filter; user namespace not known
    effective: {", ".join(DOCKER_DEFAULT.names())}
    permitted: {", ".join(DOCKER_DEFAULT.names())}
    inheritable: none
    bounding: {", ".join(DOCKER_DEFAULT.names())}
    ambient: none""")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Cap.KILL, "CAP_KILL (5): Send signals to any process."),
        (Cap(63), f"capability 63: {Cap(63).info.summary}"),
        (CapSet(["kill", 63]), "CAP_KILL, 63"),
        (CapDiff.parse("+kill -chown"), "+CAP_KILL -CAP_CHOWN"),
        (CapDiff(), "no difference"),
        (CapState(permitted=["kill"]).diff(CapState()), "permitted: -CAP_KILL"),
        (StateDiff(), "no difference"),
        (
            CapState(effective=["kill"]),
            "effective: CAP_KILL\npermitted: none\ninheritable: none\nbounding: none\nambient: none\n"
            f"! no thread can have these: {CapState(effective=['kill']).violations()[0]}",
        ),
        (
            FILES,
            "permitted: CAP_KILL\ninheritable: none\neffective bit: on\ncounts: in every user namespace\nrevision: 2",
        ),
        (
            FileCaps(inheritable=["kill"], rootid=5),
            "permitted: none\ninheritable: CAP_KILL\neffective bit: off\ncounts: where user 5 is root\nrevision: 3",
        ),
        (status("w\x1b"), SEVEN),
        (status(tgid=3), SEVEN.replace("w\\x1b", "web").replace("Process 7", "Thread 7 of process 3")),
        (live.Snapshot([]), "no process"),
        (
            live.Snapshot(
                [status("w\n"), status(caps=CapState(), user_ns=5)],
                denied=[AccessDeniedError("/proc/98/status", 98)],
                malformed=[StatusError("/proc/5/status", "Uid", "four numbers", 9, "\x1b")],
            ),
            "7 w\\n: Docker's default\n"
            "7 web: none (in user namespace 5, and counts only there and below)\n"
            "! 1 may not be read: 98\n"
            "! /proc/5/status:9: Uid: expected four numbers, got '\\\\x1b'",
        ),
        (
            engines.get("runc"),
            f"runc's template (runc spec), {engines.get('runc').releases[0]}: 3 by default: "
            "CAP_KILL, CAP_NET_BIND_SERVICE, CAP_AUDIT_WRITE",
        ),
        (engines.versions("runc")[:0], "no version"),
        (
            Request(),
            "add: none\ndrop: none\nprivileged: no\nuser: the image's own\nno_new_privs: not set",
        ),
        (
            Request(
                add=["KILL", "\x1b"],
                drop=["ALL"],
                privileged=True,
                user="5\n",
                no_new_privs=True,
                problems=[Problem(rule="x", place="cap_add[1]", value="\x1b", verdict="refused", message="no \x1b")],
            ),
            "add: KILL, \\x1b\ndrop: ALL\nprivileged: yes\nuser: 5\\n\nno_new_privs: set\n"
            "! cap_add[1]: refused: no \\x1b",
        ),
        (DOCKER[:0], "no engine that capset knows explains these sets"),
        (EXPLAINED, str(EXPLAINED)),
        (WHY, str(WHY)),
        (kernel.histories(USER), "\n".join(map(str, kernel.histories(USER)))),
        (NO_HISTORY, "none of the usual histories ends with just these sets"),
        (policy.pod_security(pod()), "the rule about capabilities allows it; the other rules were not looked at"),
        (compare(a=["kill"], b=[]), str(compare(a=["kill"], b=[]))),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__qualname__,
)
def test_text(value, text):
    """What it says, with nothing in it that acts on a terminal."""
    assert display.text(value) == text
    assert all(line.isprintable() for line in text.split("\n"))


def test_text_of_engines():
    """A line for each stretch of releases of an engine, as for the engine itself; of a match, what it stands for."""
    first, *_, last = display.text(engines.versions("docker")).splitlines()
    default = f": 14 by default: {', '.join(DOCKER_DEFAULT.names())}"

    assert first.startswith("Docker Engine, 0.1.0 to 0.5.x: 25 by default: CAP_CHOWN, ")
    assert last == display.text(engines.get("docker"))
    assert last.endswith(default)
    match = next(match for match in DOCKER if match.engine.name == "docker")
    assert f"\n{display.text(match)}\n" in f"\n{display.text(DOCKER)}\n"
    assert display.text(match).startswith("Docker Engine, ")
    assert display.text(match).endswith(": nothing asked for; container of root")
    user = engines.recognise(engines.get("docker").container(add=["SYS_ADMIN"], uid=1))
    assert any(
        line.endswith("--cap-add=SYS_ADMIN; container of another user") for line in display.text(user).split("\n")
    )
    everything = engines.recognise(engines.get("docker").container(privileged=True))
    assert "; container of root, or privileged\n" in f"{display.text(everything)}\n"


def test_text_of_scans(host):
    """What they read, once and for all."""
    scan = live.scan(proc=host)

    assert display.text(scan) == "1 sh: Docker's default\n7 cat: Docker's default"
    assert display.records(scan) == display.records(scan.snapshot())
    assert len(list(scan)) == 2, "looking takes nothing away"


@pytest.mark.linux
def test_text_of_scans_of_files(tmp_path, monkeypatch):
    """A file may be named as it likes."""
    (tmp_path / "files").mkdir()
    nothing = live.scan_files(tmp_path / "files")
    assert display.text(nothing) == f"no file under {tmp_path}/files has capabilities"
    (tmp_path / "files" / "a\n").touch()
    monkeypatch.setattr("capset.live.files.file_caps", lambda path, **_: FILES)
    assert display.text(live.scan_files(tmp_path / "files")) == (
        f"{tmp_path}/files/a\\n: permitted: CAP_KILL; inheritable: none; effective bit: on; "
        "counts: in every user namespace; revision: 2"
    )


def test_text_of_findings():
    """A line for each."""
    found = policy.pod_security(pod("BPF", "\x1b"))
    lines = display.text(found).split("\n")

    assert len(lines) == len(found) == 2
    assert all(line.isprintable() for line in lines)
    assert "BPF" in lines[0]


# -- types of others -----------------------------------------------------------------------------


class Theirs:
    """A type of another package, which can be shown."""

    def __repr__(self):
        return "theirs"


class More(Theirs):
    """A type that is one of those."""


def test_another_package_registers_its_type():
    """For its subclasses as well; the other ways stay unknown."""
    display.text.register(Theirs)(repr)

    assert display.text(Theirs()) == display.text(More()) == "theirs"
    with pytest.raises(TypeError, match=r"^display\.html\(\) has nothing for values of the type .*\.Theirs; "):
        display.html(Theirs())


@pytest.mark.parametrize(
    ("given", "got"), [((repr,), "<built-in function repr>"), (("x",), "'x'"), ((int, repr), "<class 'int'>, <built")]
)
@pytest.mark.parametrize("way", WAYS)
def test_registering_without_the_type_alone(way, given, got):
    """A decorator without its argument gets the function; the error says how it is called."""
    with pytest.raises(TypeError) as caught:
        getattr(display, way).register(*given)
    told = f"display.{way}.register(TheirType) is a decorator, and takes the type alone, got {got}"
    assert str(caught.value).startswith(told)


def test_a_subclass_of_ours_is_shown_as_ours():
    """Also where its module is another's."""

    class Own(CapState):
        pass

    assert display.text(Own()) == display.text(CapState())
    assert checked(Own()._repr_html_())[0].caption == "The five sets of a thread"
    display.text.register(Own)(lambda _: "my own")
    assert display.text(Own()) == "my own"
    assert display.text(CapState()) != "my own"


def python(code):
    """Return what some code prints, in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", dedent(code)], check=True, capture_output=True, encoding="utf-8", cwd=ROOT
    ).stdout


ROOT = capset.__path__[0].removesuffix("capset")


@pytest.mark.parametrize("first", ["", "display.text(CapSet())"])
def test_what_another_package_registers_for_a_type_of_ours_counts(first):
    """Whether ours has been loaded before or not; other types of ours stay as they are."""
    printed = python(f"""\
        from capset import Cap, CapSet, display
        {first}
        @display.text.register(CapSet)
        def mine(caps):
            return "mine"
        print(display.text(CapSet()), display.text(Cap.KILL), sep="\\n")
    """)

    assert printed.splitlines() == ["mine", display.text(Cap.KILL)]


@pytest.mark.parametrize("way", WAYS)
def test_a_type_that_nobody_has_registered(way):
    """The error names the type, and what to do."""
    with pytest.raises(TypeError) as caught:
        getattr(display, way)(5)
    assert str(caught.value) == (
        f"display.{way}() has nothing for values of the type int; "
        f"register a function for it with @display.{way}.register(int)"
    )


def test_a_value_of_ours_that_is_no_rows():
    """The same error."""
    with pytest.raises(
        TypeError, match=r"^display\.records\(\) has nothing for values of the type capset\.filecaps\.File"
    ):
        display.records(FILES)


@pytest.mark.parametrize("way", WAYS)
def test_a_function_by_type_is_pickled(way):
    """By its name, as functions are, for pools of processes."""
    function = getattr(display, way)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(function, protocol)) is function
    assert copy.deepcopy(function) is function


def test_the_class_of_a_value():
    """A class is given where a value was meant; there is nothing to register for the class of a class."""
    with pytest.raises(TypeError) as caught:
        display.text(CapSet)
    assert str(caught.value) == "display.text() takes a value, got <class 'capset.sets.CapSet'>, which is a type"


def test_display_is_a_name_of_the_package():
    """Before a value was shown as well as after."""
    assert python("import capset; print(capset.display.text(capset.CapSet(['kill'])))") == "CAP_KILL\n"


def test_a_function_by_type_is_a_function():
    """It has a name and a docstring."""
    assert isinstance(display.html, ByType)
    assert display.html.__name__ == "html"
    assert display.html.__doc__.startswith("Show a value as HTML")


# -- what loads ----------------------------------------------------------------------------------


def loaded(code):
    """Return the modules that are loaded after some code."""
    return set(python(f"{code}\nimport sys\nprint(*sys.modules)").split())


SET = "from capset import CapSet, display; caps = CapSet(['kill']); "


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("caps._repr_html_()", {"as_html", "as_html.sets", "as_html.capability", "as_html.judging", "as_html.markup"}),
        ("caps.to_records()", {"as_records", "as_records.sets"}),
        ("display.text(caps)", {"as_text", "as_text.sets"}),
    ],
)
def test_a_set_loads_no_pictures_of_others(code, modules):
    """Neither do any of those that have processes, containers and the kernel's rules as their subject."""
    found = loaded(SET + code)

    assert {name for name in found if name.startswith("capset.display.as_")} == {f"capset.display.{m}" for m in modules}
    rooms = {name.split(".")[1] for name in found if name.startswith("capset.") and name.count(".") > 1}
    assert rooms <= {"display"}
    assert not {"matplotlib", "numpy", "pandas", "rich"} & found


def test_a_value_loads_no_display():
    """Before it is shown."""
    found = loaded(SET.replace(", display", "") + "caps | {1}")

    assert not {name for name in found if name.startswith("capset.display")}
