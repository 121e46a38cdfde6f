"""Files and their attributes."""

from __future__ import annotations

import os

from tests.live.witnesses.witness import witness


@witness("chown owner")
def chown(it):
    os.chown(it.path, 2000, -1)


@chown.prepare
def _(it):
    it.keep(path=it.file())


@chown.effect
def _(it):
    return it.path.stat().st_uid == 2000
