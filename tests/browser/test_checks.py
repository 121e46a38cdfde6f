"""Each check of a page finds what it is for: on pages made to be wrong in one thing, beside one that is right."""

from __future__ import annotations

import base64
import json
import re

import pytest

from capset import DOCKER_DEFAULT, Cap
from tests.browser import page

# A picture of 40 x 30 pixels.
PICTURE = "data:image/svg+xml;base64," + base64.b64encode(
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30"/></svg>'
).decode("ascii")

ROWS = "".join(f'<tr><th scope="row">{cap}</th><td>{"yes" if cap in DOCKER_DEFAULT else "no"}</td></tr>' for cap in Cap)
HEAD = '<tr><th scope="col">capability</th><th scope="col">docker</th></tr>'
GOOD = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
<style>:root {{ color-scheme: light dark }} .cell_output {{ width: 600px }} .note {{ color: #767676 }}</style>
<div class="cell_output"><div class="output text_html"><div class="capset"><table><caption>What Docker gives</caption>
<thead>{HEAD}</thead><tbody>{ROWS}</tbody></table><p class="note" style="background: white">Some words.</p>
<details open><summary>More</summary><p>of it</p></details></div>
<img src="{PICTURE}" alt="A black rectangle"></div></div></html>"""

LONG = "CAP_NET_ADMIN," * 60


def changed(old: str, new: str) -> str:
    """Return the good page with one thing changed."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize("width", page.WIDTHS)
def test_a_good_page(shown, width):
    """Nothing is found where nothing is wrong, at the least contrast that is enough."""
    driver = shown(GOOD)
    page.window(driver, width)

    assert page.complaints(driver, (*page.CHECKS, page.wordless_images)) == []
    assert page.said_and_asked(driver) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("<p>of it", f"<p>{LONG}", "the page is"),
        ("<td>yes", "<td style='min-width: 700px'>yes", "table.* reaches"),
        ('class="output text_html"', f'class="output text_html" style="overflow-x: auto" title="{LONG}"', None),
        ("<p>of it", f'<p style="overflow-x: auto">{LONG}', r"p .* hides \d+ pixels at the right"),
        ("<p>of it", f'<p style="overflow: hidden; text-overflow: ellipsis">{LONG}', "hides .* at the right"),
        ("<p>of it", '<p style="overflow: hidden; height: 5px">of it', r"hides \d+ pixels below"),
        ("<td>yes", f'<td style="display: block; width: 80px">{LONG}', "text leaves td"),
        ("<p>of it", '<p style="margin-left: -30px">of it', "reaches -"),
    ],
)
def test_overflow(shown, old, new, complaint):
    """What is wider than the page, its column or its cell; what scrolls sideways; what is cut off."""
    found = page.overflows(shown(changed(old, new)))

    if complaint is None:
        assert found == []
    else:
        assert [each for each in found if re.search(complaint, each)], found


def test_code_that_is_cut_off(shown):
    """Only code: outputs have their own check."""
    code = f'<div class="highlight-sh"><pre style="overflow-x: auto">{LONG}</pre></div>'
    found = page.code_overflows(shown(changed("<img", f"{code}<img")))

    assert any(each.startswith("pre ") for each in found)
    assert page.code_overflows(shown(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("<caption>What Docker gives</caption>", "", "has no caption"),
        ("What Docker gives", " ", "has no caption"),
        ('<th scope="row">', "<th>", "th “CAP_CHOWN” in caption “What Docker gives” has no scope"),
        ('<th scope="col">', '<th scope="column">', "th “capability” in caption “What Docker gives” has no scope"),
    ],
)
def test_accessible_tables(shown, old, new, complaint):
    """Captions and scopes."""
    [found] = page.inaccessible(shown(changed(old, new)))

    assert found.endswith(complaint)


def test_a_table_without_header_cells(shown):
    """Cells that say of which row and column they are have none to say it."""
    found = page.inaccessible(shown(GOOD.replace("<th ", "<td ").replace("</th>", "</td>")))

    assert [each[-18:] for each in found] == ["has no header cell"]


