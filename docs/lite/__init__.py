"""The notebooks in a browser: JupyterLite beside the pages of the site, with all that it asks for.

``sphinx-build -t lite`` takes this as an extension. A reader's browser runs Pyodide with capset's wheel, and asks no
other site for anything. To build it takes npm, and the extra ``lite``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from docs.lite import pyodide

__all__ = ["build", "setup"]

ROOT = Path(__file__).parent.parent.parent
KERNEL = "@jupyterlite/pyodide-kernel-extension"
# What the kernel loads before a cell runs. The extension of the kernel brings the wheels of the last three.
LOADED = ("micropip", "comm", "ipython", "jedi", "ipykernel", "piplite", "pyodide-kernel")
NEEDED = ("attrs", "ruamel.yaml", *LOADED[:4])
# What the notebooks do without where PyPI has no wheel of it for Pyodide; each build asks again.
WELCOME = ("matplotlib", "pandas")
# Notebooks that need what has no wheel for Pyodide: pyarrow.
ELSEWHERE = ("7_a_fleet",)


def _wheels(static: Path) -> list[str]:
    """Put all wheels beside the core, and return what is not to be had."""
    pyodide.download(static, static, *NEEDED)
    pyodide.wheel_of(ROOT, static)
    lacking = []
    for name in WELCOME:
        try:
            pyodide.download(static, static, name)
        except subprocess.CalledProcessError:
            lacking.append(name)
    own = Path(sys.prefix) / "share/jupyter/labextensions" / KERNEL / "static/pypi"
    for name in LOADED[4:]:
        [wheel] = own.glob(f"{name.replace('-', '_')}-*.whl")
        shutil.copy2(wheel, static)
    pyodide.write_lock(static, sorted(static.glob("*.whl")), extras=["documents", "plot"])
    return lacking


def build(site: Path) -> list[str]:
    """Build JupyterLite, with the notebooks of examples/, into the folder ``lite`` of a site.

    Returns:
        What the notebooks have to do without.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lacking = _wheels(pyodide.core(folder / "static/pyodide"))  # which is where JupyterLite looks for one
        settings = {f"{KERNEL}:kernel": {"loadPyodideOptions": {"packages": LOADED}}}
        config = {"jupyter-lite-schema-version": 0, "jupyter-config-data": {"litePluginSettings": settings}}
        (folder / "jupyter-lite.json").write_text(json.dumps(config), "utf-8")
        shutil.rmtree(site / "lite", ignore_errors=True)
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--apps", "lab", "--no-sourcemaps"]
        command += ["--contents", str(ROOT / "examples"), "--output-dir", str(site / "lite")]
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
    return lacking


def _link(_app: Any, page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Put a link to run it above each notebook."""
    folder, _, name = page.rpartition("/")
    if folder == "notebooks" and name not in {"index", *ELSEWHERE}:
        address = f"../lite/lab/index.html?path={name}.ipynb"
        link = f'<p><a class="capset-run" href="{address}">Run this notebook in your browser</a></p>'
        context["body"] = link + context["body"]


def _build(app: Any, error: Exception | None) -> None:
    from sphinx.util import logging

    if error is None and app.builder.format == "html":
        lacking = build(Path(app.outdir))
        logging.getLogger(__name__).info("lite: the notebooks in a browser have no %s", " and no ".join(lacking))


def setup(app: Any) -> dict[str, bool]:
    """Do both where the pages are written."""
    app.connect("html-page-context", _link)
    app.connect("build-finished", _build)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
