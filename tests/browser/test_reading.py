"""What a person does on the documentation site: look, follow links, search, copy, scroll, read in the dark."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from attrs import frozen

import capset
from tests.browser import page
from tests.browser.test_site import choose

PHONE = (390, 844)
SCREENS = {"desk": (1280, 800), "phone": PHONE}
# What people look for, by the names under which they know it; and the page that tells.
KNOWN = {
    "capsh": "capsh",
    "getpcaps": "capsh",
    "getcap": "getcap",
    "setcap": "getcap",
    "pscap": "pscap",
    "filecap": "pscap",
    "netcap": "pscap",
    "captest": "pscap",
    "systemd-analyze": "systemd",
    "systemctl show": "systemd",
    "docker inspect": "docker",
    "kubectl": "kubectl",
    "libcap": "libcap",
    "cap_get_proc": "libcap",
    "cap_from_text": "libcap",
    "cap_iab_get_proc": "libcap",
    "python-prctl": "python-prctl",
    "pyprctl": "pyprctl",
}


@frozen
class Linked:
    """The links of a page, and the places in it."""

    links: frozenset[str]
    places: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Linked:
        """Read a page that Sphinx wrote: it puts every value into double quotes."""
        text = re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)
        links = re.findall(r'\s(?:href|src)="([^"]*)"', text)
        places = re.findall(r'\s(?:id|name)="([^"]*)"', text)
        return cls(frozenset(map(html.unescape, links)), frozenset(["", *map(html.unescape, places)]))


def dead(site: Path) -> Iterator[str]:
    """Say which links lead to no file of the site, or to no place in one."""
    texts = {path: path.read_text("utf-8") for path in site.rglob("*.html")}
    pages = {path: Linked.of(text) for path, text in texts.items() if "furo-main-content" in text}
    for path, found in pages.items():
        for link in sorted(found.links):
            parts = urlsplit(urljoin(path.as_uri(), link))
            if parts.scheme != "file":
                continue
            target = Path(unquote(parts.path))
            if not target.exists():
                yield f"{path.relative_to(site)}: {link}: there is no such file"
            elif target in pages and unquote(parts.fragment) not in pages[target].places:
                yield f"{path.relative_to(site)}: {link}: there is no such place"


def test_every_link_leads_somewhere(site):
    """Every page, every anchor."""
    assert len(list(site.rglob("*.html"))) > 50
    assert list(dead(site)) == []


def test_a_dead_link_is_seen(tmp_path):
    """One to a file that is not, and one to a place that is not; not one that leaves the site."""
    main = '<main id="furo-main-content">'
    (tmp_path / "a.html").write_text(f'{main}<a href="none.html">x</a><a href="b.html#none">y</a>', "utf-8")
    (tmp_path / "b.html").write_text(
        f'{main}<a href="a.html#furo-main-content">x</a><a href="https://a.b/c#d">y</a>', "utf-8"
    )

    assert list(dead(tmp_path)) == [
        "a.html: b.html#none: there is no such place",
        "a.html: none.html: there is no such file",
    ]


@pytest.mark.parametrize("screen", SCREENS)
def test_the_first_page_is_one_screen(blank, home, shots, screen):
    """The picture, the lines and the four doors are seen without scrolling, nothing sticks out, and each door opens."""
    width, height = SCREENS[screen]
    for theme in ("light", "dark"):
        page.window(blank, width, height)
        choose(blank, f"{home}/index.html", theme)
        page.screenshot(blank, shots / f"first-{screen}-{theme}.png", width, height)
        seen = blank.execute_script("""
            const box = element => element.getBoundingClientRect();
            return {
                below: Math.max(...[...document.querySelectorAll(".first, ul.doors")].map(it => box(it).bottom)),
                pictures: [...document.querySelectorAll(".first img")].filter(it => it.checkVisibility()).length,
                lines: document.querySelector(".first pre").textContent.trim().split("\\n").length,
                doors: document.querySelectorAll("ul.doors > li a").length,
                wide: document.scrollingElement.scrollWidth,
            };
        """)
        assert seen["below"] <= height, seen
        assert (seen["pictures"], seen["doors"], seen["wide"]) == (1, 4, width)
        assert seen["lines"] <= 11
    assert page.said_and_asked(blank) == []


def test_the_version_is_told(blank, home):
    """On each page, in the sidebar."""
    for name in ("index", "coming-from/capsh"):
        blank.get(f"{home}/{name}.html")
        [told] = blank.execute_script("return [...document.querySelectorAll('p.version')].map(it => it.textContent)")
        assert told.split() == ["version", capset.__version__]


@pytest.mark.parametrize("words", KNOWN)
def test_what_people_know_is_found(blank, home, words):
    """The page that tells of it is among the first three results."""
    from selenium.webdriver.support.ui import WebDriverWait

    blank.get(f"{home}/search.html?q={words.replace(' ', '+')}")
    script = "return [...document.querySelectorAll('#search-results li a')].map(it => it.getAttribute('href'))"
    summary = "document.querySelector('#search-results .search-summary')?.textContent ?? ''"
    done = f"return /found|did not match/.test({summary})"
    WebDriverWait(blank, 30).until(lambda driver: driver.execute_script(done), f"results for {words}")
    found = [link.partition("?")[0].partition("#")[0] for link in blank.execute_script(script)]

    assert any(link.endswith(f"coming-from/{KNOWN[words]}.html") for link in found[:3]), found[:8]


def copy(driver, selector: str) -> str:
    """Click on the button of the first such block, and return what is in the clipboard then."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    button = driver.find_element(By.CSS_SELECTOR, f"{selector} button.copybtn")
    ActionChains(driver).move_to_element(button).click().perform()
    WebDriverWait(driver, 10).until(lambda _: "success" in button.get_attribute("class"), "the button says so")
    return driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")


