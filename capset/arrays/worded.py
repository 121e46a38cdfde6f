"""Words for how many there are, which values, texts, tables and plots share."""

from __future__ import annotations

__all__ = ["percent", "plural"]


def plural(count: int, what: str = "masks") -> str:
    """Write how many there are.

    Args:
        count: The number.
        what: What is counted, in the plural.

    Examples:
        >>> plural(2), plural(1), plural(1, "processes")
        ('2 masks', '1 mask', '1 process')
    """
    return f"{count} {what if count != 1 else what.removesuffix('es' if what.endswith('sses') else 's')}"


def percent(part: int, total: int) -> str:
    """Write a share; none and all are written for none and all alone.

    Examples:
        >>> percent(1, 3), percent(1, 10**6), percent(10**6 - 1, 10**6), percent(0, 3), percent(3, 3)
        ('33.3%', '<0.1%', '>99.9%', '0%', '100%')
    """
    if part in {0, total}:
        return "100%" if part else "0%"
    text = f"{part / total:.1%}"
    return {"0.0%": "<0.1%", "100.0%": ">99.9%"}.get(text, text)
