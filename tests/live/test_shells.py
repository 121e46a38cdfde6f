"""Completion in the shells themselves, which run as a person runs them."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

TREE = Path(__file__).parent.parent

LINES = {
    "capset expl": "explain",
    "capset diff podman-p": "podman-packaged",
    "capset run docker@20.10.1": "docker@20.10.14",
    "capset explain kill,net_r": "kill,net_raw",
    "capset diff pid:se": "pid:self",
    "capset diff file:data/status/5": "file:data/status/5.10.txt",
    "capset lint --format sa": "sarif",
}


@pytest.fixture
def shell(tmp_path, tool):
    """Run a script in a shell that finds this capset."""
    command = tmp_path / "capset"
    paths = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(Path.cwd())]))
    command.write_text(f'#!/bin/sh\nPYTHONPATH={paths} exec {sys.executable} -m capset "$@"\n')
    command.chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"}

    def run(name, script):
        program = [tool(name, name), *(["--norc"] if name == "bash" else []), "-c", script]
        done = subprocess.run(program, env=env, cwd=TREE, capture_output=True, text=True, timeout=60, check=False)
        assert done.stderr == "", done.stderr
        return done.stdout

    run.env = env
    return run


def test_bash(shell):
    """By the function that it calls; it keeps what stands before a colon or an @, and is given the rest."""
    asked = "\n".join(
        f"""COMP_LINE={line!r}; COMP_POINT={len(line)}; COMPREPLY=(); _capset_completion capset 2>/dev/null
        echo "${{COMPREPLY[@]}}" """
        for line in LINES
    )
    out = shell("bash", f'eval "$(_CAPSET_COMPLETE=bash_source capset)"\n{asked}')

    for line, got, whole in zip(LINES, out.splitlines(), LINES.values(), strict=True):
        typed = line.rpartition(" ")[2]
        kept = max(typed.rfind(":"), typed.rfind("@")) + 1
        assert got.split()[0] == whole[kept:], (line, got)


def test_fish(shell):
    """By its own builtin."""
    asked = "\n".join(f"complete -C {line!r}; echo --" for line in LINES)
    out = shell("fish", f"_CAPSET_COMPLETE=fish_source capset | source\n{asked}")

    for got, whole in zip(out.split("--\n"), LINES.values(), strict=False):
        assert got.split("\t")[0].split("\n")[0] == whole


def typed(program, env, lines, until):
    """Type lines on a terminal, and return what it shows until something is there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(TREE)
        os.execve(program[0], program, env)  # does not return
    shown, ends = b"", time.monotonic() + 60
    try:
        for line in lines:
            os.write(terminal, line.encode())
        while until not in shown and time.monotonic() < ends:
            if select.select([terminal], [], [], 1)[0]:
                with suppress(OSError):
                    shown += os.read(terminal, 65536)
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)
    return shown


@pytest.mark.parametrize("line", LINES)
def test_zsh(shell, tool, line):
    """At a terminal, where its completion alone runs."""
    zsh = tool("zsh", "zsh")
    setup = "PS1=; unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u; unsetopt beep\n"
    begin = 'eval "$(_CAPSET_COMPLETE=zsh_source capset)"\n'
    shown = typed([zsh, "-f"], shell.env, [setup, begin, f"{line}\t"], LINES[line].encode())
    assert LINES[line].encode() in shown
