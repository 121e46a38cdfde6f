"""What the tests of the command line and of notebooks share."""

from __future__ import annotations

from inspect import signature

import pytest
from click.testing import CliRunner

from capset.cli.group import capset as command


@pytest.fixture
def runner():
    """Run commands, with errors apart: Click before 8.2 has to be told so, and later ones know no such word."""
    return CliRunner(**{"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {})


@pytest.fixture
def run(runner):
    """Run a command; give its exit status, its output and its errors."""

    def invoke(*args, stdin=None):
        result = runner.invoke(command, args, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result.exit_code, result.stdout, result.stderr

    return invoke


@pytest.fixture
def host(tmp_path):
    """A saved /proc of two processes, as Docker starts them."""
    proc = tmp_path / "proc"
    masks = "".join(f"Cap{name}:\t00000000a80425fb\n" for name in ("Prm", "Eff", "Bnd"))
    for pid, name in ((1, "sh"), (7, "cat")):
        (proc / str(pid)).mkdir(parents=True)
        (proc / f"{pid}/status").write_text(
            f"Name:\t{name}\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{pid // 7}\n"
            f"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\nCapInh:\t{0:016x}\n{masks}"
        )
    return proc
