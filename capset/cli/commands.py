"""All commands, gathered: importing them puts them into the group."""

from __future__ import annotations

from capset.cli.compare import compare
from capset.cli.containers import flags, recognise, run
from capset.cli.convert import convert
from capset.cli.diff import diff
from capset.cli.engines import engines
from capset.cli.explain import explain
from capset.cli.files import files
from capset.cli.group import capset
from capset.cli.kernel import exec_, why
from capset.cli.lint import lint
from capset.cli.ps import ps
from capset.cli.show import decode, show

__all__ = [
    "capset",
    "compare",
    "convert",
    "decode",
    "diff",
    "engines",
    "exec_",
    "explain",
    "files",
    "flags",
    "lint",
    "ps",
    "recognise",
    "run",
    "show",
    "why",
]
