"""Running tests against mutants: a process that has loaded everything but the library forks a child for each."""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import select
import signal
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from types import CodeType, ModuleType

from tests.mutants.mutating import Mutant, compiled, path_of
from tests.mutants.reaching import ASKED, PROFILE

TEST_SECONDS = 20  # of the processor, for one test; a mutant that never ends takes more
WAIT_SECONDS = 600  # of the clock, for one mutant that waits for something
BYTES = 4 << 30

KILLED, TIMED_OUT, SURVIVED, UNREACHED = "killed", "timed out", "survived", "unreached"

# What tests import; that a package is missing here costs time alone.
_WARM = (
    *("attrs", "cattrs", "click.testing", "hcl2", "hypothesis.strategies", "hypothesis.stateful", "jsonschema", "json"),
    *("pydantic", "pytest", "_pytest.pytester", "rich.console", "ruamel.yaml", "tomllib", "rich.progress", "fractions"),
    *("difflib", "inspect", "shlex", "subprocess", "xml.etree.ElementTree", "rich.markdown", "importlib.metadata"),
)


def warm() -> None:
    """Load what children need, the library and its tests aside, so that each of them has it at once."""
    os.environ |= {"CAPSET_PROFILE": PROFILE, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "100"}
    os.environ.pop("CI", None)
    os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"  # capset is one, where it is installed
    sys.dont_write_bytecode = False  # else every child would compile the library and the tests
    for name in _WARM:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    del os.environ["HYPOTHESIS_NO_PLUGINS"]
    gc.freeze()  # what is loaded here is not looked through in each child
    loaded = sorted(name for name in sys.modules if name.split(".")[0] == "capset")
    assert not loaded, f"the library is loaded: {loaded}"


class _Mutated(importlib.machinery.SourceFileLoader):
    code: CodeType

    def get_code(self, fullname: str) -> CodeType:
        return self.code


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the one module that is wrong."""

    def __init__(self, mutant: Mutant) -> None:
        self.module = mutant.module
        self.loader = _Mutated(mutant.module, str(path_of(mutant.module)))
        self.loader.code = compiled(mutant)

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.module:
            return None
        return importlib.util.spec_from_file_location(fullname, self.loader.path, loader=self.loader)


class _Selection:
    """A plugin of pytest: the tests that are asked for, and all of some files, in their order; tells which one runs."""

    def __init__(self, tests: Sequence[str], tell: int) -> None:
        self.order = {test: number for number, test in enumerate(tests)}
        self.tell = tell

    def pytest_collection_modifyitems(self, items: list) -> None:
        places = {item.nodeid: self.order.get(item.nodeid, self.order.get(_file(item.nodeid))) for item in items}
        asked = [item for item in items if places[item.nodeid] is not None]
        items[:] = sorted(asked, key=lambda item: places[item.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, TEST_SECONDS)
        os.write(self.tell, f"{nodeid}\n".encode())

    def pytest_sessionfinish(self) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def run(mutant: Mutant | None, tests: Sequence[str]) -> tuple[str, str]:
    """Run tests in a child, against a mutant or the library as it is, until the first that fails.

    Returns:
        What came of it, and the test that was running then.
    """
    if not tests:
        return UNREACHED, ""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        os._exit(_in_child(mutant, tests, tell))
    os.close(tell)
    names = b""
    while select.select([told], [], [], WAIT_SECONDS)[0]:
        if not (more := os.read(told, 1 << 16)):
            break
        names = (names + more)[-4096:]
    else:
        os.kill(child, signal.SIGKILL)
    os.close(told)
    _, status = os.waitpid(child, 0)
    last = names.decode("utf-8", "replace").rstrip("\n").rpartition("\n")[2]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGVTALRM, signal.SIGKILL}:
        return TIMED_OUT, last
    if os.waitstatus_to_exitcode(status) == 0:
        return SURVIVED, ""
    if last:
        return KILLED, last
    if mutant is None or run(None, [next(each for each in tests if _file(each) == file) for file in _files(tests)])[1]:
        raise RuntimeError(f"the tests do not run, mutant or not: {tests[:3]}")
    return KILLED, "the import"


def _in_child(mutant: Mutant | None, tests: Sequence[str], tell: int) -> int:
    try:
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        if mutant is not None:
            sys.meta_path.insert(0, _Finder(mutant))
        import pytest

        for files in _in_growing_parts(tests):
            chosen = [test for test in tests if _file(test) in files]
            options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "--assert=plain", "-m", ASKED]
            options += ["-o", "addopts=", "--import-mode=importlib", "-p", "no:logging", "-p", "no:unraisableexception"]
            code = pytest.main([*options, *files], plugins=[_Selection(chosen, tell)])
            if code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
                return 1
    except BaseException:
        return 1
    return 0


def _file(test: str) -> str:
    return test.partition("::")[0]


def _in_growing_parts(tests: Sequence[str]) -> Iterator[list[str]]:
    """Divide the files of tests: first one, then two, four, eight and so on."""
    files = iter(_files(tests))
    size = 1
    while part := list(islice(files, size)):
        yield part
        size *= 2


def _files(tests: Sequence[str]) -> list[str]:
    """List the files of tests, those first that have most of the narrow ones."""
    worth: dict[str, float] = {}
    for number, test in enumerate(tests):
        worth[_file(test)] = worth.get(_file(test), 0) + 1 / (number + 10)
    return sorted(worth, key=lambda file: -worth[file])