def test_what_is_copied_can_be_run(blank, home):
    """No prompts, nothing that was printed; all of what has no prompt; and outputs of notebooks have no button."""
    blank.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    blank.get(f"{home}/howto/decode.html")
    copied = {}
    for kind in ("python", "console"):
        copied[kind] = copy(blank, f".highlight-{kind}")
    blank.get(f"{home}/index.html")
    copied["sh"] = copy(blank, ".highlight-sh")
    blank.get(f"{home}/notebooks/1_tour.html")
    [inputs, outputs] = blank.execute_script("""
        const buttons = place => document.querySelectorAll(`${place} button.copybtn`).length;
        return [buttons(".cell_input"), buttons(".cell_output")];
    """)

    assert copied["python"].splitlines()[:2] == [
        "from capset import CapSet",
        'CapSet.from_hex("0000000000003000").names()',
    ]
    assert copied["console"].strip() == "capset decode 0x3000"
    assert copied["sh"].startswith("python3 -m venv .venv && ")
    assert inputs > 3
    assert outputs == 0


def lightness(driver, selector: str) -> float:
    """Return how light what is painted there is, from 0 to 1."""
    from matplotlib import image

    box = driver.execute_script(
        """
        const element = [...document.querySelectorAll(arguments[0])].find(it => it.checkVisibility());
        element.scrollIntoView();
        const {x, y, width, height} = element.getBoundingClientRect();
        return {x: x + scrollX, y: y + scrollY, width, height, scale: 1};
    """,
        selector,
    )
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": box})
    return float(image.imread(io.BytesIO(base64.b64decode(taken["data"])))[..., :3].mean())


@pytest.mark.parametrize(("name", "selector"), [("index", ".first img"), ("notebooks/1_tour", ".cell_output img")])
def test_a_picture_fits_its_page(blank, home, name, selector):
    """It is light on a light page and dark on a dark one."""
    choose(blank, f"{home}/{name}.html", "light")
    light = lightness(blank, selector)
    choose(blank, f"{home}/{name}.html", "dark")

    assert lightness(blank, selector) < 0.4 < 0.7 < light


def test_rows_of_a_wide_table_keep_their_names(blank, home):
    """On a phone the table scrolls sideways, and what its rows are stays."""
    page.window(blank, *PHONE)
    blank.get(f"{home}/notebooks/1_tour.html")
    before, after, moved = blank.execute_script("""
        const table = document.querySelector(".capset table"), box = table.closest(".output");
        const name = table.querySelector("tbody th[scope=row]"), left = () => name.getBoundingClientRect().left;
        table.style.minWidth = "60rem";
        const before = left();
        box.scrollLeft = 200;
        return [before, left(), box.scrollLeft];
    """)

    assert moved == 200
    assert after == pytest.approx(
        max(
            before - 200,
            blank.execute_script(
                "return document.querySelector('.capset table').closest('.output').getBoundingClientRect().left"
            ),
        ),
        abs=2,
    )
