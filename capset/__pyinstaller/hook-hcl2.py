"""Take along the grammars of python-hcl2, which read jobs of Nomad: it has no hook of its own."""

from __future__ import annotations

import os

import hcl2

_TOP = os.path.dirname(hcl2.__file__)

datas = [(os.path.join(_TOP, name), "hcl2") for name in sorted(os.listdir(_TOP)) if name.endswith(".lark")]
