"""Take the facts along, and the modules that are found by names which are put together when they are needed.

Without the facts a frozen program fails at its first question; without these modules it could not read a document, and
would show values as if nobody had said how.
"""

from __future__ import annotations

import os

import capset

_TOP = os.path.dirname(capset.__file__)

datas = [(os.path.join(_TOP, "data"), os.path.join("capset", "data"))]
hiddenimports = sorted(
    os.path.relpath(os.path.join(folder, name), os.path.dirname(_TOP)).removesuffix(".py").replace(os.sep, ".")
    for folder, _, names in os.walk(_TOP)
    for name in names
    if name.endswith(".py") and name != "__init__.py" and os.path.basename(folder) != "__pyinstaller"
)
