"""What is asked of a page in a browser: each check gives complaints, none where all is well.

Checks look at what is drawn, not at what was written: rectangles, computed colours, the text as rendered.
`ROOT` says where: the outputs of notebooks, on the site and in JupyterLab. All of them are held to fail by
test_checks.py.
"""

from __future__ import annotations

import base64
import html.parser
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import field, frozen

from capset import Cap

OUTPUTS = ".cell_output, .jp-OutputArea-output"
CODE = ".cell_input, .highlight-python, .highlight-sh"
WIDTHS = (1280, 800)
LEAST_CONTRAST = 4.5

# What the checks have in common: elements that are drawn, and a short name for one of them.
_COMMON = """
const drawn = element => element.checkVisibility({checkVisibilityCSS: true, checkOpacity: true});
const named = element => {
    const text = element.textContent.trim().replace(/\\s+/g, " ");
    return element.localName + (element.className ? "." + String(element.className).trim().replace(/\\s+/g, ".") : "")
        + " \\u201c" + (text.length > 60 ? text.slice(0, 57) + "..." : text) + "\\u201d";
};
const texts = root => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), found = [];
    while (walker.nextNode())
        if (walker.currentNode.data.trim() && drawn(walker.currentNode.parentElement)) found.push(walker.currentNode);
    return found;
};
const outermost = [...document.querySelectorAll(selector)].filter(root => !root.parentElement.closest(selector));
const complaints = [];
"""

_OVERFLOW = """
const page = document.scrollingElement, slack = 1;
if (page.scrollWidth > page.clientWidth)
    complaints.push(`the page is ${page.scrollWidth} wide, the window ${page.clientWidth}`);
for (const root of outermost.filter(drawn)) {
    const column = root.getBoundingClientRect(), blamed = new Set();
    for (const element of [root, ...root.querySelectorAll("*")].filter(drawn)) {
        const box = element.getBoundingClientRect(), style = getComputedStyle(element);
        const out = box.width && (box.right > column.right + slack || box.left < column.left - slack);
        if (out) blamed.add(element);
        if (out && !blamed.has(element.parentElement))  // what is inside of it is out as well
            complaints.push(`${named(element)} reaches ${Math.round(box.left)} to ${Math.round(box.right)}, `
                + `its column ${Math.round(column.left)} to ${Math.round(column.right)}`);
        if (style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + slack)
            complaints.push(`${named(element)} hides ${element.scrollWidth - element.clientWidth} pixels at the right`);
        if (["hidden", "clip"].includes(style.overflowY) && element.scrollHeight > element.clientHeight + slack)
            complaints.push(`${named(element)} hides ${element.scrollHeight - element.clientHeight} pixels below`);
    }
    for (const text of texts(root)) {
        const range = document.createRange();
        range.selectNodeContents(text);
        const holder = text.parentElement.closest("td, th, caption, summary, pre, p, div").getBoundingClientRect();
        for (const line of range.getClientRects())
            if (line.width && (line.right > holder.right + slack || line.left < holder.left - slack)) {
                complaints.push(`text leaves ${named(text.parentElement)} by ${Math.round(line.right - holder.right)}`);
                break;
            }
    }
}
return complaints;
"""

_TABLES_ARE_ACCESSIBLE = """
for (const table of document.querySelectorAll(".capset table")) {
    if (!table.caption || !table.caption.textContent.trim()) complaints.push(`${named(table)} has no caption`);
    if (!table.querySelector("th")) complaints.push(`${named(table)} has no header cell`);
    for (const cell of table.querySelectorAll("th"))
        if (!["col", "row", "colgroup", "rowgroup"].includes(cell.scope))
            complaints.push(`${named(cell)} in ${named(table.caption || table)} has no scope`);
}
return complaints;
"""

_CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
canvas.canvas.width = canvas.canvas.height = 1;
const known = new Map();
const rgba = colour => {  // any notation that CSS has, as the browser itself paints it
    if (!known.has(colour)) {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
        known.set(colour, [red, green, blue, alpha / 255]);
    }
    return known.get(colour);
};
const mix = (front, back, share) => front.map((value, at) => value * share + back[at] * (1 - share));
const over = (colour, back) => mix(rgba(colour).slice(0, 3), back, rgba(colour)[3]);
const luminance = colour => {
    const [red, green, blue] = colour.map(value => value / 255)
        .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const paint = (chain, back) => {  // from the outside: what is behind the text, and the text
    const [style, ...inner] = chain;
    const ground = over(style.backgroundColor, back);
    const painted = inner.length ? paint(inner, ground) : {ground, text: over(style.color, ground)};
    const opacity = Number(style.opacity);
    return {ground: mix(painted.ground, back, opacity), text: mix(painted.text, back, opacity)};
};
const probe = document.body.appendChild(document.createElement("i"));
probe.style.color = "Canvas";
const paper = rgba(getComputedStyle(probe).color).slice(0, 3);
probe.remove();
let seen = 0;
for (const root of outermost)
    for (const text of texts(root)) {
        const chain = [];
        for (let element = text.parentElement; element; element = element.parentElement)
            chain.unshift(getComputedStyle(element));
        const picture = chain.find(style => style.backgroundImage !== "none");
        if (picture) complaints.push(`${named(text.parentElement)} is over a picture: ${picture.backgroundImage}`);
        const {ground, text: ink} = paint(chain, paper);
        const [dark, light] = [luminance(ground), luminance(ink)].sort((one, other) => one - other);
        const contrast = (light + 0.05) / (dark + 0.05);
        seen += 1;
        if (contrast < least)
            complaints.push(`${named(text.parentElement)} has contrast ${contrast.toFixed(2)}: `
                + `rgb(${ink.map(Math.round)}) on rgb(${ground.map(Math.round)})`);
    }
return {seen, complaints};
"""

_IMAGES = """
for (const root of outermost)
    for (const image of root.querySelectorAll("img, svg")) {
        const box = image.getBoundingClientRect(), column = root.getBoundingClientRect();
        if (image.localName === "img" && !(image.complete && image.naturalWidth > 1))
            complaints.push(`${image.src.slice(0, 100)} is not loaded`);
        if (drawn(image) && (box.width < 20 || box.right > column.right + 1 || box.left < column.left - 1))
            complaints.push(`${image.localName} reaches ${Math.round(box.left)} to ${Math.round(box.right)}, `
                + `its column ${Math.round(column.left)} to ${Math.round(column.right)}`);
    }
return complaints;
"""

_WORDLESS = """
for (const root of outermost)
    for (const image of root.querySelectorAll("img"))
        if (!image.alt.trim() || /\\.(png|svg|jpe?g)$/.test(image.alt))
            complaints.push(`${image.src.slice(0, 100)} has for words only \u201c${image.alt}\u201d`);
return complaints;
"""

_ERRORS = """
for (const output of document.querySelectorAll(".cell_output .traceback, .cell_output .stderr, "
        + "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"))
    complaints.push(`a cell says ${named(output)}`);
return complaints;
"""

_TABLES = """
const lines = cells => [...cells].map(cell => cell.innerText.trim().replace(/\\s+/g, " "));
return [...document.querySelectorAll(selector)].map(table => {
    const rows = [...table.rows];
    const heads = rows.filter(row => row.parentElement.localName === "thead");
    return {
        caption: table.caption ? table.caption.innerText.trim().replace(/\\s+/g, " ") : "",
        head: heads.map(row => lines(row.cells)),
        rows: rows.filter(row => !heads.includes(row)).map(row => lines(row.cells)),
    };
});
"""


@frozen
class Table:
    """A table as a person reads it: the words of its caption, of its head and of its cells, row by row."""

    caption: str
    head: tuple[tuple[str, ...], ...] = field(converter=lambda rows: tuple(map(tuple, rows)))
    rows: tuple[tuple[str, ...], ...] = field(converter=lambda rows: tuple(map(tuple, rows)))

    def at(self, title: str) -> int:
        """Return where the one column is whose title begins so."""
        [at] = (at for at, text in enumerate(self.head[-1]) if f"{text} ".startswith(f"{title} "))
        return at

    def column(self, title: str, by: str) -> dict[str, str]:
        """Return one column, by the cells of another."""
        return {row[self.at(by)]: row[self.at(title)] for row in self.rows}

    def claims(self, title: str, by: str = "capability") -> dict[Cap, bool]:
        """Return what a column says of each capability that has a row, with or without a mark: yes or no, in words."""
        said = {name.removeprefix("! "): text.split()[-1] for name, text in self.column(title, by).items()}
        words = {Cap.parse(name): word for name, word in said.items() if name.startswith("CAP_")}
        assert set(words.values()) <= {"yes", "no"}, words
        return {cap: word == "yes" for cap, word in words.items()}


def ask(driver: Any, script: str, selector: str = OUTPUTS, **values: object) -> Any:
    """Run a script that knows `selector`, and what is common to all checks."""
    told = "".join(f"const {name} = {json.dumps(value)};" for name, value in {"selector": selector, **values}.items())
    return driver.execute_script(told + _COMMON + script)


def overflows(driver: Any, selector: str = OUTPUTS) -> list[str]:
    """Say what is wider than its column or the page, scrolls sideways, or is cut off."""
    return ask(driver, _OVERFLOW, selector)


def code_overflows(driver: Any) -> list[str]:
    """Say which code and which commands are cut off, on the site."""
    return overflows(driver, CODE)


def inaccessible(driver: Any) -> list[str]:
    """Say which tables of capset lack a caption, and which header cells a scope."""
    return ask(driver, _TABLES_ARE_ACCESSIBLE)


def faint(driver: Any, selector: str = ".capset", least: float = LEAST_CONTRAST) -> list[str]:
    """Say which visible texts have less contrast than WCAG asks for, as painted over all that is behind them."""
    answer = ask(driver, _CONTRAST, selector, least=least)
    return answer["complaints"] or ([] if answer["seen"] else [f"no text is visible in {selector}"])


def bad_images(driver: Any, selector: str = OUTPUTS) -> list[str]:
    """Say which pictures are not loaded, or leave their column."""
    return ask(driver, _IMAGES, selector)


def wordless_images(driver: Any, selector: str = OUTPUTS) -> list[str]:
    """Say which pictures have no words for who does not see them, or only the name of a file."""
    return ask(driver, _WORDLESS, selector)


def cell_errors(driver: Any) -> list[str]:
    """Say which cells ended in an error, or wrote to standard error."""
    return ask(driver, _ERRORS)


def tables(driver: Any, selector: str = ".capset table") -> list[Table]:
    """Read the tables."""
    return [Table(**found) for found in ask(driver, _TABLES, selector)]


CHECKS: tuple[Callable[[Any], list[str]], ...] = (cell_errors, overflows, inaccessible, faint, bad_images)


def complaints(driver: Any, checks: Iterable[Callable[[Any], list[str]]] = CHECKS) -> list[str]:
    """Run several checks."""
    return [f"{check.__name__}: {complaint}" for check in checks for complaint in check(driver)]


def said_and_asked(driver: Any) -> list[str]:
    """Say what the console had to complain of, and which requests left this machine, since the last call."""
    found = [f"console: {entry['message']}" for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        url = {
            "Network.requestWillBeSent": lambda it: it["request"]["url"],
            "Network.webSocketCreated": lambda it: it["url"],
        }.get(message["method"], lambda _: "")(message["params"])
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            found.append(f"asked for {url}")
    return found


def window(driver: Any, width: int, height: int = 900) -> None:
    """Give the page a window of that size."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def prefer(driver: Any, scheme: str) -> None:
    """Be a person whose system is light or dark."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def unfold(driver: Any, selector: str = OUTPUTS) -> None:
    """Open all that is folded away in outputs, so that it is seen as well, and wait for the pictures."""
    script = """
        const [selector, done] = arguments;
        document.querySelectorAll(selector).forEach(root =>
            root.querySelectorAll("details").forEach(it => it.open = true));
        for (const image of document.images) image.loading = "eager";
        Promise.all([document.fonts.ready, ...[...document.images].map(it => it.decode().catch(() => null))])
            .then(() => requestAnimationFrame(() => done()));
    """
    driver.execute_async_script(script, selector)


def screenshot(driver: Any, path: Path, width: int, height: int) -> None:
    """Save a picture of the page at its whole height."""
    window(driver, width, height)
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    path.write_bytes(base64.b64decode(taken["data"]))


# What begins and ends a line inside a cell.
_APART = {"br", "details", "div", "li", "ol", "p", "summary", "ul"}


class _Reader(html.parser.HTMLParser):
    """Reads the tables of some HTML, as `_TABLES` does in the browser."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self.open: list[str] = []
        self.words: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.found.append({"caption": "", "head": [], "rows": []})
        elif tag == "tr":
            self.found[-1]["head" if "thead" in self.open else "rows"].append([])
        elif tag in {"td", "th", "caption"}:
            self.words = []
        elif tag in _APART and self.words is not None:
            self.words.append(" ")
        if tag not in {"br", "img", "hr", "wbr", "col"}:
            self.open.append(tag)

    def handle_data(self, data: str) -> None:
        if self.words is not None:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass
        if tag in _APART and self.words is not None:
            self.words.append(" ")
        if tag not in {"td", "th", "caption"}:
            return
        text = " ".join("".join(self.words or ()).split())
        self.words = None
        if tag == "caption":
            self.found[-1]["caption"] = text
        else:
            self.found[-1]["head" if "thead" in self.open else "rows"][-1].append(text)


def tables_in(markup: str) -> list[Table]:
    """Read the tables of what a value gives as HTML."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return [Table(**found) for found in reader.found]


def tables_of(notebook: Path) -> list[Table]:
    """Read capset's tables from the outputs that an executed notebook has."""
    document = json.loads(notebook.read_text("utf-8"))
    outputs = [output for cell in document["cells"] for output in cell.get("outputs", ())]
    markups = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    return [table for markup in markups if 'class="capset' in markup for table in tables_in(markup)]
