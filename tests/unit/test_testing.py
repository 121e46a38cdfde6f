"""capset.testing: which types Hypothesis knows, and what the assertions say."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import inspect
import json
import os
import subprocess
import sys
import unittest
import zipfile
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

import attrs
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import capset
from capset import DOCKER_DEFAULT, Cap, CapSet, CapState, Ids, documents, engines, kernel, live, testing
from capset.engines import Request
from capset.errors import ArgumentError, ContainerError, PidError, UnknownCapabilityError, UnknownRuleError
from capset.formats.printed import Printed
from capset.live.containers import Container
from capset.shown import Tabular
from capset.testing import assertions, registration
from capset.testing.assertions import assert_caps, assert_document
from capset.testing.registration import NOT_DRAWN, STRATEGIES
from capset.testing.strategies import kernel as kernel_strategies
from tests import public
from tests.extras import needs

ROOT = Path(capset.__file__).parent
DOCKER = engines.get("docker")

testing.register()

# -- what is registered ----------------------------------------------------------------------------


def public_types():
    """Return every public type by its name, but for errors, protocols, and what others are based on."""
    named = {(module, name) for module in public.MODULES for name in importlib.import_module(module).__all__}
    found = {
        f"{module}.{name}": getattr(importlib.import_module(module), name)
        for module, name in named | public.documented()
    }
    types = {name: kind for name, kind in found.items() if inspect.isclass(kind) and kind.__module__ != "builtins"}
    bases = {base for kind in types.values() for base in kind.__mro__[1:]}
    others = {
        kind for kind in types.values() if issubclass(kind, BaseException) or getattr(kind, "_is_protocol", False)
    }
    return {name: kind for name, kind in types.items() if kind not in bases | others}


def named_in(table):
    """Return the types of a table by their names; where there is no NumPy, without those that need it."""
    if importlib.util.find_spec("numpy") is None:
        table = {module: names for module, names in table.items() if not module.startswith("capset.arrays.")}
    return {
        f"{module}.{name}": getattr(importlib.import_module(module), name)
        for module, names in table.items()
        for name in names
    }


REGISTERED = named_in(STRATEGIES)
REFUSED = named_in(NOT_DRAWN)


def test_every_public_type_has_a_strategy():
    """A new one is put into a table of registration.py; no name of a table is one of something else."""
    needs("fleet")  # whose part has types too, as that of arrays has
    listed = {**REGISTERED, **REFUSED}

    assert {name for name, kind in public_types().items() if kind not in listed.values()} == set()
    assert all(f"{kind.__module__}.{kind.__qualname__}" == name for name, kind in listed.items())
    assert not REGISTERED.keys() & REFUSED.keys()
    assert len(REGISTERED) > 60


@pytest.mark.parametrize("asked", [lambda kind: kind, lambda kind: kind | None], ids=["itself", "in a union"])
@pytest.mark.parametrize("kind", [live.Scan, live.FileScan], ids=str)
def test_what_reads_a_system_is_not_drawn(kind, asked):
    """Said before anything is read, with what is drawn instead; what it is based on is drawn as ever."""
    told = rf"a live\.{kind.__name__} reads a system, and so none is drawn: draw what it finds, live\.(\w+)"
    with pytest.raises(ArgumentError, match=told) as caught:
        st.from_type(asked(kind)).validate()
    assert caught.value.value is kind
    assert kind in REFUSED.values()
    assert getattr(live, str(caught.value).rpartition(".")[2]) in REGISTERED.values()
    st.from_type(Tabular).validate()


def test_each_function_is_there():
    """Of each strategy, and it is among the names of its module."""
    for names in STRATEGIES.values():
        for strategy in names.values():
            home, _, name = strategy.partition(".")
            assert name in importlib.import_module(f"capset.testing.strategies.{home}").__all__


FEW = settings(max_examples=40, deadline=None)
SOME = settings(max_examples=5, database=None, deadline=None, suppress_health_check=list(HealthCheck))


class Job(NamedTuple):
    caps: CapSet
    state: CapState | None


def test_unions_and_fields():
    """Other people's types have ours in them."""

    @SOME
    @given(st.builds(Job), st.from_type(Cap | None))
    def test(job, cap):
        assert job.state is None or job.state.violations() == []
        assert cap is None or isinstance(cap, Cap)

    test()


