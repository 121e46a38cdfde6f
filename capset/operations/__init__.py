"""What operations ask of the kernel: which capabilities, in which user namespace, and what else would do."""

from __future__ import annotations

from capset.operations.requirement import MOST_WAYS, MOST_WORDS, Requirement

__all__ = ["MOST_WAYS", "MOST_WORDS", "Requirement"]
