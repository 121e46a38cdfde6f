"""The topics of ``capset help``: each is about what several commands share."""

from __future__ import annotations

__all__ = ["TOPICS"]

TOPICS = {
    "operands": "What a command looks at",
    "engine-names": "How a container engine is named",
    "dialects": "Which documents are read and written",
    "rules": "What lint checks",
    "exit-statuses": "What exit statuses mean",
    "completion": "How a shell completes what you type",
}
"""What ``capset help`` tells of besides commands."""
