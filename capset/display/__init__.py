"""Text, HTML, rows for data frames and plots, made from the values of capset. No input, no output.

The values use these themselves: ``print(explanation)``, ``_repr_html_()``, ``to_records()`` and ``plot()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capset.display.comparison import comparison_html as comparison_html
    from capset.display.comparison import comparison_text as comparison_text
    from capset.display.containers import engine_html as engine_html
    from capset.display.containers import findings_html as findings_html
    from capset.display.containers import matches_html as matches_html
    from capset.display.containers import request_html as request_html
    from capset.display.containers import versions_html as versions_html
    from capset.display.explanation import answer_html as answer_html
    from capset.display.explanation import explanation_html as explanation_html
    from capset.display.explanation import explanation_text as explanation_text
    from capset.display.explanation import histories_html as histories_html
    from capset.display.judging import in_short as in_short
    from capset.display.plots import plot_comparison as plot_comparison
    from capset.display.plots import plot_host as plot_host
    from capset.display.plots import plot_tree as plot_tree
    from capset.display.plots import plot_versions as plot_versions
    from capset.display.processes import files_html as files_html
    from capset.display.processes import snapshot_html as snapshot_html
    from capset.display.processes import status_html as status_html
    from capset.display.rows import comparison_records as comparison_records
    from capset.display.rows import diff_records as diff_records
    from capset.display.rows import engine_records as engine_records
    from capset.display.rows import explanation_records as explanation_records
    from capset.display.rows import file_records as file_records
    from capset.display.rows import finding_records as finding_records
    from capset.display.rows import history_records as history_records
    from capset.display.rows import match_records as match_records
    from capset.display.rows import set_records as set_records
    from capset.display.rows import state_diff_records as state_diff_records
    from capset.display.rows import state_records as state_records
    from capset.display.rows import status_records as status_records
    from capset.display.text import releases_text as releases_text
    from capset.display.text import summary as summary
    from capset.display.values import cap_html as cap_html
    from capset.display.values import diff_html as diff_html
    from capset.display.values import file_caps_html as file_caps_html
    from capset.display.values import set_html as set_html
    from capset.display.values import state_diff_html as state_diff_html
    from capset.display.values import state_html as state_html
else:  # a checker knows the names from above, and takes every other for a mistake

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module 'capset.display' has no attribute {name!r}")
        value = getattr(import_module(f"capset.display.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


__all__ = [
    "answer_html",
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
    "in_short",
    "match_records",
    "matches_html",
    "plot_comparison",
    "plot_host",
    "plot_tree",
    "plot_versions",
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

# One kind of value is shown at a time, and the modules for the others need not load.
_HOMES = {
    "answer_html": "explanation",
    "cap_html": "values",
    "comparison_html": "comparison",
    "comparison_records": "rows",
    "comparison_text": "comparison",
    "diff_html": "values",
    "diff_records": "rows",
    "engine_html": "containers",
    "engine_records": "rows",
    "explanation_html": "explanation",
    "explanation_records": "rows",
    "explanation_text": "explanation",
    "file_caps_html": "values",
    "file_records": "rows",
    "files_html": "processes",
    "finding_records": "rows",
    "findings_html": "containers",
    "histories_html": "explanation",
    "history_records": "rows",
    "in_short": "judging",
    "match_records": "rows",
    "matches_html": "containers",
    "plot_comparison": "plots",
    "plot_host": "plots",
    "plot_tree": "plots",
    "plot_versions": "plots",
    "releases_text": "text",
    "request_html": "containers",
    "set_html": "values",
    "set_records": "rows",
    "snapshot_html": "processes",
    "state_diff_html": "values",
    "state_diff_records": "rows",
    "state_html": "values",
    "state_records": "rows",
    "status_html": "processes",
    "status_records": "rows",
    "summary": "text",
    "versions_html": "containers",
}


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
