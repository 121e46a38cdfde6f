"""What the number of a user namespace tells: whether it is the initial one, where a full set rules the host."""

from __future__ import annotations

__all__ = ["INITIAL_USER_NS", "is_elsewhere", "namespace_text"]

INITIAL_USER_NS = 4026531837
"""The inode number of the initial user namespace, PROC_USER_INIT_INO of Linux ``include/linux/proc_ns.h``."""


def is_elsewhere(inode: int | None) -> bool:
    """Say whether a user namespace is known, and is not the initial one."""
    return inode not in {None, INITIAL_USER_NS}


def namespace_text(inode: int | None) -> str:
    """Write in which user namespace capabilities count; many a full set has no power over the host."""
    if inode is None:
        return "user namespace not known"
    if inode == INITIAL_USER_NS:
        return "in the initial user namespace"
    return f"in user namespace {inode}, and counts only there and below"
