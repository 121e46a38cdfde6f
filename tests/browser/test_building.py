"""The sites of several versions beside each other, and the inventories that the build links by."""

from __future__ import annotations

import importlib.util
import zlib
from pathlib import Path

import pytest

from tests.browser.conftest import require

ROOT = Path(__file__).parent.parent.parent


def load(path: str):
    """Load a script of docs/."""
    spec = importlib.util.spec_from_file_location("script", ROOT / "docs" / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_versions_beside_each_other(tmp_path):
    """The newest release is the stable one, a release candidate is not, and all are listed, the newest first."""
    publish = load("publish.py")
    for name in ("1.0.0rc1", "images"):
        (tmp_path / name).mkdir()
    publish.place(tmp_path)
    assert not (tmp_path / "stable").exists()
    assert "stable" not in (tmp_path / "index.html").read_text("utf-8")

    for name in ("0.9", "1.2.0", "1.10.0", "2.0.0rc1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name, "utf-8")
    publish.place(tmp_path)
    publish.place(tmp_path)

    listed = (tmp_path / "index.html").read_text("utf-8")
    order = [
        listed.index(f'"{name}/index.html"') for name in ("stable", "2.0.0rc1", "1.10.0", "1.2.0", "1.0.0rc1", "0.9")
    ]
    assert order == sorted(order)
    assert (tmp_path / "stable/index.html").read_text("utf-8") == "1.10.0"


def inventory(*lines: str) -> bytes:
    """Write a whole inventory, as Sphinx does."""
    head = b"# Sphinx inventory version 2\n# Project: P\n# Version: 1\n# The remainder is compressed using zlib.\n"
    return head + zlib.compress("".join(f"{line}\n" for line in lines).encode())


def test_an_inventory_is_written_again():
    """The places are those of the project; what it does not have, or has elsewhere, is told."""
    require("sphinx")
    write = load("inventories/write.py").written
    mine = "# Sphinx inventory version 1\n# Project: P\n# Version: 3\nb.C class old.html\na.f function\n"
    whole = inventory(
        "a.f py:function 1 library/a.html#$ -", "b.C py:class 1 new.html#$ -", "b.D py:class 1 d.html#x -"
    )

    assert write(mine, whole).splitlines()[3:] == ["a.f function library/a.html", "b.C class new.html"]
    with pytest.raises(LookupError, match=r"b\.E: the project documents no class"):
        write(mine + "b.E class\n", whole)
    with pytest.raises(LookupError, match=r"b\.D: it is at #x"):
        write(mine + "b.D class\n", whole)
