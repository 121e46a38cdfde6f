"""How a process is confined to some capabilities, as HTML."""

from __future__ import annotations

from capset.confinement import Confinement
from capset.display import html
from capset.display.as_html.markup import block, paragraph


@html.register(Confinement)
def _confinement(one: Confinement) -> str:
    """Show what to write, and what has to be done besides."""
    return block(paragraph(str(one)))
