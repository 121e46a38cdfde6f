"""Every example in the README, on every page, in every docstring, and every script in examples/ runs.

Python examples run as doctests. Console examples run in a shell; what they print must be what the page
shows, and an exit status other than 0 must be shown as ``[exit status N]``.
"""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import os
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from sybil import Example, Sybil
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser

import capset
from capset import documents, errors, live
from capset.cli.examples import EXAMPLES
from tests.extras import needed_by
from tests.house import LAYERS

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if not page.name.startswith("_")]
FLAGS = doctest.ELLIPSIS


class ConsoleParser(CodeBlockParser):
    language = "console"

    def evaluate(self, example: Example) -> str | None:
        parts = re.split(r"^\$ (.*)\n", example.parsed, flags=re.MULTILINE)
        assert parts[0] == "", "a console example begins with a command"
        for command, expected in zip(parts[1::2], parts[2::2], strict=True):
            printed = run(command)
            if printed.rstrip() != expected.rstrip():
                return f"{command} printed\n{printed}\nwhere the page shows\n{expected}"
        return None


def run(command: str, folder: Path = ROOT) -> str:
    """Run a command line as a person in the folder of the clone would, or in another one."""
    here = f'capset() {{ {shlex.quote(sys.executable)} -m capset "$@"; }}\n'
    env = {**os.environ, "COLUMNS": "80", "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), *sys.path]))}
    done = subprocess.run(
        ["sh", "-c", here + command],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout + (f"[exit status {done.returncode}]\n" if done.returncode else "")


@pytest.fixture(autouse=True, scope="module")
def few_examples():
    """Look at what examples draw no longer than it takes to see that they run."""
    settings.register_profile("as it was", settings())
    settings.load_profile("ci-glance")
    yield
    settings.load_profile("as it was")


SYBIL = Sybil([PythonCodeBlockParser(doctest_optionflags=FLAGS), ConsoleParser()], path=str(ROOT))


# What a page is about, where that is more than the tests of everything else need.
NEEDS = {"fleet-engines.md": ("duckdb", "narwhals", "pandas", "polars", "pyarrow")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page(page, monkeypatch):
    """Each page by itself, from top to bottom."""
    for name in NEEDS.get(page.name, ()):
        pytest.importorskip(name, reason=f"needs {name} (pip install 'capset[engines]')")
    monkeypatch.chdir(ROOT)
    needed_by(page.read_text("utf-8"))
    for example in SYBIL.parse(page).examples():
        example.evaluate()


def test_examples_are_found():
    """A page whose examples were in another kind of block would pass unread."""
    fences = {match for page in PAGES for match in re.findall(r"^```(\S+)", page.read_text("utf-8"), re.MULTILINE)}
    ran = {"python", "console"}
    shown = {"html", "sh", "text", "toml", "yaml", "{toctree}", "{include}", "{raw}", "{eval-rst}"}

    assert fences <= ran | shown
    for page in PAGES:
        text = page.read_text("utf-8")
        blocks = len(re.findall(r"^```(?:python|console)$", text, re.MULTILINE))
        found = {example.region.start for example in SYBIL.parse(page).examples()}
        assert len(found) >= blocks, page


MODULES = [name for _, name, _ in pkgutil.walk_packages(capset.__path__, "capset.") if name != "capset.__main__"]


@pytest.mark.parametrize("name", ["capset", *MODULES])
def test_docstrings(name):
    """The examples of a module's docstrings."""
    if name == "capset.live.identity":
        pytest.importorskip("prctl", reason="needs python-prctl (pip install 'capset[prctl]'; gcc and libcap-dev)")
    needed_by(name)
    module = importlib.import_module(name)
    results = doctest.testmod(module, optionflags=FLAGS)

    assert results.failed == 0


def test_public_docstrings_have_examples():
    """Every public callable and class of the contract shows how it is used."""
    lacking = [
        name
        for name in capset.__all__
        if callable(public := getattr(capset, name))
        if not (isinstance(public, type) and issubclass(public, Exception | tuple))
        if ">>>" not in (getattr(capset, name).__doc__ or "")
    ]

    assert lacking == ["CapInfo", "Comparison"]


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_scripts(script):
    """Every script in examples/ runs and says something."""
    needed_by(script.read_text("utf-8"))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run([sys.executable, script], cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    differs = script.name == "check_container.py" and not live.read().caps.bounding <= capset.DOCKER_DEFAULT
    assert (done.returncode, done.stderr) == (int(differs), "")
    assert done.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the examples of the command line are for Linux")
@pytest.mark.parametrize("typed", [typed for pair in EXAMPLES.values() for typed, _ in pair])
def test_examples_in_the_help(typed):
    """Each runs and prints something; 1 says that there is something to tell."""
    needed_by(typed)
    printed = run(typed)
    assert printed.strip()
    assert "[exit status" not in printed.replace("[exit status 1]", ""), printed
    assert "Traceback" not in printed


@pytest.fixture
def manual():
    """The module that writes the manual page."""
    spec = importlib.util.spec_from_file_location("write", ROOT / "docs/man/write.py")
    write = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write)
    return write


def test_the_manual_page_is_that_of_the_command(manual):
    """It was written from what the command says today; docs/man/write.py writes it again."""
    assert manual.page() == manual.PAGE.read_text("utf-8")
    assert manual.roff(r"\.a-'b") == r"\e.a\-\(aqb"
    assert manual.roff(".TH") == r"\&.TH"


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_the_completions_are_those_of_the_command(manual, shell):
    """Likewise; the wheel puts each where its shell looks for it."""
    kept = manual.PAGE.with_name(manual.COMPLETIONS[shell]).read_text("utf-8")
    assert manual.completion(shell) == kept
    assert f"_CAPSET_COMPLETE={shell}_complete" in kept


def test_the_manual_page_is_one(manual):
    """What reads such pages has nothing to say of it."""
    mandoc = shutil.which("mandoc")
    if mandoc is None:
        pytest.skip("needs mandoc (Debian: apt-get install mandoc)")
    done = subprocess.run([mandoc, "-Tlint", "-Wwarning", manual.PAGE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    shown = subprocess.run([mandoc, "-Tascii", manual.PAGE], capture_output=True, text=True, check=True).stdout
    for name in EXAMPLES:
        assert f"capset {name}" in re.sub(".\b", "", shown)


def test_changelog_and_version():
    """The version of the package has its section."""
    assert f"## [{capset.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["compare.svg", "compare-dark.svg"])
def test_the_picture_shows_what_is_so(name):
    """It was drawn from the facts of today; draw.py draws it again."""
    spec = importlib.util.spec_from_file_location("draw", ROOT / "docs/pictures/draw.py")
    draw = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(draw)

    assert str(draw.comparison()) in (ROOT / "docs/pictures" / name).read_text("utf-8")


def test_the_architecture_page_is_that_of_the_layer_test():
    """The table of modules on the page, and the order that the layer test holds."""
    page = (ROOT / "docs/explanation/architecture.md").read_text("utf-8")
    table = [name for name in re.findall(r"^\| `(\w+)/?` \|", page, re.MULTILINE) if name != "data"]

    assert table == [layer for layer in LAYERS if not layer.startswith("__")]


def test_every_exception_is_in_its_guide():
    """A row for each, or a sentence."""
    guide = (ROOT / "docs/howto/errors.md").read_text("utf-8")

    assert [name for name in errors.__all__ if name.endswith("Error") and f"{name}`" not in guide] == []


def test_what_is_written_by_the_build_is_said_to_be():
    """Whoever reads such a page as a file misses what is not in it."""
    pages = [path for path in (ROOT / "docs/reference").glob("[!_]*.md") if "```{include} _" in path.read_text("utf-8")]

    assert len(pages) > 4
    for page in pages:
        text = page.read_text("utf-8")
        assert text.count("written here when the documentation is built") == text.count("```{include} _"), page


def test_what_lint_in_ci_shows_of_silence():
    """The comment silences what it names, and the configuration is one."""
    page = (ROOT / "docs/howto/lint-in-ci.md").read_text("utf-8")
    [compose] = re.findall(r"^```yaml\n(services:.*?)^```", page, re.MULTILINE | re.DOTALL)
    [settings] = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    report = documents.lint(documents.read(compose, "compose.yaml"))

    assert [(each.rule, each.silence is None) for each in report] == [("needs-root", False)]
    assert len(documents.Settings.read(settings, "pyproject.toml").of("deploy/a.json")) == 1