def alone(code, *path):
    """Run code in an interpreter of its own, and return what it prints."""
    env = {"PYTHONPATH": ":".join([*map(str, path or [ROOT.parent]), *filter(None, sys.path)]), "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nobody_pays_for_what_is_not_used():
    """Importing capset and the assertions loads no Hypothesis, and registering nothing of capset."""
    assert alone("import sys, capset.testing.assertions; print('hypothesis' in sys.modules)") == "False"
    ours = "print(*sorted(name for name in sys.modules if name.startswith('capset') and name.count('.')))"
    before = "import sys; from capset.testing.registration import register; before = set(sys.modules); register()"

    assert "capset.state" not in alone(f"{before}\n{ours}")


def archived(folder):
    """Put capset into a zip."""
    archive = folder / "capset.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in ROOT.rglob("*"):
            if path.suffix != ".pyc" and path.is_file():
                zipped.write(path, path.relative_to(ROOT.parent))
    return archive


def test_a_module_that_is_imported_later(tmp_path):
    """Its types are known then, and nothing is seen of that on the module; from a zip too."""
    code = """
from capset.testing.registration import register
register(); register()
import sys
from hypothesis import strategies as st, given, settings
from capset import state
assert 'capset.diff' not in sys.modules
@settings(database=None, max_examples=20)
@given(st.from_type(state.CapState))
def test(value):
    assert value.violations() == []
test()
print(type(state.__loader__).__name__, state.__loader__ is state.__spec__.loader, end=' ')
print([type(finder).__name__ for finder in sys.meta_path].count('_Finder'))
"""
    assert alone(code) == "SourceFileLoader True 1"
    assert alone(code, archived(tmp_path)) == "zipimporter True 1"


ASKED_OF_A_SPEC = """
from capset.testing.registration import register
register()
import copy, importlib.resources, importlib.util, inspect, linecache, pkgutil, runpy, sys
name = 'capset.ids'
spec = importlib.util.find_spec(name)
assert name not in sys.modules
assert 'class Ids' in spec.loader.get_source(name)
assert spec.loader.is_package(name) is False
assert spec.loader.get_code(name).co_filename == spec.origin == spec.loader.get_filename(name)
linecache.lazycache('no-file.py', {'__name__': name, '__loader__': spec.loader})
assert any('class Ids' in line for line in linecache.getlines('no-file.py'))
assert not hasattr(spec.loader, 'no_such_name')
assert copy.copy(spec.loader).get_source(name) == spec.loader.get_source(name)
assert runpy.run_module(name)['Ids'](1, 2, 3, 4).saved == 3
assert pkgutil.get_data(name, 'py.typed') == b''
module = importlib.util.module_from_spec(spec)
assert 'class Ids' in inspect.getsource(module)
spec.loader.exec_module(module)
assert 'four user ids' in inspect.getsource(module.Ids)
from capset import live
assert 'class Scan' in inspect.getsource(live.Scan)
assert importlib.resources.files('capset.live').joinpath('scanning.py').is_file()
assert {'ids', 'testing'} <= {each.name for each in pkgutil.iter_modules(sys.modules['capset'].__path__)}
"""


def test_a_spec_answers_as_ever(tmp_path):
    """Whoever asks for the source, code or files of a module before it is loaded is answered; from a zip too."""
    alone(ASKED_OF_A_SPEC)
    alone(ASKED_OF_A_SPEC, archived(tmp_path))


def test_a_loader_has_what_its_own_has(monkeypatch):
    """And nothing besides; a copy of it too."""
    monkeypatch.delitem(sys.modules, "capset.ids")
    loader = importlib.util.find_spec("capset.ids").loader

    assert isinstance(loader, registration._Loader)
    for each in (loader, copy.copy(loader)):
        assert "class Ids" in each.get_source("capset.ids")
        assert not hasattr(each, "no_such_name")


def test_a_loader_loads_by_its_own(monkeypatch):
    """It is not seen of the module, and the types of that are registered; so is nothing of one that is not loaded."""
    monkeypatch.delitem(sys.modules, "capset.ids")
    testing.register()
    spec = importlib.util.find_spec("capset.ids")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.__loader__ is module.__spec__.loader
    assert not isinstance(module.__loader__, registration._Loader)
    assert isinstance(find(st.from_type(module.Ids), lambda _ids: True), Ids)


def test_finders_of_old_are_passed_over():
    """One that has no find_spec() is for Python to ask."""
    code = """
from capset.testing.registration import register
import sys
class Old:
    def find_module(self, name, path=None): pass
sys.meta_path.insert(0, Old())
register()
from capset import state
print(state.__name__)
"""
    assert alone(code) == "capset.state"


def test_what_is_not_there_is_not_found():
    """The finder finds nothing that nobody else finds, and is asked for nothing else."""
    finder = next(each for each in sys.meta_path if isinstance(each, registration._Finder))

    assert finder.find_spec("json", None) is None
    assert finder.find_spec("capset.state", []) is None


def test_a_module_that_has_begun_to_load(monkeypatch):
    """What it does not have yet is told when it is imported to its end."""
    import types

    monkeypatch.setitem(sys.modules, "capset.state", types.ModuleType("capset.state"))
    testing.register()


def test_the_entry_point():
    """Hypothesis finds the function by it, where this version is what is installed."""
    text = (Path(__file__).parent.parent.parent / "pyproject.toml").read_text("utf-8")
    assert '[project.entry-points.hypothesis]\ncapset = "capset.testing.registration:register"\n' in text
    for entry in entry_points(group="hypothesis", name="capset"):
        assert entry.load() is registration.register


def test_without_hypothesis(monkeypatch):
    """What to install is told when something is drawn; the assertions work."""
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    for name in [name for name in sys.modules if name.startswith("capset.testing.strategies")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(vars(testing), "caps", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"drawing values needs hypothesis: pip install 'capset\[testing\]'"):
        testing.caps  # noqa: B018
    assert_caps(CapState(), effective="")


# -- what is drawn ---------------------------------------------------------------------------------


def smallest(strategy, holds):
    """Return what a failing example shrinks to."""
    return find(
        strategy,
        holds,
        settings=settings(database=None, derandomize=True, max_examples=2000, phases=set(Phase) - {Phase.reuse}),
    )


@pytest.mark.parametrize(
    ("holds", "shrunk"),
    [
        (lambda caps: True, ""),
        (bool, "chown"),
        (lambda caps: len(caps) > 2, "chown,dac_override,dac_read_search"),
        (lambda caps: "net_admin" in caps, "net_admin"),
        (lambda caps: {"kill", "checkpoint_restore"} <= caps, "kill,checkpoint_restore"),
        (lambda caps: caps.unknown, "41"),
        (lambda caps: caps >= CapSet.all(), "all"),
    ],
)
def test_sets_shrink(holds, shrunk):
    """To the fewest members, and to low numbers where any will do."""
    assert smallest(testing.capsets(), holds) == CapSet.parse(shrunk)


def test_states_shrink():
    """To the fewest members of the fewest sets."""
    assert smallest(testing.states(known=True), lambda state: state.ambient) == CapState(
        permitted=["chown"], inheritable=["chown"], ambient=["chown"]
    )
    assert smallest(testing.unlawful_states(), lambda state: True) == CapState(effective=["chown"])
    assert smallest(testing.requests(), lambda request: request.drop).drop == ("CHOWN",)
    podman = engines.get("podman", "4.0")
    assert smallest(testing.requests(podman), lambda request: request.add) == Request(add=("CHOWN",))


def test_all_kinds_of_sets_are_drawn():
    """Empty ones, full ones, and such as lack a few."""
    seen = [len(caps) for caps in drawn(testing.capsets(), 200)]

    for size in (range(1), range(1, 4), range(25, 40), range(59, 64), range(64, 65)):
        assert any(each in size for each in seen)


def drawn(strategy, examples):
    """Return what is drawn, the same at each run."""
    seen = []

    @settings(SOME, max_examples=examples, derandomize=True, phases=[Phase.generate])
    @given(strategy)
    def look(value):
        seen.append(value)

    look()
    return seen


@pytest.mark.parametrize(
    ("bounds", "sizes"),
    [
        ({"min_size": 1}, (range(1, 2), range(2, 5), range(25, 40), range(60, 64), range(64, 65))),
        ({"min_size": 20}, (range(20, 21), range(21, 24), range(36, 48), range(60, 64), range(64, 65))),
        ({"min_size": 60}, (range(60, 61), range(61, 63), range(63, 64), range(64, 65))),
        ({"max_size": 63}, (range(1), range(1, 4), range(25, 40), range(59, 63), range(63, 64))),
        ({"max_size": 20}, (range(1), range(1, 4), range(7, 13), range(17, 20), range(20, 21))),
        ({"max_size": 3}, (range(1), range(1, 2), range(2, 3), range(3, 4))),
        ({"min_size": 5, "max_size": 5}, (range(5, 6),)),
    ],
    ids=str,
)
def test_all_kinds_of_sets_of_given_sizes_are_drawn(bounds, sizes):
    """The smallest, the largest, and such between, of which each capability is in some and no one in all."""
    seen = drawn(testing.capsets(**bounds), 400)

    for size in sizes:
        assert any(len(caps) in size for caps in seen), size
    assert all(bounds.get("min_size", 0) <= len(caps) <= bounds.get("max_size", 64) for caps in seen)
    assert CapSet().union(*seen) == CapSet.all(63)
    assert CapSet.all(63).intersection(*seen) == CapSet()


@pytest.mark.parametrize(
    ("bounds", "holds", "shrunk"),
    [
        ({"min_size": 2}, lambda caps: True, "chown,dac_override"),
        ({"min_size": 2}, lambda caps: "net_admin" in caps, "chown,net_admin"),
        ({"min_size": 1}, lambda caps: len(caps) > 2, "chown,dac_override,dac_read_search"),
        ({"max_size": 3}, bool, "chown"),
        ({"max_size": 3}, lambda caps: "kill" in caps and len(caps) > 1, "chown,kill"),
        ({"min_size": 63}, lambda caps: "chown" not in caps, CapSet.all(63) - {"chown"}),
        ({"min_size": 64}, lambda caps: True, CapSet.all(63)),
    ],
    ids=str,
)
def test_sets_of_given_sizes_shrink(bounds, holds, shrunk):
    """As any others do, and what has to be there beside is low."""
    assert smallest(testing.capsets(**bounds), holds) == CapSet.parse(str(shrunk))


@FEW
@given(
    testing.capsets(known=True),
    testing.capsets(within=["kill", 63], known=True),
    testing.capsets(within=[]),
    testing.capsets(min_size=2, max_size=3),
    testing.capsets(min_size=63),
    testing.capsets(max_size=0),
)
def test_arguments_of_sets(known, within, none, some, most, empty):
    """They are kept to."""
    assert known <= CapSet.all()
    assert within <= {"kill"}
    assert none == empty == CapSet()
    assert 2 <= len(some) <= 3
    assert len(most) >= 63


@pytest.mark.parametrize(
    "sizes", [{"min_size": 65}, {"min_size": -1}, {"min_size": 3, "max_size": 2}, {"max_size": -1}]
)
def test_impossible_sizes(sizes):
    """There are no such sets."""
    with pytest.raises(ArgumentError, match=r"there are no sets of -?\d+ to (None|-?\d+) of 64 capabilities"):
        testing.capsets(**sizes)


@FEW
@given(testing.states(), testing.states(known=True), testing.states(lawful=False), testing.states(lawful=None))
def test_states(lawful, known, unlawful, any):
    """Lawful ones break no rule, and the others at least one."""
    assert lawful.violations() == known.violations() == []
    assert unlawful.violations()
    assert all(getattr(known, name) <= CapSet.all() for name in ("permitted", "inheritable", "bounding"))
    assert isinstance(any, CapState)


@SOME
@given(st.data())
def test_requests_of_engines(data):
    """Each engine takes what is drawn for it."""
    engine = data.draw(testing.engines())
    request = data.draw(testing.requests(engine))

    assert engine.container(request).violations() == []


@pytest.mark.parametrize("name", engines.names())
def test_requests_of_every_engine(name):
    """And of each there are some, that ask for something where it has an option for it."""
    engine = engines.get(name)
    seen = drawn(testing.requests(engine), 30)
    options = engine.judge.rules.options
    assert any(request.add for request in seen) == bool(options.add)
    assert any(request.drop for request in seen) == bool(options.drop)
    assert not any(request.privileged for request in seen) or options.privileged


@pytest.mark.parametrize("engine", [era for name in engines.names() for era in engines.versions(name)], ids=str)
def test_an_engine_takes_what_is_drawn_for_it(engine):
    """Each of its eras, without anything being thrown away, which would be slow."""
    for request in drawn(testing.requests(engine), 40):
        assert engine.container(request).violations() == []


def test_what_people_ask_most():
    """ALL dropped and some added, in a tenth at least of what is drawn; and longer lists than one writes by hand."""
    for strategy in (testing.requests(DOCKER), testing.requests()):
        seen = drawn(strategy, 300)
        most = [each for each in seen if each.drop == ("ALL",) and each.add and "ALL" not in each.add]
        assert len(most) >= len(seen) / 10
        assert any(not each.drop for each in most + seen)
        for side in ("add", "drop"):
            lists = [getattr(each, side) for each in seen]
            assert any(len(names) > 5 for names in lists)
            assert any("ALL" in names and len(names) > 1 for names in lists)
            assert any(names and "ALL" not in names for names in lists)


def test_releases_are_those_that_are_read():
    """Of each series from the oldest to the newest of which the rules are known, which comes first."""
    seen = {tuple(map(int, release.split(".")[:2])) for release in drawn(testing.releases(), 1000)}

    assert max(seen) == tuple(map(int, kernel.NEWEST.read_to.split(".")))
    assert min(seen) == (3, 10)
    assert {major for major, _ in seen} == {3, 4, 5, 6, 7}
    assert smallest(testing.releases(), lambda release: True) == f"{kernel.NEWEST.read_to}.0"


@pytest.mark.parametrize(
    ("read_to", "newest"),
    [("8.3", ["8.3", "8.2", "8.1", "8.0", "7.19"]), ("7.0", ["7.0", "6.19"]), ("7.2.5", ["7.2", "7.1"])],
)
def test_series_come_with_the_data(read_to, newest, monkeypatch):
    """A later release that is read is drawn by that alone."""
    monkeypatch.setattr(kernel_strategies, "load", lambda name: {"oldest": "3.10", "read_to": read_to})
    series = kernel_strategies._series.__wrapped__()

    assert series[: len(newest)] == newest
    assert series[-2:] == ["3.11", "3.10"]
    assert len(set(series)) == len(series)


def test_arguments_of_strategies():
    """What is none is refused, with what there is."""
    with pytest.raises(TypeError, match="an Engine, as "):
        testing.requests("docker")
    with pytest.raises(LookupError, match="unknown container engine 'dokcer'"):
        testing.engines("dokcer")
    with pytest.raises(ArgumentError, match=r"a dialect of which texts are drawn \(docker, .*\), got 'ecs'"):
        testing.documents("compose", "ecs")


@SOME
@given(st.data())
def test_documents_are_read(data):
    """Each in its dialect, and most without being told in which."""
    dialect = data.draw(
        st.sampled_from(["docker", "podman", "compose", "kubernetes", "systemd", "oci", "libcap", "iab", "status"])
    )
    text = data.draw(testing.documents(dialect))

    assert {workload.dialect for workload in documents.read(text, dialect=dialect)} == {dialect}
    assert {workload.dialect for workload in [data.draw(testing.workloads(dialect))]} == {dialect}


@FEW
@given(testing.statuses(), testing.status_texts())
def test_statuses(status, text):
    """Their text is read back as it was."""
    from capset.testing.strategies.live import status_text

    again = live.parse_status(status_text(status).encode("utf-8", "surrogateescape"))
    assert attrs.evolve(again, user_ns=status.user_ns) == status
    assert live.parse_status(text)


def test_statuses_of_older_kernels():
    """Before Linux 4.10 there is no row of no_new_privs, before 4.3 none of the ambient set, and often no seccomp."""
    texts = drawn(testing.status_texts(), 300)
    printed = {frozenset(line.partition(":")[0] for line in text[:-1].split("\n")) for text in texts}
    later = {"CapAmb", "NoNewPrivs", "Seccomp"}

    assert {labels & later for labels in printed} == {
        frozenset(labels)
        for labels in ([], ["Seccomp"], ["CapAmb"], ["CapAmb", "Seccomp"], ["CapAmb", "NoNewPrivs"], later)
    }
    [some, *_] = printed
    assert all(labels - later == some - later for labels in printed)
    empty = [text for text in texts if "CapAmb" not in text]
    assert not any(live.parse_status(text).caps.ambient for text in empty)
    assert any(live.parse_status(text).caps.permitted for text in empty)


def test_what_tools_print():
    """Of masks and of files."""
    seen = drawn(st.from_type(Printed), 60)

    assert {(each.file_caps is None, each.state is None) for each in seen} == {(True, False), (False, True)}
    assert not any(
        each.problems or each.not_known for each in seen if not (each.state and each.state.effective.unknown)
    )


def test_rows_of_status_files():
    """Any may lack; of a whole file those alone that not every kernel prints."""
    rows = drawn(st.from_type(live.StatusRows), 300)
    lacking = [{each.name for each in attrs.fields(live.StatusRows) if getattr(row, each.name) is None} for row in rows]

    assert {"pid", "name", "uids", "bounding", "ambient", "no_new_privs"} <= set().union(*lacking)
    later = {"ambient", "no_new_privs", "seccomp", "user_ns"}
    whole = [names for row, names in zip(rows, lacking, strict=True) if row.whole]
    assert any("ambient" in names for names in whole)
    assert all(names <= later for names in whole)


# -- assertions ------------------------------------------------------------------------------------


def said(call, *args, **named):
    """Return what a failing assertion says."""
    with pytest.raises(AssertionError) as caught:
        call(*args, **named)
    assert caught.value.__cause__ is None
    return str(caught.value)


ROWS = "Name:\tweb\x1b\nCapPrm: 0000000000000400\nCapEff: 0000000000000400\n"


@pytest.mark.parametrize(
    ("thread", "asked"),
    [
        (DOCKER.container(), {"effective": DOCKER_DEFAULT, "beyond": DOCKER, "lacks": "sys_admin,41"}),
        (DOCKER.container(uid=1000), {"effective": "", "permitted": (), "bounding": DOCKER.default, "holds": []}),
        (DOCKER.container(), {"holds": ["kill", Cap.CHOWN], "beyond": DOCKER.container(["SYS_TIME"])}),
        (DOCKER.container(), {"beyond": CapSet.all(), "ambient": [], "inheritable": []}),
        (DOCKER.credentials(no_new_privs=True), {"no_new_privs": True, "beyond": "all"}),
        (DOCKER.credentials(), {"no_new_privs": False, "beyond": DOCKER.credentials(privileged=True)}),
        (live.parse_rows(ROWS)[0], {"effective": [10], "holds": "net_bind_service"}),
        (documents.lint(documents.read("docker run a")).outcomes[0], {"effective": DOCKER_DEFAULT, "beyond": DOCKER}),
    ],
)
def test_what_holds(thread, asked):
    """Says nothing."""
    assert assert_caps(thread, **asked) is None


STATE = CapState(permitted=["kill", "net_raw"], effective=["kill"], bounding=["kill", "net_raw", 63])


@pytest.mark.parametrize(
    ("thread", "asked", "told"),
    [
        (
            STATE,
            {"effective": "chown"},
            "the thread is not as expected\n"
            "  effective: has 1 more than expected, lacks 1\n"
            "    + CAP_KILL  Send signals to any process.\n"
            "    - CAP_CHOWN  Change the owner and the group of any file.",
        ),
        (
            STATE,
            {"permitted": "", "bounding": "kill,net_raw,63,41"},
            "the thread is not as expected\n"
            "  permitted: has 2 more than expected\n"
            "    + CAP_KILL  Send signals to any process.\n"
            "    + CAP_NET_RAW  Send and receive raw network packets.\n"
            "  bounding: lacks 1\n"
            "    - 41  Newer than this version of capset, which knows those up to CAP_CHECKPOINT_RESTORE (40).",
        ),
        (
            STATE,
            {"holds": "kill,net_raw"},
            "the thread is not as expected\n"
            "  does not hold what it should\n"
            "    - CAP_NET_RAW (effective)  Send and receive raw network packets.",
        ),
        (
            STATE,
            {"lacks": "kill,chown"},
            "the thread is not as expected\n"
            "  has what it should lack\n"
            "    + CAP_KILL (effective, permitted, bounding)  Send signals to any process.",
        ),
        (
            STATE,
            {"beyond": DOCKER},
            "the thread is not as expected\n"
            "  beyond what Docker Engine gives by default\n"
            "    + 63 (bounding)  Newer than this version of capset, which knows those up to CAP_CHECKPOINT_RESTORE "
            "(40).",
        ),
        (
            STATE,
            {"beyond": ["net_raw", 63]},
            "the thread is not as expected\n"
            "  beyond what is allowed\n"
            "    + CAP_KILL (effective, permitted, bounding)  Send signals to any process.",
        ),
        (
            STATE,
            {"beyond": CapState(permitted=["kill", "net_raw"], bounding=[63, "kill", "net_raw"])},
            "the thread is not as expected\n"
            "  beyond the sets that are allowed\n"
            "    + CAP_KILL (effective)  Send signals to any process.",
        ),
        (
            STATE,
            {"no_new_privs": True},
            "the thread is not as expected\n  no_new_privs: expected True, got not known, as five sets do not say",
        ),
        (
            DOCKER.credentials(),
            {"no_new_privs": True},
            "the thread is not as expected\n  no_new_privs: expected True, got False",
        ),
        (
            live.parse_rows(ROWS)[0],
            {"bounding": "", "no_new_privs": False, "holds": "net_bind_service"},
            "web\\x1b is not as expected\n"
            "  bounding: not known, as there is no such row\n"
            "  no_new_privs: expected False, got not known, as there is no such row",
        ),
        (
            live.parse_rows("CapEff: 0000000000000400\n", source="s")[0],
            {"lacks": "kill", "effective": [10]},
            "s is not as expected\n  permitted, inheritable, bounding, ambient: not known, as there is no such row",
        ),
        (
            live.parse_rows("CapPrm: 0000000000000400\n", source="s")[0],
            {"holds": "kill"},
            "s is not as expected\n  effective: not known, as there is no such row",
        ),
        (
            documents.lint(documents.read("cap_kill=p")).outcomes[0],
            {"beyond": "", "no_new_privs": True},
            "the workload is not as expected\n"
            "  bounding, ambient: not known, as its dialect does not say\n"
            "  beyond what is allowed\n"
            "    + CAP_KILL (permitted)  Send signals to any process.\n"
            "  no_new_privs: expected True, got not known, as the document does not say",
        ),
        (
            documents.lint(documents.read("docker run --name web --cap-add X a")).outcomes[0],
            {"effective": ""},
            "web is not as expected\n"
            "  effective: there is none: Docker knows no capability 'X': expected a name such as NET_ADMIN",
        ),
        (
            CapState(effective=[41, 50], permitted=[41, 50]),
            {"lacks": "all"},
            "the thread is not as expected\n"
            "  has what it should lack\n"
            "    + 41 (effective, permitted)  Newer than this version of capset, which knows those up to "
            "CAP_CHECKPOINT_RESTORE (40).\n"
            "    + 50 (effective, permitted)  Newer than this version of capset, which knows those up to "
            "CAP_CHECKPOINT_RESTORE (40).",
        ),
        *(
            (documents.lint(documents.read(text, name)).outcomes[0], {"no_new_privs": flag}, f"{title}{told}")
            for text, name, flag, title, told in [
                (
                    "[Service]\nUser=web\nNoNewPrivileges=yes\nExecStart=+/x\n",
                    "a.service",
                    True,
                    "[Service] is not as expected\n  no_new_privs: expected True, got ",
                    "not known: its command has + in front, and other credentials for that",
                ),
                (
                    "docker run --name w --security-opt $S x",
                    "",
                    False,
                    "w is not as expected\n  no_new_privs: expected False, got ",
                    "not known: a variable decides",
                ),
                (
                    "docker run --name w --cap-add X --security-opt no-new-privileges x",
                    "",
                    True,
                    "w is not as expected\n  no_new_privs: expected True, got ",
                    "there is none: Docker knows no capability 'X': expected a name such as NET_ADMIN",
                ),
            ]
        ),
    ],
)
def test_what_does_not_hold(thread, asked, told):
    """Each difference, with what it means."""
    assert said(assert_caps, thread, **asked) == told


def test_many_capabilities():
    """Eight are told one by one, and of the rest the names."""
    told = said(assert_caps, CapState(bounding=CapSet.all()), bounding="").splitlines()

    assert len(told) == 2 + 8 + 1
    assert told[-1].startswith("    + and 33 more: CAP_SETPCAP, CAP_LINUX_IMMUTABLE, ")


@pytest.mark.skipif(sys.platform != "linux", reason="reads this process")
def test_this_process():
    """By its id, and by the word for it."""
    caps = live.read().caps
    assert_caps("self", effective=caps.effective, bounding=caps.bounding)
    assert_caps("thread-self", permitted=caps.permitted)
    assert_caps(os.getpid(), permitted=caps.permitted, no_new_privs=live.read().no_new_privs)
    assert_caps(live.read(), permitted=caps.permitted)
    named = f"{live.read().name} (pid {os.getpid()}) is not as expected\n  bounding: "
    other = CapSet(["chown"]) ^ caps.bounding
    assert said(assert_caps, "self", bounding=other).startswith(named)
    assert said(assert_caps, live.read(), bounding=other).startswith(named)


def test_a_saved_host(tmp_path):
    """Wherever its files are; an old kernel does not say whether there is no_new_privs."""
    (tmp_path / "7").mkdir()
    lines = ["Name:\tweb", "Tgid:\t7", "Pid:\t7", "PPid:\t1", "Uid:\t0\t0\t0\t0", "Gid:\t0\t0\t0\t0", "Groups:\t "]
    lines += [f"Cap{name}:\t0000000000000000" for name in ("Inh", "Prm", "Eff", "Bnd")]
    (tmp_path / "7/status").write_text("\n".join([*lines, ""]))
    assert_caps(7, bounding="", proc=str(tmp_path))

    unsaid = (
        "web (pid 7) is not as expected\n  no_new_privs: expected False, got not known, as this kernel does not say"
    )
    assert said(assert_caps, 7, no_new_privs=False, proc=str(tmp_path)) == unsaid
    assert said(assert_caps, live.read(7, proc=tmp_path), no_new_privs=False) == unsaid
    gone = said(assert_caps, 8, bounding="", proc=str(tmp_path))
    assert gone.startswith("8 is not as expected\n  not known: ")
    assert "no such process" in gone


STATUS = (
    "Name:\tx\nState:\t{state} (so)\nTgid:\t7\nPid:\t{tid}\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t \n"
)
STATUS += "".join(f"Cap{name}:\t{{caps}}\n" for name in ("Inh", "Prm", "Eff", "Bnd", "Amb"))


def saved(folder, tid=7, state="S", caps="0000000000000000"):
    folder.mkdir(parents=True)
    (folder / "status").write_text(STATUS.format(tid=tid, state=state, caps=caps))


def test_all_threads(tmp_path):
    """One that has kept what the main thread dropped is told, and one that has ended is none."""
    saved(tmp_path / "7")
    saved(tmp_path / "7/task/7")
    (tmp_path / "7/task/8").mkdir()
    assert_caps(7, effective="", lacks="all", proc=str(tmp_path))
    saved(tmp_path / "7/task/9", 9, caps="0000000000000020")

    assert said(assert_caps, 7, permitted="", proc=str(tmp_path)) == (
        "x (pid 7, thread 9) is not as expected\n"
        "  permitted: has 1 more than expected\n"
        "    + CAP_KILL  Send signals to any process."
    )


@pytest.mark.parametrize("state", ["Z", "X"])
def test_what_has_ended(tmp_path, state):
    """It holds nothing any more, and would pass."""
    saved(tmp_path / "7", state=state)
    assert (
        said(assert_caps, 7, lacks="all", proc=str(tmp_path))
        == "x (pid 7) is not as expected\n  not known: it has ended"
    )


@pytest.mark.linux
def test_a_zombie():
    """Such as a server that did not start."""
    with subprocess.Popen([sys.executable, "-c", ""]) as server:
        os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
        told = said(assert_caps, server.pid, lacks="63")
    assert told.endswith(f" (pid {server.pid}) is not as expected\n  not known: it has ended")


def test_a_container(tmp_path, monkeypatch):
    """Its process is found by the engine; that there is none, or that it may be another's, fails."""
    (tmp_path / "7").mkdir()
    text = "Name:\tx\nTgid:\t7\nPid:\t7\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t \n" + "".join(
        f"Cap{name}:\t0000000000000020\n" for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")
    )
    (tmp_path / "7/status").write_text(text)
    found = [Container(engine="docker", name="web", pid=7)]
    monkeypatch.setattr(live, "container", lambda engine, name: found[0])
    with pytest.raises(ArgumentError, match="docker gives a process of this machine, which is not one of /saved"):
        assert_caps("docker:web", effective="kill", proc="/saved")
    read = live.read
    monkeypatch.setattr(live, "read", lambda pid, tid=None, proc="": read(pid, tid=tid, proc=tmp_path))
    monkeypatch.setattr(assertions, "has_ended", lambda _pid, proc: False)
    monkeypatch.setattr(assertions, "threads_of", lambda pid, proc: [pid])
    assert_caps("docker:web", effective="kill")
    assert said(assert_caps, "docker:web", effective="").startswith(
        "docker:web: x (pid 7) is not as expected\n  effective: has 1 more"
    )

    found = [Container(engine="docker", name="web", pid=7, assumed=("it may be another's",))]
    assert said(assert_caps, "docker:web", effective="kill") == (
        "docker:web is not as expected\n  not known: it may be another's: find its process by other means, and give "
        "its pid"
    )

    def none(engine, name):
        raise ContainerError(engine, name, "it does not run")

    monkeypatch.setattr(live, "container", none)
    assert said(assert_caps, "podman:web", effective="") == (
        "podman:web is not as expected\n  not known: podman:web: it does not run"
    )


@pytest.mark.parametrize(
    ("thread", "asked", "error", "told"),
    [
        (CapState(), {}, ArgumentError, r"nothing is asserted: give one of effective, .*, beyond or no_new_privs"),
        ("web", {"effective": ""}, ArgumentError, r'expected a process id, "self", or a container \(docker:NAME, '),
        ("dokcer:web", {"effective": ""}, ArgumentError, "got 'dokcer:web'"),
        (0, {"effective": ""}, PidError, "0"),
        (True, {"effective": ""}, TypeError, "expected five sets"),
        (None, {"effective": ""}, TypeError, "expected five sets"),
        (DOCKER, {"effective": ""}, TypeError, "its container\\(\\) are those"),
        (CapState(), {"effective": "kil"}, ValueError, "kil"),
        (CapState(), {"lacks": ["kil"]}, UnknownCapabilityError, "did you mean CAP_KILL"),
        (CapState(), {"holds": 5}, TypeError, "got 5"),
        (CapState(), {"beyond": 5}, TypeError, "expected five sets"),
        (CapState(), {"no_new_privs": 1}, TypeError, "no_new_privs is True or False, got 1"),
    ],
)
def test_wrong_arguments(thread, asked, error, told):
    """They are errors, and no failures: nothing was looked at."""
    with pytest.raises(error, match=told):
        assert_caps(thread, **asked)


COMPOSE = '{"services": {"web": {"image": "a", "user": "1000", "cap_add": ["NET_RAW"]}, "db": {"image": "b"}}}'


@pytest.mark.parametrize(
    ("document", "asked"),
    [
        ("docker run --cap-drop ALL a", {"gets": ""}),
        (b"docker run --cap-drop ALL a", {"gets": CapState()}),
        (COMPOSE, {"findings": ["needs-root"], "gets": {"web": [], "db": DOCKER_DEFAULT}}),
        (COMPOSE, {"findings": {"needs-root"}, "engine": DOCKER}),
        (COMPOSE, {"findings": None, "gets": {"web": CapState(bounding=DOCKER_DEFAULT), "db": DOCKER.container()}}),
        (documents.read("docker run a"), {"name": "x"}),
        (documents.read("docker run a")[0], {"gets": DOCKER_DEFAULT}),
        (documents.lint(documents.read("docker run a")), {"gets": DOCKER_DEFAULT}),
        ("podman run --user 5 --cap-add KILL a", {"engine": engines.get("podman"), "gets": "kill"}),
        ("[Service]\nUser=5\nAmbientCapabilities=CAP_KILL\n", {"systemd": 252, "gets": "kill"}),
    ],
)
def test_documents_that_are_as_expected(document, asked):
    """Say nothing."""
    assert assert_document(document, **asked) is None


POD = json.dumps({"kind": "Pod", "spec": {"containers": [{"name": "a", "image": "b"}]}})


@pytest.mark.parametrize(
    ("document", "asked", "told"),
    [
        (
            "docker run --cap-add KIL a",
            {"name": "run.sh"},
            "run.sh is not as expected\n"
            "  found, and not expected\n"
            "    run.sh:1:22: unknown-capability: Docker knows no capability 'KIL': did you mean KILL?",
        ),
        (
            "docker run a",
            {"findings": ["needs-root"]},
            "the document is not as expected\n"
            "  expected, and not found\n"
            f"    needs-root: {documents.RULES['needs-root'].meaning}",
        ),
        (
            "docker run --cap-drop ALL --cap-add KILL a",
            {"gets": "chown"},
            "the document is not as expected\n"
            "  the workload: effective: has 1 more than expected, lacks 1\n"
            "    + CAP_KILL  Send signals to any process.\n"
            "    - CAP_CHOWN  Change the owner and the group of any file.",
        ),
        (
            "docker run --cap-drop ALL --cap-add KILL -u 5 --name w a",
            {"findings": None, "gets": CapState(effective=[5])},
            "the document is not as expected\n"
            "  w: effective: lacks 1\n"
            "    - CAP_KILL  Send signals to any process.\n"
            "  w: bounding: has 1 more than expected\n"
            "    + CAP_KILL  Send signals to any process.",
        ),
        (
            COMPOSE,
            {"findings": ["needs-root"], "gets": {"web": "", "vpn": ""}},
            "the document is not as expected\n"
            "  vpn: there is no such workload\n"
            "  db: gets has no 'db', which is its label",
        ),
        (
            "docker run --cap-add X --name w a",
            {"findings": None, "gets": ""},
            "the document is not as expected\n"
            "  w: effective: there is none: Docker knows no capability 'X': expected a name such as NET_ADMIN",
        ),
        (
            '{"services": {}}',
            {"findings": None, "gets": ""},
            "the document is not as expected\n  nothing in it asks for capabilities",
        ),
        *(
            (document, asked, "the document is not as expected\n  nothing in it asks for capabilities")
            for document, asked in [
                ([], {}),
                ([], {"gets": {}}),
                ('{"kind": "ConfigMap"}', {"policy": "restricted"}),
                ('{"kind": "List", "items": []}', {"gets": {}}),
            ]
        ),
        *(
            (document, asked, f"the document is not as expected\n  -:1: option-passed-over: {told}")
            for document, asked, told in [
                ("docker run a", {"policy": "restricted"}, "a policy is about pods, and was passed over for "),
                ("docker run a", {"systemd": 252}, "a release of systemd is about units, and was passed over for "),
                (
                    "[Service]\nUser=0\n",
                    {"engine": DOCKER, "findings": None, "gets": CapSet.all()},
                    "an engine is about ",
                ),
            ]
        ),
        ("hello", {"name": "x\x1b"}, "x\\x1b is not as expected\n  not read: "),
        (
            POD,
            {"policy": "restricted"},
            "the document is not as expected\n  found, and not expected\n    -:1: pod-security-drop: ",
        ),
        (
            documents.read("docker run --cap-add KIL a", "run.sh"),
            {},
            "run.sh is not as expected\n  found, and not expected\n    run.sh:1:22: unknown-capability: ",
        ),
    ],
)
def test_documents_that_are_not(document, asked, told):
    """Each finding with its line, each difference with what it means."""
    assert said(assert_document, document, **asked).startswith(told)


def test_silenced_findings_do_not_count():
    """Nor do notes."""
    line = "docker run -u 5 --cap-add NET_RAW a  # capset: ignore[needs-root] the program has file capabilities"
    assert_document(line)
    assert "needs-root" in said(assert_document, line.partition("#")[0])


@pytest.mark.parametrize(
    ("document", "asked", "error", "told"),
    [
        ("", {"findings": None}, ArgumentError, "nothing is asserted: give findings or gets"),
        ("", {"findings": "needs-root"}, TypeError, r"findings is a list of rules, such as \['needs-root'\]"),
        ("", {"findings": ["needs-rot"]}, UnknownRuleError, "needs-root"),
        (documents.Report(), {"policy": "restricted"}, ArgumentError, "a report is made already: give engine, policy"),
        (5, {}, TypeError, "expected workloads, as documents.read"),
        ("docker run a", {"gets": 5}, TypeError, "got 5"),
        ("docker run a", {"engine": "docker"}, TypeError, "engine is an Engine"),
        ("docker run a", {"policy": "strict"}, ValueError, "baseline or restricted"),
    ],
)
def test_wrong_arguments_about_documents(document, asked, error, told):
    """They are errors, and no failures."""
    with pytest.raises(error, match=told):
        assert_document(document, **asked)


# -- under the runners of tests --------------------------------------------------------------------

FAILING = """
from capset import CapState
from capset.testing import assert_caps, assert_document

{test}
    {indent}assert_caps(99999999, effective="", proc={proc!r})

{test2}
    {indent}assert_document("hello")
"""


def test_under_pytest(tmp_path):
    """The failure is the difference: no frame of capset is shown, and nothing is rewritten."""
    (tmp_path / "test_it.py").write_text(
        FAILING.format(test="def test_caps():", test2="def test_document():", indent="", proc=str(ROOT.parent))
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", tmp_path / "test_it.py"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env={"PYTHONPATH": str(ROOT.parent), "HOME": "/"},
    )  # fmt: skip
    assert "2 failed" in done.stdout
    assert "E       AssertionError: 99999999 is not as expected\nE         not known: " in done.stdout
    assert "assertions.py" not in done.stdout
    assert "During handling" not in done.stdout


def test_under_unittest():
    """A failure and no error, and no line of capset in its traceback."""

    class Test(unittest.TestCase):
        def test_caps(self):
            assert_caps(CapState(bounding=["kill"]), bounding="")

    result = unittest.TestResult()
    Test("test_caps").run(result)

    assert result.errors == []
    [(_, told)] = result.failures
    assert told.endswith("bounding: has 1 more than expected\n    + CAP_KILL  Send signals to any process.\n")
    assert "assertions.py" not in told
