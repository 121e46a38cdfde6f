"""The notebooks on the documentation site, as a browser shows them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from capset import CapSet, engines
from tests.browser import page

ROOT = Path(__file__).parent.parent.parent
CHECKS = (*page.CHECKS, page.wordless_images, page.code_overflows)
NOTEBOOKS = sorted(path.stem for path in (ROOT / "examples").glob("*.ipynb"))
THEMES = ("light", "dark")
PAGES = ("index", "tutorial/container", "notebooks/index")


def choose(driver, address: str, theme: str) -> None:
    """Open a page with the theme that a person chose there before; the system's is the other one."""
    page.prefer(driver, THEMES[1 - THEMES.index(theme)])
    driver.get(address)
    driver.execute_script("localStorage.setItem('theme', arguments[0])", theme)
    driver.get(address)
    assert driver.execute_script("return document.body.dataset.theme") == theme
    page.unfold(driver)


def whole_height(driver) -> int:
    return driver.execute_script("return document.scrollingElement.scrollHeight")


def executed(site: Path, name: str) -> Path:
    """Return the notebook that the site shows, with its outputs."""
    [path] = (site / ".doctrees").rglob(f"{name}.ipynb")
    return path


def test_there_are_notebooks():
    """A folder that was not found would pass unread."""
    assert len(NOTEBOOKS) >= 4


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook(blank, site, home, shots, name):
    """Its pages are well at both widths in both themes, and have every table that its cells gave."""
    found, shown = [], page.tables_of(executed(site, name))
    for theme, width in itertools.product(THEMES, page.WIDTHS):
        page.window(blank, width)
        choose(blank, f"{home}/notebooks/{name}.html", theme)
        found += [f"{theme}, {width} pixels: {complaint}" for complaint in page.complaints(blank, CHECKS)]
        assert page.tables(blank) == shown
        page.screenshot(blank, shots / f"site-{name}-{theme}-{width}.png", width, whole_height(blank))

    assert found + page.said_and_asked(blank) == []
    assert shown


def test_the_first_comparison_is_true(blank, home):
    """Each row of it says of Docker and Podman what the library says; a capability without a row is in all or none."""
    blank.get(f"{home}/notebooks/{NOTEBOOKS[0]}.html")
    table = page.tables(blank)[0]
    claims = {name: table.claims(name) for name in ("docker", "podman", "mine")}

    assert table.caption == f"{len(claims['mine'])} capabilities differ among 3 effective sets"
    for name in ("docker", "podman"):
        default = engines.get(name).default
        assert claims[name] == {cap: cap in default for cap in claims[name]}
        assert table.column(name, by="capability")["mask"] == default.hex()
    assert CapSet(claims["docker"]) >= engines.get("docker").default ^ engines.get("podman").default


@pytest.mark.parametrize("name", PAGES)
def test_another_page(blank, home, shots, name):
    """Nothing makes the page wider than the window, and no code is cut off."""
    found = []
    for theme, width in itertools.product(THEMES, page.WIDTHS):
        page.window(blank, width)
        choose(blank, f"{home}/{name}.html", theme)
        found += [f"{theme}, {width} pixels: {complaint}" for complaint in page.code_overflows(blank)]
        page.screenshot(blank, shots / f"site-{name.replace('/', '-')}-{theme}-{width}.png", width, whole_height(blank))

    assert found + page.said_and_asked(blank) == []


def test_the_theme_of_the_system(blank, home):
    """Who chose no theme gets that of the system, as legible."""
    found = []
    for theme in THEMES:
        blank.get(f"{home}/notebooks/{NOTEBOOKS[0]}.html")
        blank.execute_script("localStorage.setItem('theme', 'auto')")
        page.prefer(blank, theme)
        blank.get(f"{home}/notebooks/{NOTEBOOKS[0]}.html")
        page.unfold(blank)
        [ground] = blank.execute_script("return [getComputedStyle(document.body).backgroundColor]")
        dark = max(map(int, ground.removeprefix("rgb(").removesuffix(")").split(","))) < 128
        assert dark == (theme == "dark"), ground
        found += [f"{theme}: {complaint}" for complaint in page.faint(blank)]

    assert found == []