@pytest.mark.parametrize(
    ("style", "contrast"),
    [
        ("color: #777777; background: white", "4.48"),
        ("color: rgb(0 0 0 / 50%); background: white", "4.00"),
        ("color: color-mix(in srgb, black 50%, white); background: white", "3.95"),
        ("color: black; background: white; opacity: 0.5", "3.98"),
        ("color: #777777; background: rgb(255 255 255 / 100%)", "4.48"),
        ("color: white; background: transparent", "1.00"),
        ("color: black; background: rgb(0 0 0 / 60%)", "3.66"),
        ("color: black; background-image: linear-gradient(black, white)", "over a picture"),
    ],
)
def test_contrast(shown, style, contrast):
    """WCAG's formula, over what the browser paints: alpha and opacity let through what is behind."""
    found = page.faint(shown(changed('style="background: white"', f'style="{style}"')))

    assert any(contrast in each for each in found), found
    assert all(each.startswith("p.note") for each in found)


def test_contrast_in_the_dark(shown):
    """What was legible on white is not where the system has a dark page; a text that is not there is no text."""
    found = page.faint(shown(changed('style="background: white"', 'style="color: #333333"'), "dark"))

    assert [each[:6] for each in found] == ["p.note"]
    assert page.faint(shown(changed("background: white", "display: none"), "dark")) == []
    assert page.faint(shown(GOOD.replace('class="capset"', ""))) == ["no text is visible in .capset"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (PICTURE, "none.png", "/none.png is not loaded"),
        ("<img ", '<img style="width: 700px" ', "reaches"),
        ("<img ", '<img style="width: 10px" ', "reaches"),
    ],
)
def test_images(shown, old, new, complaint):
    """Loaded, large enough to be seen, and not wider than the column."""
    [found] = page.bad_images(shown(changed(old, new)))

    assert complaint in found


@pytest.mark.parametrize("words", [" ", "../_images/1234.png"])
def test_words_for_images(shown, words):
    """The name of a file says nothing."""
    [found] = page.wordless_images(shown(changed("A black rectangle", words)))

    assert found.endswith(f"has for words only “{words}”")


@pytest.mark.parametrize(
    "output",
    [
        '<div class="output traceback">ZeroDivisionError</div>',
        '<div class="output stderr">a warning</div>',
        '<div data-mime-type="application/vnd.jupyter.stderr">ZeroDivisionError</div>',
    ],
)
def test_cell_errors(shown, output):
    """As the site and JupyterLab show them."""
    [found] = page.cell_errors(shown(changed("<img", f"{output}<img")))

    assert found.startswith("a cell says div")


def test_tables(shown, tmp_path):
    """The browser's reading and that of the markup agree, and a row that is gone is missed."""
    expected = {str(cap): "yes" if cap in DOCKER_DEFAULT else "no" for cap in Cap}
    [table] = page.tables(shown(GOOD))
    notebook = tmp_path / "a.ipynb"
    output = {"output_type": "display_data", "data": {"text/html": GOOD.splitlines(keepends=True)}}
    notebook.write_text(json.dumps({"cells": [{"cell_type": "markdown"}, {"outputs": [output, {"text": "words"}]}]}))

    assert table.caption == "What Docker gives"
    assert table.head == (("capability", "docker"),)
    assert table.column("docker", by="capability") == expected
    assert table.claims("docker") == {cap: cap in DOCKER_DEFAULT for cap in Cap}
    assert page.tables_in(GOOD) == page.tables_of(notebook) == [table]
    assert page.tables(shown(changed('<tr><th scope="row">CAP_CHOWN</th><td>yes</td></tr>', ""))) != [table]
    assert page.tables(shown(changed("<td>yes", "<td>no"))) != [table]


def test_requests_and_the_console(shown):
    """A picture from elsewhere is told twice: it was asked for, and it did not come."""
    driver = shown(changed("<img", '<img src="http://192.0.2.1/a.png" alt="From elsewhere"><img'))
    found = page.said_and_asked(driver)

    assert "asked for http://192.0.2.1/a.png" in found
    assert any(each.startswith("console: ") for each in found)
    assert page.said_and_asked(driver) == []
