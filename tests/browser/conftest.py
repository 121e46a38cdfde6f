"""A browser, the site, and JupyterLab, each of its own and ended afterwards."""

from __future__ import annotations

import functools
import http
import http.server
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def find(name: str, package: str) -> str:
    """Find a program, or skip and say which Debian package has it."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"needs {name} (Debian: apt-get install {package})")
    return path


def require(*modules: str) -> None:
    """Skip where a module is missing; loading it is left to who needs it."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"needs {module} (pip install 'capset[browser]')")


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    """Start a Chromium without a window; its driver is told, so that none is looked for on the network."""
    require("selenium")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = find("chromium", "chromium")
    for option in (
        "--headless=new",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(option)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # root has none
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(find("chromedriver", "chromium-driver"))
    chromium = webdriver.Chrome(options, service)
    chromium.set_page_load_timeout(60)
    chromium.set_script_timeout(60)
    yield chromium
    chromium.quit()


@pytest.fixture
def blank(driver):
    """Go to an empty page, with an ordinary window and nothing left in the logs."""
    from tests.browser import page

    driver.get("about:blank")
    page.window(driver, 1280)
    page.prefer(driver, "light")
    page.said_and_asked(driver)
    return driver


@pytest.fixture(scope="session")
def shots(tmp_path_factory) -> Path:
    """Make the folder for screenshots: that of CAPSET_SCREENSHOTS, for a person to look at them."""
    path = Path(os.environ.get("CAPSET_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots")).absolute()
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Build the site, or take that of CAPSET_SITE; skip where it cannot be built."""
    if built := os.environ.get("CAPSET_SITE"):
        return Path(built)
    require("sphinx", "furo", "myst_nb", "ipykernel", "matplotlib", "pandas")
    path = tmp_path_factory.mktemp("site") / "html"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), *sys.path]))}
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "docs", str(path)]
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    return path


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def do_GET(self):
        """Give no icon where there is none: a browser asks for one that no page names."""
        if self.path == "/favicon.ico":
            self.send_response(http.HTTPStatus.NO_CONTENT)
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, format, *args):
        """Keep the output of the tests readable."""


@pytest.fixture(scope="session")
def serve():
    """Serve folders on this machine, each at a port of its own, until the tests end."""
    servers: list[tuple[http.server.ThreadingHTTPServer, threading.Thread]] = []

    def start(folder: Path) -> str:
        handler = functools.partial(Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def home(site, serve) -> str:
    """Return the address of the site."""
    return serve(site)


@pytest.fixture
def shown(blank, tmp_path, serve):
    """Show a page."""
    from tests.browser import page

    def show(markup: str, scheme: str = "light"):
        (tmp_path / "page.html").write_text(markup, "utf-8")
        page.prefer(blank, scheme)
        blank.get(f"{serve(tmp_path)}/page.html")
        page.unfold(blank)
        return blank

    return show
