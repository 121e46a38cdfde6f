"""Text for people, made from the values of capset. No input, no output."""

from __future__ import annotations

from capset.display.text import printable, summary

__all__ = ["printable", "summary"]
