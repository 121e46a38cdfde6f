"""Ids: the four user or group ids of a thread."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Ids"]


class Ids(NamedTuple):
    """The four user ids, or the four group ids, of a thread, in the order of ``/proc/<pid>/status``.

    Attributes:
        real: Who started the thread.
        effective: Who it acts as.
        saved: Whom it may become again (the saved set-user-ID or set-group-ID).
        fs: Who it is to file systems.

    Source:
        credentials(7).
    """

    real: int
    effective: int
    saved: int
    fs: int
