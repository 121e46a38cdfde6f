"""The first notebook in JupyterLab: opened, run and read as a person would."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from attrs import frozen

from tests.browser import page
from tests.browser.conftest import ROOT, require

FIRST = min((path.name for path in (ROOT / "examples").glob("*.ipynb")), default=None)
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
PATIENCE = 120  # seconds, for what a kernel has to do


@frozen
class Lab:
    """A JupyterLab of its own on a copy of examples/."""

    address: str
    token: str
    folder: Path
    settings: Path
    log: Path

    def set(self, plugin: str, **values: object) -> None:
        """Write a settings file, as the settings editor does."""
        path = self.settings / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), "utf-8")

    def said(self) -> str:
        """Return the end of what it logged."""
        return self.log.read_text("utf-8", "replace")[-3000:]


# Names that JupyterLab could take for a formula with a comment in it, and that run from right to left.
HOSTILE = """from capset import compare
compare(**{"$x%hidden$": ["sys_admin"], "a   b$": ["kill"], "\u05d0 1": [41]})"""


def add_cell(path: Path, source: str) -> None:
    """Put a cell of code at the end of a notebook."""
    notebook = json.loads(path.read_text("utf-8"))
    cell = {
        "cell_type": "code",
        "id": "hostile",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    notebook["cells"].append(cell)
    path.write_text(json.dumps(notebook), "utf-8")


def answers(lab: Lab) -> bool:
    try:
        with urllib.request.urlopen(f"{lab.address}/api/status?token={lab.token}", timeout=5) as answer:
            return answer.status == 200
    except OSError:  # URLError is one, as is a connection that is refused
        return False


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Start JupyterLab with folders of its own, without what would ask for news."""
    require("jupyterlab", "ipykernel", "matplotlib", "pandas")
    own = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "examples", own / "examples", ignore=shutil.ignore_patterns("__pycache__", ".ipynb_*"))
    add_cell(own / "examples" / FIRST, HOSTILE)
    places = {
        name: str(own / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "HOME")
    }
    for place in places.values():
        Path(place).mkdir()
    off = ["@jupyterlab/apputils-extension:announcements", "@jupyterlab/extensionmanager-extension"]
    (own / "jupyter_config_dir/labconfig").mkdir()
    config = own / "jupyter_config_dir/labconfig/page_config.json"
    config.write_text(json.dumps({"disabledExtensions": dict.fromkeys(off, True)}), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lab = Lab(f"http://127.0.0.1:{port}", secrets.token_hex(), own / "examples", own / "settings", own / "log")
    lab.set("notebook-extension/tracker", windowingMode="none")  # every cell is in the page, seen or not
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
        *(
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={lab.token}",
            f"--LabApp.user_settings_dir={lab.settings}",
        ),
        *(f"--LabApp.workspaces_dir={own}/workspaces", f"--ServerApp.root_dir={lab.folder}", "--LabApp.news_url=None"),
        *("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly"),
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]
    env = {**os.environ, **places, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with lab.log.open("wb") as log:
        server = subprocess.Popen(command, cwd=own, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not answers(lab):
            assert server.poll() is None, f"JupyterLab ended with {server.returncode}:\n{lab.said()}"
            assert time.monotonic() < deadline, f"JupyterLab does not answer:\n{lab.said()}"
            time.sleep(0.1)
        yield lab
    finally:
        server.terminate()  # its kernels end with it
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


STATE = """
const cells = [...document.querySelectorAll(".jp-CodeCell")];
return {
    kernel: document.querySelector(".jp-Toolbar-kernelName")?.textContent.trim() ?? "no notebook",
    status: document.querySelector(".jp-Notebook-ExecutionIndicator")?.dataset.status ?? "no notebook",
    cells: cells.map(cell => cell.querySelector(".jp-InputPrompt")?.textContent ?? "not drawn"),
    errors: [...document.querySelectorAll("[data-mime-type='application/vnd.jupyter.stderr']")].map(it => it.innerText),
    dialog: [...document.querySelectorAll(".jp-Dialog")].map(it => it.innerText),
    busy: Boolean(document.querySelector("#jupyterlab-splash")),
};
"""


def until(driver, lab: Lab, wanted, what: str) -> dict[str, object]:
    """Wait until the page is as wanted, or say how it is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        state = driver.execute_script(STATE)
        if wanted(state):
            return state
        assert not state["dialog"], f"{what}: JupyterLab asks {state['dialog']}"
        assert not state["errors"], f"{what}: a cell says {state['errors']}"
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s; the page: {state}; {lab.said()}"
        time.sleep(0.1)


def is_open(state) -> bool:
    """The notebook is there, and so is its kernel: without one, JupyterLab calls a notebook idle too."""
    ready = state["status"] == "idle" and state["kernel"].startswith("Python 3")
    return ready and bool(state["cells"]) and not state["busy"]


def has_run(state) -> bool:
    """Every cell has a number, and the kernel has nothing to do."""
    return is_open(state) and all(prompt.strip("[]: ").isdigit() for prompt in state["cells"])


def choose(driver, menu: str, entry: str) -> None:
    """Click on an entry of a menu."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support import expected_conditions as expected
    from selenium.webdriver.support.ui import WebDriverWait

    wait = WebDriverWait(driver, 30)
    bar = f"//*[contains(@class, 'lm-MenuBar-itemLabel') and normalize-space()='{menu}']"
    wait.until(expected.element_to_be_clickable((By.XPATH, bar)), f"the menu {menu}").click()
    label = f"//*[contains(@class, 'lm-Menu-itemLabel') and normalize-space()='{entry}']"
    wait.until(expected.element_to_be_clickable((By.XPATH, label)), f"the entry {entry} of the menu {menu}").click()


def show(driver, lab: Lab, theme: str) -> None:
    """Open the notebook with that theme, as it was saved."""
    lab.set("apputils-extension/themes", theme=THEMES[theme])
    driver.get(f"{lab.address}/lab/tree/{FIRST}?reset&token={lab.token}")
    until(driver, lab, is_open, f"{FIRST} is open")


def at_width(driver, width: int) -> int:
    """Make the window so high that the whole notebook is seen; return the height."""
    page.window(driver, width)
    page.unfold(driver)
    fold(driver, width < 1000)
    for _ in range(2):  # where the window is higher, there is more room below the last cell
        height = driver.execute_async_script("""
            const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => {
                const outer = document.querySelector(".jp-WindowedPanel-outer");
                outer.scrollTop = 0;
                const last = [...outer.querySelectorAll(".jp-Cell")].at(-1).getBoundingClientRect();
                done(Math.ceil(last.bottom) + 120);
            }));
        """)
        page.window(driver, width, height)
    return height


def fold(driver, away: bool) -> None:
    """Show the panel at the left, or not: who has a narrow window folds it away."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    gone = "return document.querySelector('#jp-left-stack').classList.contains('lm-mod-hidden')"
    if driver.execute_script(gone) != away:
        ActionChains(driver).key_down(Keys.CONTROL).send_keys("b").key_up(Keys.CONTROL).perform()
        WebDriverWait(driver, 10).until(lambda _: driver.execute_script(gone) == away, "the panel at the left")


def saved_tables(lab):
    """Return the tables of the notebook as it was saved; none while it is being written."""
    try:
        return page.tables_of(lab.folder / FIRST)
    except json.JSONDecodeError:
        return []


def test_the_first_notebook(blank, lab, shots):
    """Run all of it through the menu; each table is shown as its cell gave it, legible at both widths and themes."""
    show(blank, lab, "light")
    choose(blank, "Run", "Run All Cells")
    until(blank, lab, has_run, "every cell has run")
    choose(blank, "File", "Save Notebook")
    deadline = time.monotonic() + 30
    while not (given := saved_tables(lab)):
        assert time.monotonic() < deadline, f"no table was saved: {lab.said()}"
        time.sleep(0.1)
    found = []
    for theme in THEMES:
        if theme != "light":
            show(blank, lab, theme)
        until(blank, lab, has_run, f"what was saved is shown, {theme}")
        [dark] = blank.execute_script("return [document.body.dataset.jpThemeLight === 'false']")
        assert dark == (theme == "dark")
        for width in page.WIDTHS:
            height = at_width(blank, width)
            found += [f"{theme}, {width} pixels: {complaint}" for complaint in page.complaints(blank)]
            assert page.tables(blank) == given
            page.screenshot(blank, shots / f"lab-{theme}-{width}.png", width, height)

    assert found + page.said_and_asked(blank) == []
