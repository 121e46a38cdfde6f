"""Sphinx configuration."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from capset import DOCKER_DEFAULT, Cap, documents, engines, facts, kernel, operations
from capset.display.as_text.operations import facts_of
from capset.engines import Engine, Release
from capset.errors import RequestError, UnsupportedOptionError
from capset.formats import unitsettings
from capset.source import Source

project = "capset"
author = "The capset developers"
copyright = "2026, the capset developers"
release = version = importlib.metadata.version("capset")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
]
if tags.has("lite"):  # noqa: F821 - Sphinx gives it: sphinx-build -t lite
    sys.path.insert(0, str(Path(__file__).parent.parent))
    extensions.append("docs.lite")
exclude_patterns = ["_build", "reference/_*.md", "notebooks/*/**"]

html_theme = "furo"
html_title = "capset"
html_static_path = ["_static"]
html_css_files = ["capset.css"]
templates_path = ["_templates"]
# The sidebar of the theme, with which version this is below its name; docs/publish.py says where others are.
html_sidebars = {
    "**": [
        *("sidebar/brand.html", "version.html", "sidebar/search.html", "sidebar/scroll-start.html"),
        *("sidebar/navigation.html", "sidebar/scroll-end.html"),
    ]
}
smartquotes = False  # P' is no quotation

# What is copied can be run: no prompts, and nothing that was printed; all of a block that has no prompt.
copybutton_prompt_text = r">>> |\.\.\.(?: |$)|\$ "
copybutton_prompt_is_regexp = True
copybutton_selector = ":not(.output) > div.highlight > pre"

# The addresses of names that are documented elsewhere stand in the repository, so that a build needs no network, and
# links the same with it and without: docs/inventories/write.py.
intersphinx_mapping = {
    name: (address, f"inventories/{name}.inv")
    for name, address in {
        "matplotlib": "https://matplotlib.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "python": "https://docs.python.org/3/",
    }.items()
}

myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

# Each notebook runs from a clean kernel in its folder; an error, or a word on standard error, is an error here.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_output_stderr = "remove-warn"
nb_merge_streams = True
# For who does not see it; a cell that has better words has them in its metadata, mystnb.image.alt.
nb_render_image_options = {"alt": "The plot that the code above makes"}

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = ["Source"]
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

nitpicky = True
# What readers give to each other, and nobody asks for; and Hypothesis, of which no inventory is kept here.
nitpick_ignore_regex = [
    ("py:.*", r"hypothesis\..*"),
    (
        "py:.*",
        (
            r"capset\.(engines\.judging\.Judge|documents\.dialect\.Text"
            r"|formats\.(document\.Node|lxc\.Line|printed\.(Line|Names|Who)))"
            r"|Who|Judge|Node|Manager|Means"
        ),
    ),
]


def _copy_examples(_app: object) -> None:
    """Copy the notebooks, and what they read, to where Sphinx reads; the copy is new at each build."""
    here = Path(__file__).parent
    for path in (here / "notebooks").iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "index.md":
            path.unlink()
    for path in (here.parent / "examples").iterdir():
        to = here / "notebooks" / path.name
        if path.is_dir() and not path.name.startswith((".", "_")):
            shutil.copytree(path, to)
        elif path.suffix == ".ipynb":
            shutil.copy2(path, to)  # with its time: one that did not change is not run again


def _keep_files_together(app: Any) -> None:
    """Put the pictures of the notebooks below the output folder: beside it is where other files of the tree may be."""
    app.env.mystnb_config = app.env.mystnb_config.copy(output_folder=str(app.doctreedir / "_executed"))


def _write_capabilities(_app: object) -> None:
    """Write the table of all capabilities from the data."""
    lines = ["| no. | name | since Linux | Docker | what for |", "| --: | --- | --- | --- | --- |"]
    for cap in Cap:
        docker = "yes" if cap in DOCKER_DEFAULT else "no"
        lines.append(f"| {int(cap)} | `{cap}` | {cap.info.since_linux} | {docker} | {cap.info.summary} |")
    Path(__file__).with_name("reference").joinpath("_capabilities.md").write_text("\n".join(lines) + "\n", "utf-8")


# What a person may ask for, each name as the engine takes it.
_QUESTIONS = {
    "`ALL` added": (["ALL"], []),
    "`ALL` added, one dropped": (["ALL"], [Cap.CHOWN]),
    "`ALL` dropped, one added": ([Cap.CHOWN], ["ALL"]),
    "`ALL` in both": (["ALL"], ["ALL"]),
    "one name in both": ([Cap.CHOWN], [Cap.CHOWN]),
    "`CAP_KILL`": (["CAP_KILL"], []),
    "a typo": (["CAP_NET_ADMON"], []),
}


def _answer(engine: Engine, add: list[str | Cap], drop: list[str | Cap]) -> str:
    """Write what an engine makes of a request."""
    try:
        resolution = engine.resolution(add, drop)
    except UnsupportedOptionError:
        return "no option"
    except RequestError:
        if "ALL" in [*add, *drop]:  # some write it so
            return _answer(engine, *([name if name != "ALL" else "all" for name in side] for side in (add, drop)))
        return "refused"
    return "ignored" if resolution.warnings else str(len(resolution.caps))


_MEANINGS = {"list": "", "added": " (only what is added)", "held": " (what the engine holds)"}


def _placed(words: dict[str, str]) -> str:
    """Write which sets are filled, and with what."""
    return ", ".join(name + _MEANINGS.get(word, f" (`{word}`)") for name, word in words.items()) or "nothing"


def _defaults(fact: dict[str, Any]) -> str:
    """Write a default."""
    if "names" in fact:
        return f"{len(fact['names'])}: `{fact['mask']}`"
    return f"all but {', '.join(name.removeprefix('CAP_') for name in fact['denied'])}" if fact["denied"] else "all"


def _sets(fact: dict[str, Any]) -> str:
    """Write who gets what into which sets."""
    placed = [f"{who}: {_placed(fact[key])}" for key, who in _USERS.items() if key in fact]
    return "; ".join(placed) + ("; no_new_privs always" if fact.get("no_new_privs") else "")


def _rules(fact: dict[str, Any]) -> str:
    """Write what ALL is, and what may be asked for."""
    if "options" not in fact:
        return "nothing can be asked for"
    options = ", ".join(fact["options"])
    last = f" up to {fact['last_name']}" if "last_name" in fact and fact["last_name"].startswith("CAP_") else ""
    return f"{options}; ALL is {_ALL[fact['all']]}{last}" if "all" in fact else options


_USERS = {"root": "root", "other": "another user", "privileged": "privileged"}
_ALL = {"table": "all in its table", "kernel": "all that the kernel has", "held": "all that the engine holds"}


def _inside() -> list[str]:
    """Write of each default what counts in a user namespace of its own."""
    everywhere = {cap: operations.by_cap(cap) for cap in Cap}
    inside = {cap: operations.by_cap(cap, user_ns="rootless") for cap in Cap}
    lines = ["", "## What of a default counts without root", "", _COUNTED, ""]
    lines += ["| engine | all of it | a part | nothing |", "| --- " * 4 + "|"]
    for engine in map(engines.get, engines.names()):
        parts: dict[bool | None, list[str]] = {True: [], None: [], False: []}
        for cap in engine.default:
            counts = bool(inside[cap]) and (len(inside[cap]) == len(everywhere[cap]) or None)
            parts[counts].append(cap.name)
        lines.append(f"| [{engine.name}](#{engine.name}) | {' | '.join(map(', '.join, parts.values()))} |")
    return lines


_COUNTED = """\
A container in a user namespace of its own, as of an engine that was started without root, has the same names in
`CapEff`. Of some of them nothing is left, as the kernel asks for them in the initial user namespace alone. Counted are
[the operations](operation-table.md) that ask for each: all of them count there, a part of them, or none. Where the
container shares the host's network, less of it counts. `capset explain net_admin` tells how many of one capability, and
`capset can --scope rootless` answers of an operation."""

_KINDS = {"default": ("default", _defaults), "sets": ("sets that are filled", _sets), "rules": ("options", _rules)}


def _write_engines(_app: object) -> None:
    """Write the tables of all engines from the data."""
    lines = [f"| engine | default | {' | '.join(_QUESTIONS)} |", "| --- " * (len(_QUESTIONS) + 2) + "|"]
    for engine in map(engines.get, engines.names()):
        answers = [_answer(engine, *question) for question in _QUESTIONS.values()]
        if "no option" not in answers:
            lines.append(f"| [{engine.name}](#{engine.name}) | {len(engine.default)} | {' | '.join(answers)} |")
    lines += _inside()
    lines += ["", "## What people type", "", "| name | stands for | why |", "| --- | --- | --- |"]
    for alias in engines.aliases():
        links = ", ".join(f"[{name}](#{name})" for name in alias.engines)
        lines.append(f"| `{alias.name}` | {links if len(alias.engines) == 1 else f'none: {links}'} | {alias.why} |")
    for name in engines.names():
        document = facts.load(f"engines/{name}")
        lines += ["", f"## {name}", "", f"**{document['title']}.** {document['about']}"]
        for kind, (title, write) in _KINDS.items():
            lines += ["", f"| releases | {title} | known by | source | |", "| --- | --- | --- | --- | --- |"]
            for fact in reversed(document[kind]):
                releases = ", ".join(str(Release(**release)) for release in fact.get("releases", [])) or "as read"
                sources = [Source(**document["sources"][source]) for source in fact["sources"]]
                links = ", ".join(f"[{source.path.rpartition('/')[2]}]({source.url})" for source in sources)
                lines.append(
                    f"| {releases} | {write(fact)} | {fact['confidence']} | {links} | {fact.get('note', '')} |"
                )
    Path(__file__).with_name("reference").joinpath("_engines.md").write_text("\n".join(lines) + "\n", "utf-8")


def _write_findings(_app: object) -> None:
    """Write the page about the rules of findings from the data."""
    lines: list[str] = []
    for id, rule in documents.RULES.items():
        example = rule.example
        how = f"In {documents.DIALECTS[example.dialect].about}"
        how += f", checked against the policy {example.policy}" if example.policy else ""
        how += f", read by systemd {example.systemd}" if example.systemd else ""
        how += f", where a trace has `{example.used}`" if example.used else ""
        how += f", converted to {example.to}" if example.to else ""
        how += f" for {example.writes}" if example.writes else ""
        shown = f":\n\n```text\n{example.text.rstrip()}\n```" if example.text else " that is empty."
        lines += [f"## {id}", "", f"{rule.meaning} **{rule.remedy}**", "", f"{how}{shown}", ""]
    Path(__file__).with_name("reference").joinpath("_findings.md").write_text("\n".join(lines) + "\n", "utf-8")


def _write_rules(_app: object) -> None:
    """Write the table of the kernel's rules."""
    lines = ["| rule | what it says | followed by | in the kernel | in the man page |", "| --- " * 5 + "|"]
    for rule in kernel.RULES.values():
        calls = ", ".join(f"`{call}`" for call in rule.calls)
        says = rule.says.replace("|", "\\|")
        lines.append(f"| `{rule.name}` | {says} | {calls} | {rule.function} | {rule.page} |")
    Path(__file__).with_name("reference").joinpath("_rules.md").write_text("\n".join(lines) + "\n", "utf-8")


