"""Text, HTML, rows for data frames and plots, made from the values of capset. No input, no output.

The values use these themselves: ``print(explanation)``, ``_repr_html_()``, ``to_records()`` and ``plot()``.
"""

from __future__ import annotations

from capset.display.comparison import comparison_html, comparison_text
from capset.display.containers import engine_html, findings_html, matches_html, request_html, versions_html
from capset.display.explanation import explanation_html, explanation_text, histories_html
from capset.display.plots import plot_comparison, plot_host, plot_tree, plot_versions
from capset.display.processes import files_html, snapshot_html, status_html
from capset.display.records import Records
from capset.display.rows import (
    comparison_records,
    diff_records,
    engine_records,
    explanation_records,
    file_records,
    finding_records,
    history_records,
    match_records,
    set_records,
    state_diff_records,
    state_records,
    status_records,
)
from capset.display.text import printable, releases_text, summary
from capset.display.values import cap_html, diff_html, file_caps_html, set_html, state_diff_html, state_html

__all__ = [
    "Records",
    "cap_html",
    "comparison_html",
    "comparison_records",
    "comparison_text",
    "diff_html",
    "diff_records",
    "engine_html",
    "engine_records",
    "explanation_html",
    "explanation_records",
    "explanation_text",
    "file_caps_html",
    "file_records",
    "files_html",
    "finding_records",
    "findings_html",
    "histories_html",
    "history_records",
    "match_records",
    "matches_html",
    "plot_comparison",
    "plot_host",
    "plot_tree",
    "plot_versions",
    "printable",
    "releases_text",
    "request_html",
    "set_html",
    "set_records",
    "snapshot_html",
    "state_diff_html",
    "state_diff_records",
    "state_html",
    "state_records",
    "status_html",
    "status_records",
    "summary",
    "versions_html",
]
