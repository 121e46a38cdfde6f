"""Text for people, made from the values of capset. No input, no output."""

from __future__ import annotations

from capset.display.explanation import explanation_html, explanation_text
from capset.display.text import printable, summary

__all__ = ["explanation_html", "explanation_text", "printable", "summary"]
