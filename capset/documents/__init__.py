"""Documents: which dialect a text is in, what it asks for, what comes of that, and the same in another dialect.

Text in, values out: no file is opened here, and nothing is printed. YAML needs ruamel.yaml (extra ``documents``);
JSON, units and command lines need nothing.

Examples:
    >>> from capset import documents
    >>> text = '{"services": {"web": {"cap_drop": ["ALL"], "cap_add": ["NET_BIND_SERVICE", "KIL"]}}}'
    >>> print(documents.lint(documents.read(text, name="compose.json")))
    compose.json:1:77: unknown-capability: Docker knows no capability 'KIL': did you mean KILL?
    >>> web = documents.read("docker run --cap-drop ALL --cap-add KILL --user 1000 web")
    >>> print(documents.convert(web, "systemd").text)
    [Service]
    CapabilityBoundingSet=CAP_KILL
    User=1000
"""

from __future__ import annotations

from capset.documents.converting import Conversion, Loss, convert
from capset.documents.dialect import Dialect
from capset.documents.dialects import DIALECTS
from capset.documents.finding import Finding, Silence
from capset.documents.fixing import Edit, Fix, fix
from capset.documents.linting import lint
from capset.documents.reading import dialect_of, may_be_document, merge, read, unread
from capset.documents.report import Outcome, Report
from capset.documents.rules import RULES, Rule
from capset.documents.settings import Settings
from capset.documents.silencing import Entry
from capset.documents.workload import Workload

__all__ = [
    "DIALECTS",
    "RULES",
    "Conversion",
    "Dialect",
    "Edit",
    "Entry",
    "Finding",
    "Fix",
    "Loss",
    "Outcome",
    "Report",
    "Rule",
    "Settings",
    "Silence",
    "Workload",
    "convert",
    "dialect_of",
    "fix",
    "lint",
    "may_be_document",
    "merge",
    "read",
    "unread",
]


def __dir__() -> list[str]:
    return sorted(__all__)
