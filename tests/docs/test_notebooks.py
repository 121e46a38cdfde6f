"""Each notebook of examples/ is stored as a person wrote it: with nothing of a run, a machine or an editor."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

# All that a cell may have. An output, a number of an execution, a time, a folded or scrolled cell would be more.
CELLS = {
    "markdown": {"cell_type", "id", "metadata", "source"},
    "code": {"cell_type", "execution_count", "id", "metadata", "outputs", "source"},
}
METADATA = {"tags", "mystnb"}  # what the author says of a cell: the second is read when the site is built


def faults(text: str) -> list[str]:
    """Say what is not as it should be in the text of a notebook."""
    document = json.loads(text)
    found = []
    if (document["nbformat"], document["nbformat_minor"]) < (4, 5) or document["nbformat"] != 4:
        found.append(f"format {document['nbformat']}.{document['nbformat_minor']}: cells have ids since 4.5")
    if document.keys() != {"cells", "metadata", "nbformat", "nbformat_minor"}:
        found.append(f"more than a notebook has: {sorted(document)}")
    metadata = dict(document["metadata"])
    if (kernel := metadata.pop("kernelspec", None)) != KERNEL:
        found.append(f"kernel {kernel}: not that of every Python 3")
    if metadata.pop("language_info", {"name": "python"}) != {"name": "python"} or metadata:
        found.append(f"metadata of a machine: {document['metadata']}")
    ids = [cell.get("id", "") for cell in document["cells"]]
    found += [f"id {id!r}" for id in ids if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id) or ids.count(id) > 1]
    for cell in document["cells"]:
        if cell.keys() != CELLS.get(cell["cell_type"]):
            found.append(f"cell {cell.get('id')}: {cell['cell_type']} with {sorted(cell)}")
        if cell.get("outputs") or cell.get("execution_count") is not None:
            found.append(f"cell {cell.get('id')} has been run")
        if not cell["metadata"].keys() <= METADATA:
            found.append(f"cell {cell.get('id')}: metadata {cell['metadata']}")
        if "raises-exception" in cell["metadata"].get("tags", ()):
            found.append(f"cell {cell.get('id')} may fail unseen")
        source = cell["source"]
        if source != "".join(source).splitlines(keepends=True) or not "".join(source).strip():
            found.append(f"cell {cell.get('id')}: no list of lines, or nothing in it")
    if text != json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n":
        found.append("not written as Jupyter writes it: the next who saves it would change every line")
    return found


def test_there_are_notebooks():
    """A folder that was not found would pass unread."""
    names = ["1_tour", "2_container", "3_audit", "4_exec", "5_what_can_it_do", "6_from_a_trace", "7_a_fleet"]
    assert [path.stem for path in NOTEBOOKS] == names


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook(notebook):
    """It is stored clean."""
    assert faults(notebook.read_text("utf-8")) == []


def made(**changes: object) -> str:
    """Write a notebook with one code cell, of which something is changed."""
    cell = {"cell_type": "code", "execution_count": None, "id": "one", "metadata": {}, "outputs": [], "source": ["1"]}
    document = {"cells": [cell], "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}
    for key, value in changes.items():
        (document if key in document else cell)[key] = value
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"nbformat_minor": 4}, "format 4.4"),
        ({"metadata": {"kernelspec": KERNEL | {"name": "venv"}}}, "not that of every Python 3"),
        ({"metadata": {"kernelspec": KERNEL, "language_info": {"name": "python", "version": "3.11.7"}}}, "machine"),
        ({"metadata": {"kernelspec": KERNEL, "widgets": {}}}, "machine"),
        ({"id": "a b"}, "id 'a b'"),
        ({"attachments": {}}, "code with"),
        ({"outputs": [{"output_type": "stream"}]}, "has been run"),
        ({"execution_count": 1}, "has been run"),
        ({"metadata": {"kernelspec": KERNEL}, "source": "1"}, "no list of lines"),
        ({"source": []}, "nothing in it"),
    ],
)
def test_faults(change, fault):
    """Each of them is seen, and none where there is none."""
    assert faults(made()) == []
    [found] = faults(made(**change))
    assert fault in found


def test_faults_of_two_cells():
    """What needs more than one value that is changed."""
    document = json.loads(made())
    document["cells"] *= 2
    document["cells"][0] = document["cells"][0] | {"metadata": {"scrolled": True, "tags": ["raises-exception"]}}
    found = faults(json.dumps(document))

    assert [fault.split(":")[0] for fault in found] == [
        *["id 'one'"] * 2,
        "cell one",
        "cell one may fail unseen",
        "not written as Jupyter writes it",
    ]


def test_the_command_that_runs_them():
    """One command in a clone, the same on every page that has it; CI runs it."""
    pages = (ROOT / "README.md", ROOT / "docs/notebooks/index.md")
    blocks = [re.findall(r"^```sh\n(.*?)\n```$", page.read_text("utf-8"), re.M | re.S) for page in pages]
    [command] = {block for found in blocks for block in found if "jupyter execute" in block}

    assert "'.[notebook]'" in command
    assert command.endswith("jupyter execute examples/*.ipynb")