def _write_changes(_app: object) -> None:
    """Write the table of what changed in the kernel's rules."""
    heads = ["change", "since", "also in", "what", "switch of `Rules`", "before", "known by", "source"]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for change in kernel.changes():
        also = [
            f"[{each.since}{'.' + each.build if each.build else ''}]({each.source.url})" for each in change.backports
        ]
        also += [f"not read: {', '.join(change.unread)}"] * bool(change.unread)
        sources = ", ".join(f"[{source.commit[:12] or source.path}]({source.url})" for source in change.sources)
        switch = f"`{change.switch}`" if change.switch else "not modelled"
        before = f"`{change.before!r}`" if change.switch else ""
        known = f"{change.confidence}. {change.note}".removesuffix(". ")
        cells = [f"`{change.id}`", change.since, ", ".join(also), change.what, switch, before, known, sources]
        lines.append(f"| {' | '.join(cells)} |")
    Path(__file__).with_name("reference").joinpath("_changes.md").write_text("\n".join(lines) + "\n", "utf-8")


def _write_operations(_app: object) -> None:
    """Write the page of all operations from the data, each under a heading that its id makes an anchor of."""
    lines: list[str] = []
    for area in operations.areas():
        found = operations.table(area)
        lines += [f"## {area}", "", f"{len(found)} operations.", ""]
        for each in found:
            lines += [f"({_anchor(each.id)})=", f"### {_plain(each.id)}", "", f"{_plain(each.title)}.", ""]
            told = [(name, words) for name, words in facts_of(each) if name not in {"", "what"}]
            also = [("also called", ", ".join(each.words))] if each.words else []
            for name, words in [*told, *also]:
                lines += [name, f": {_plain(words)}", ""]
    Path(__file__).with_name("reference").joinpath("_operations.md").write_text("\n".join(lines) + "\n", "utf-8")


