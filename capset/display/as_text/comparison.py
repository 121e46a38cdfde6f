"""Sets beside each other, as text."""

from __future__ import annotations

from capset.comparison import Comparison
from capset.display import text

text.register(Comparison)(str)
