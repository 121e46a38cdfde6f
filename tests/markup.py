"""Reading the HTML that values show in a notebook, and holding it to what every page can take."""

from __future__ import annotations

from html.parser import HTMLParser

from attrs import define, field

__all__ = ["Table", "checked", "tables"]

# What may stand in it: nothing that runs, nothing that loads, nothing that changes the page around it.
ELEMENTS = {
    *("a", "b", "bdi", "br", "caption", "code", "details", "div", "li", "p", "small", "summary"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "wbr"),
}
ATTRIBUTES = {"a": {"href", "rel", "style"}, "div": {"class"}, "th": {"scope", "style"}}
STYLES = {"text-align", "vertical-align", "white-space"}
VOID = {"br", "wbr"}


@define
class Table:
    """A table as a person reads it."""

    caption: str = ""
    head: list[str] = field(factory=list)
    rows: list[list[str]] = field(factory=list)
    scopes: list[str | None] = field(factory=list)


class _Reader(HTMLParser):
    """Collects tables and whatever is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.wrong: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.cell: list[str] | None = None
        self.in_header: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, {"style"}):
                self.wrong.append(f"{name} in <{tag}>")
            for style in (value or "").split(";") if name == "style" else ():
                if style.partition(":")[0] not in STYLES and style != "color:inherit":
                    self.wrong.append(style)
            if name == "href" and not (value or "").startswith("https://"):
                self.wrong.append(f"a link to {value}")
        if tag in VOID:
            if self.cell is not None:
                self.cell.append("\n" if tag == "br" else "")
            return
        if tag == "details" and "th" in self.open:
            self.in_header.append(tag)
        self.open.append(tag)
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in {"td", "th", "caption"}:
            self.cell = []
            if tag == "th":
                self.tables[-1].scopes.append(dict(attrs).get("scope"))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")
        if tag in {"td", "th", "caption"}:
            text = "".join(self.cell or []).replace("\xa0", " ")
            if tag == "caption":
                self.tables[-1].caption = text
            else:
                self.tables[-1].rows[-1].append(text)
            self.cell = None
        elif tag == "thead":
            self.tables[-1].head = self.tables[-1].rows.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.cell is not None:
            self.cell.append(data)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def tables(html: str) -> list[Table]:
    """Return the tables of a piece of HTML."""
    return _read(html).tables


def checked(html: str) -> list[Table]:
    """Return its tables after looking whether every notebook can show it and every person can read it."""
    reader = _read(html)
    assert not reader.wrong
    assert not reader.open
    assert html.startswith('<div class="capset tex2jax_ignore mathjax_ignore">'), "a $ would begin a formula"
    assert html.count("class=") == 1
    assert not reader.in_header, "what names a row is read out before each of its cells"
    assert "".join(reader.text).isprintable() or "\n" not in "".join(reader.text)
    for table in reader.tables:
        assert table.caption
        assert set(table.scopes) <= {"row", "col"}
        assert table.scopes.count("col") == len(table.head)
        assert table.scopes.count("row") == len(table.rows)
        widths = {len(row) for row in [*table.rows, *([table.head] if table.head else [])]}
        assert len(widths) == 1, f"a table of {widths} columns"
    return reader.tables