def _anchor(id: str) -> str:
    """Make of an id what stays the same in an address."""
    return "op-" + re.sub(r"[^a-z0-9]+", "-", id.lower()).strip("-")


def _plain(text: str) -> str:
    """Keep signs that mean something in Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#|$])", r"\\\1", text)


_FILE_OF_KEYS = "src/core/load-fragment-gperf.gperf.m4"


def _at_tag(release: int, path: str) -> str:
    """Write a link to a file of systemd at the tag of a release; what was moved since is named as it was read."""
    return f"[{release}](https://github.com/systemd/systemd/blob/v{release}/{path})"


def _write_units(_app: object) -> None:
    """Write the tables of what each release of systemd knows of units."""
    lines = ["| setting | since | until | takes away | a filter since | not counted |", "| --- " * 6 + "|"]
    for setting in unitsettings.settings().values():
        drops = ", ".join(f"`{drop.cap}` (since {drop.since})" for drop in setting.drops)
        path = _FILE_OF_KEYS if setting.since < 249 else _FILE_OF_KEYS.replace(".m4", ".in")
        path = path if setting.since > 33 else path.replace("core/", "")
        since = ", ".join([_at_tag(setting.since, path), *map(" in their ".join, _backports(setting))])
        cells = [f"`{setting.name}=`", since, str(setting.until or ""), drops, str(setting.filter or "")]
        lines.append(f"| {' | '.join([*cells, setting.not_counted])} |")
    lines += ["", "| since | until | what | known by |", "| --- " * 4 + "|"]
    for change in unitsettings.changes().values():
        since = _at_tag(change.since, change.path) + (f", {change.also}" if change.also else "")
        known = f"{change.confidence}. {change.note}".removesuffix(". ")
        lines.append(f"| {since} | {change.until or ''} | {change.what} | {known} |")
    Path(__file__).with_name("reference").joinpath("_units.md").write_text("\n".join(lines) + "\n", "utf-8")


def _backports(setting: unitsettings.UnitSetting) -> list[tuple[str, str]]:
    return [(whose, release) for release, whose in setting.backports.items()]


def _hide_defaults_of_attrs(*event: object) -> tuple[str, object] | None:
    """Write a default where attrs keeps something of its own in its place; hide what nobody calls."""
    _, _, name, *_, signature, returns = event
    if name in {"capset.engines.Engine", "capset.documents.Dialect"}:
        return "", returns
    if not isinstance(signature, str):
        return None
    return re.sub(r"attr_dict\[.*?\]\.default|NOTHING", "...", signature), returns


def _keep_colons(*event: object) -> None:
    """Keep napoleon from taking what stands before a colon for a type: types are in the annotations."""
    _, what, *_, lines = event
    assert isinstance(lines, list)
    first = [at + 1 for at, line in enumerate(lines[:-1]) if line.strip() == "Returns:"]
    for at in first + ([0] if what == "property" else []):
        text = lines[at].lstrip()
        lines[at] = lines[at].removesuffix(text) + ": " + text


def _lead_back(app: Any, page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Let the source of a name lead to where it is documented: viewcode takes one module for all names of a file."""
    known = app.env.domains["py"].objects

    def placed(link: re.Match[str]) -> str:
        if link["name"] in known:
            return link[0]
        told = link["page"].rpartition("../")[2].removesuffix(".html")
        parts = link["name"].split(".")
        for at in range(1, len(parts)):
            end = "." + ".".join(parts[at:])
            found = [name for name, place in known.items() if place.docname == told and name.endswith(end)]
            if len(found) == 1:
                return link[0].replace(f"#{link['name']}", f"#{found[0]}")
        return ""

    if "body" in context and page.startswith("_modules/"):
        back = r'<a class="viewcode-back" href="(?P<page>[^"#]*)#(?P<name>[^"]*)">.*?</a>'
        context["body"] = re.sub(back, placed, context["body"])


