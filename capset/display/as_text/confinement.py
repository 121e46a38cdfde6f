"""How a process is confined to some capabilities, as text."""

from __future__ import annotations

from capset.confinement import Confinement
from capset.display import text


@text.register(Confinement)
def _confinement(one: Confinement) -> str:
    return str(one)
