"""What the pages about other tools show of these was run: each runs again where the tool is, and prints the same.

That is what stands in a block of the language ``text``: behind ``$`` a command of the tool, behind ``#`` one that root
gives in a folder of its own, behind ``>>>`` Python with the other package. The examples of capset itself run as those
of all pages.
"""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import os
import re
import shutil
from ctypes.util import find_library
from pathlib import Path

import pytest

from tests.docs.test_examples import ROOT, run

PAGES = sorted((ROOT / "docs/coming-from").glob("*.md"))
SHOWN = [
    (page, block)
    for page in PAGES
    for block in re.findall(r"^```text\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
]
PROMPTS = {"$": r"^\$ (.*)\n", "#": r"^# (.*)\n"}
PACKAGES = {"prctl": "python-prctl", "pyprctl": "pyprctl"}
TOOLS = {
    "capsh": "libcap2-bin",
    "setcap": "libcap2-bin",
    "filecap": "libcap-ng-utils",
    "systemd-analyze": "systemd",
}


def needed(block: str) -> None:
    """Skip where the tool of a block is not."""
    for module, package in PACKAGES.items():
        if f"import {module}\n" in block and importlib.util.find_spec(module) is None:
            pytest.skip(f"needs {package} (pip install {package})")
    if "ctypes.CDLL" in block and find_library("cap") is None:
        pytest.skip("needs libcap.so.2 (Debian: apt-get install libcap2)")
    for tool, package in TOOLS.items():
        if (
            re.search(rf"^[$#] {tool} ", block, re.M)
            and shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin") is None
        ):
            pytest.skip(f"needs {tool} (Debian: apt-get install {package})")


def agrees(shown: str, printed: str) -> bool:
    """Say whether this was printed; three dots stand for what differs from machine to machine."""
    return doctest.OutputChecker().check_output(shown, printed, doctest.ELLIPSIS)


def test_there_are_examples():
    """A block of another form would pass unread."""
    assert len(PAGES) == 10
    assert {block[0] for _, block in SHOWN} == {"$", "#", ">"}


@pytest.mark.parametrize(("page", "block"), SHOWN, ids=lambda it: it.stem if isinstance(it, Path) else "")
def test_an_example(page, block, tmp_path):
    """The tool prints what the page shows."""
    needed(block)
    if block.startswith(">>> "):
        test = doctest.DocTestParser().get_doctest(block, {}, page.name, str(page), 0)
        assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0
        return
    if block[0] == "#" and os.geteuid() != 0:
        pytest.skip("needs root, to set the capabilities of a file")
    before, *parts = re.split(PROMPTS[block[0]], block, flags=re.M)
    assert before == ""
    for command, expected in zip(parts[::2], parts[1::2], strict=True):
        printed = run(f"PATH=$PATH:/usr/sbin; {command}", tmp_path if block[0] == "#" else ROOT)
        assert agrees(expected, printed), f"{command} printed\n{printed}"


def test_what_differs_is_seen():
    """Dots are no licence."""
    assert agrees("effective .../tool net_raw\n", "effective /tmp/a/tool net_raw\n")
    assert not agrees("effective .../tool net_raw\n", "effective /tmp/a/tool kill\n")


SPANS = [(page, code) for page in PAGES for code in re.findall(r"`([^`\n]+)`", page.read_text("utf-8"))]
MODULES = {
    **{
        name: importlib.import_module(f"capset.{name}") for name in ("documents", "engines", "kernel", "live", "policy")
    },
    **{name: importlib.import_module(f"capset.formats.{name}") for name in ("docker", "kubernetes", "libcap")},
}


def unknown(code: str) -> list[str]:
    """Say which names and which commands of capset that a piece of code has there are not."""
    from click import Context

    from capset.cli.group import capset as commands

    found = [
        f"{module}.{name}"
        for module, name in re.findall(r"(?<![\w./-])(\w+)\.(\w+)\(", code)
        if module in MODULES and not hasattr(MODULES[module], name)
    ]
    for name, rest in re.findall(r"(?<![\w./-])capset ([a-z]+)([^|;]*)", code):
        command = commands.get_command(Context(commands), name)
        known = {option for it in command.params for option in it.opts} if command else set()
        own = re.split(r" (?:run|top) ", rest)[0] if name not in {"run"} else ""
        found += [f"capset {name}"] * (command is None)
        found += [f"capset {name} {option}" for option in re.findall(r"(?<=\s)--[a-z-]+", own) if option not in known]
    return found


def test_what_stands_beside_a_tool_is_there():
    """Tables have names of capset and its commands that no example runs."""
    assert [(page.name, name) for page, code in SPANS for name in unknown(code)] == []
    assert unknown("live.reed(pid)") == ["live.reed"]
    assert unknown("capset shew 1") == ["capset shew"]
    assert unknown("capset show --loud 1") == ["capset show --loud"]
