"""The notebooks in a browser, and Pyodide without them: from the files of the site, and from nowhere else."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.browser import page
from tests.browser.conftest import ROOT
from tests.browser.test_jupyterlab import STATE, choose

NOTEBOOKS = sorted(path.name for path in (ROOT / "examples").glob("*.ipynb"))
PATIENCE = 400  # seconds: a browser compiles Python before the first answer, on a machine that does other things too
MISSING = re.compile(r"a plot needs matplotlib: pip install .*|No module named 'pandas'")


@pytest.fixture(scope="module")
def lite(site, home) -> str:
    """Return the address of JupyterLite in the site."""
    if not (site / "lite").is_dir():
        pytest.skip("needs a site that was built with sphinx-build -t lite (pip install 'capset[lite]', and npm)")
    return f"{home}/lite"


def until(driver, wanted, what: str):
    """Wait for what the page has, or say how it is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        state = driver.execute_script(STATE)
        if wanted(state):
            return state
        assert not state["dialog"], f"{what}: JupyterLite asks {state['dialog']}"
        assert not state["errors"], f"{what}: a cell says {state['errors']}"
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s; the page: {state}"
        time.sleep(0.2)


def ran(driver, address: str, name: str) -> list[str]:
    """Open a notebook, run all its cells, and return what they printed."""
    notebook = json.loads((ROOT / "examples" / name).read_text("utf-8"))
    count = sum(cell["cell_type"] == "code" for cell in notebook["cells"])
    page.window(driver, 1280, 12_000)  # a cell that is not seen is not drawn
    driver.get(f"{address}/lab/index.html?path={name}")
    until(driver, lambda state: state["status"] == "idle" and len(state["cells"]) == count, f"{name} is open")
    choose(driver, "Run", "Run All Cells")

    def done(state) -> bool:
        return state["status"] == "idle" and all(prompt.strip("[]: ").isdigit() for prompt in state["cells"])

    until(driver, done, f"every cell of {name} has run")
    printed = "[data-mime-type='application/vnd.jupyter.stdout']"
    return driver.execute_script("return [...document.querySelectorAll(arguments[0])].map(it => it.innerText)", printed)


def test_the_first_notebook(blank, lite, shots):
    """It runs to its end, its values are shown, and what draws or makes a frame says in a line what it lacks."""
    printed = ran(blank, lite, NOTEBOOKS[0])
    shown = [table.caption for table in page.tables(blank)]
    page.screenshot(blank, shots / "lite.png", 1280, 6000)

    assert page.cell_errors(blank) == []
    assert "13 capabilities" in " ".join(map(str, shown))
    assert [text for text in printed if not MISSING.fullmatch(text.strip())] == []
    assert page.said_and_asked(blank) == []


def test_a_page_of_ones_own(blank, site, lite, tmp_path, serve):
    """The page of the how-to works as it stands, with Pyodide and the wheels of the site for others."""
    [markup] = re.findall(r"^```html\n(.*?)^```$", (ROOT / "docs/howto/browser.md").read_text("utf-8"), re.M | re.S)
    elsewhere = re.compile(r"https://[^\"]*/pyodide\.mjs")
    assert len(elsewhere.findall(markup)) == 1
    (tmp_path / "lite").symlink_to(site / "lite")
    (tmp_path / "page.html").write_text(elsewhere.sub("./lite/static/pyodide/pyodide.mjs", markup), "utf-8")
    blank.get(f"{serve(tmp_path)}/page.html")
    deadline = time.monotonic() + PATIENCE
    while (text := blank.execute_script("return document.querySelector('#answer').textContent")).startswith("Python"):
        assert time.monotonic() < deadline, page.said_and_asked(blank)
        time.sleep(0.2)

    assert text == "CAP_NET_ADMIN,CAP_NET_RAW"
    assert page.said_and_asked(blank) == []