def _name_axes(*event: Any) -> None:
    """Give the class in which plots are drawn its whole name: annotations have it without."""
    _, _, node, _ = event
    if node["reftarget"] == "Axes":
        node["reftarget"] = "matplotlib.axes.Axes"


def setup(app: object) -> None:
    app.connect("html-page-context", _lead_back)  # type: ignore[attr-defined]
    app.connect("missing-reference", _name_axes, priority=100)  # type: ignore[attr-defined]
    app.connect("builder-inited", _copy_examples)  # type: ignore[attr-defined]
    app.connect("builder-inited", _keep_files_together, priority=900)  # type: ignore[attr-defined]
    app.connect("builder-inited", _write_capabilities)  # type: ignore[attr-defined]
    app.connect("builder-inited", _write_engines)  # type: ignore[attr-defined]
    app.connect("builder-inited", _write_rules)  # type: ignore[attr-defined]
    app.connect("builder-inited", _write_findings)  # type: ignore[attr-defined]
    app.connect("builder-inited", _write_units)  # type: ignore[attr-defined]
    app.connect("builder-inited", _write_operations)  # type: ignore[attr-defined]
    app.connect("builder-inited", _write_changes)  # type: ignore[attr-defined]
    app.connect("autodoc-process-signature", _hide_defaults_of_attrs)  # type: ignore[attr-defined]
    app.connect("autodoc-process-docstring", _keep_colons, priority=400)  # type: ignore[attr-defined]
