"""Bounds: how much of a text from outside is read, so that no text takes the memory or the time of whoever reads it.

What is read within them takes time that grows as the text does, and not as its square.
"""

from __future__ import annotations

from capset.errors import TooLargeError

__all__ = ["DEEPEST", "LONGEST_HCL", "LONGEST_TEXT", "MOST_VALUES", "bounded"]

LONGEST_TEXT = 16 * 2**20
"""So many characters, or bytes, are read of a text, be it a document, a status file, a unit or one of libcap."""

LONGEST_HCL = 2**20
"""So many characters are read of a text in HCL, which takes some 20 seconds. Nomad keeps no more of a job."""

DEEPEST = 100
"""So many lists and mappings may stand in each other in a document. Kubernetes' own have some fifteen."""

MOST_VALUES = 250_000
"""So many values a document in YAML may have. Those that an alias stands for count each time that it stands there."""


def bounded(text: str | bytes, source: str = "") -> None:
    """Refuse a text that is too long to be read.

    Args:
        text: The text.
        source: What it is called, usually a path.

    Raises:
        TooLargeError: It is longer than :data:`LONGEST_TEXT`.

    Examples:
        >>> from capset.bounds import LONGEST_TEXT, bounded
        >>> bounded("KILL")
        >>> bounded(" " * (LONGEST_TEXT + 1), "pods.json")
        Traceback (most recent call last):
        capset.errors.TooLargeError: pods.json: more than 16777216 characters or bytes are not read: divide it
    """
    if len(text) > LONGEST_TEXT:
        raise TooLargeError(source, LONGEST_TEXT, "characters or bytes")
