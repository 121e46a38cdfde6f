"""A set, as text."""

from __future__ import annotations

from capset.display import text
from capset.sets import CapSet
from capset.summary import summary

text.register(CapSet)(summary)
