"""All commands, gathered: importing them puts them into the group."""

from __future__ import annotations

from capset.cli.containers import flags, recognise, run
from capset.cli.diff import diff
from capset.cli.engines import engines
from capset.cli.explain import explain
from capset.cli.group import capset
from capset.cli.ps import ps
from capset.cli.show import decode, show

__all__ = ["capset", "decode", "diff", "engines", "explain", "flags", "ps", "recognise", "run", "show"]
