"""Sphinx configuration."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

from capset import DOCKER_DEFAULT, Cap

project = "capset"
author = "The capset developers"
copyright = "2026, the capset developers"
release = version = importlib.metadata.version("capset")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build", "reference/_capabilities.md"]
source_suffix = {".md": "markdown"}

html_theme = "furo"
html_title = f"capset {version}"
html_static_path = ["_static"]
html_css_files = ["capset.css"]
smartquotes = False  # P' is no quotation

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = ["Source"]
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

nitpicky = True
# The standard library's documentation is elsewhere, and links to it would need the network.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|collections\.abc|datetime|os|typing|enum|attrs|attr)\..*"),
    (
        "py:.*",
        r"(frozenset|str|int|Set|Iterable|Iterator|Literal|PathLike|Pid|Root|SupportsIndex|IntEnum|IntFlag|date)",
    ),
]


def _write_capabilities(_app: object) -> None:
    """Write the table of all capabilities from the data."""
    lines = ["| no. | name | since Linux | Docker | what for |", "| --: | --- | --- | --- | --- |"]
    for cap in Cap:
        docker = "yes" if cap in DOCKER_DEFAULT else "no"
        lines.append(f"| {int(cap)} | `{cap}` | {cap.info.since_linux} | {docker} | {cap.info.summary} |")
    Path(__file__).with_name("reference").joinpath("_capabilities.md").write_text("\n".join(lines) + "\n", "utf-8")


def _hide_defaults_of_attrs(*event: object) -> tuple[str, object] | None:
    """Write a default where attrs keeps something of its own in its place."""
    *_, signature, returns = event
    if not isinstance(signature, str):
        return None
    return re.sub(r"attr_dict\[.*?\]\.default|NOTHING", "...", signature), returns


def setup(app: object) -> None:
    app.connect("builder-inited", _write_capabilities)  # type: ignore[attr-defined]
    app.connect("autodoc-process-signature", _hide_defaults_of_attrs)  # type: ignore[attr-defined]
