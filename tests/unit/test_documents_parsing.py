"""Documents as the programs read them to which they go: YAML of two sorts, and JSON."""

from __future__ import annotations

import json
import math
import sys
import tracemalloc

import pytest

from capset.documents import structured, yamltext
from capset.documents.lines import Lines
from capset.errors import DocumentError
from capset.formats.document import place_of

MANIFEST = "kind: Pod\nvalue: "


def documents(text):
    """Parse a text; give each document with its lines."""
    return [(each.value, each.lines()) for each in structured.documents(text, "")]


# What kubectl 1.32 prints with -o json.
KUBECTL = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL", "!!null ~"], None),
    **dict.fromkeys(
        ["15", "017", "0o17", "0O17", "+15", "0xF", "0XF", "0b1111", "1_5", "0o1_7", "15.0", "1.5e1", "15.", "15e0"], 15
    ),
    **dict.fromkeys(["1000", "1e3", "1E3", "1e+3", "1000.0", "1_000", "1.e3"], 1000),
    **dict.fromkeys(["0", "00", "-0", "-0.0", "0e0"], 0),
    **dict.fromkeys(["8", "08", "!!int '8'", "!!float 8"], 8),
    **{
        text: text
        for text in [
            "1:30",
            "190:20:30",
            "1_0:2",
            "0o8",
            "0o",
            "0x",
            "0b2",
            "_1",
            "tRue",
            "=",
            "/root",
            "2001-01-01",
            "1e400",
        ]
    },
    **{text: text for text in ["0x1FFFFFFFFFFFFFFFFF", "+.", "++5", "1.2.3", "._5", ".e5"]},
    "-08": -8,
    "018": 18,
    "-017": -15,
    "-0x1F": -31,
    "1__0": 10,
    "1_": 1,
    "0x_1": 1,
    ".5": 0.5,
    "+.5": 0.5,
    "1e-1": 0.1,
    "08.5": 8.5,
    "1_0.5": 10.5,
    "12e03": 12000,
    "1e3_0": int(1e30),
    "18446744073709551616": 2**64,
    "-9223372036854775809": -(2**63),
    "99999999999999999999": 10**20,
    "!!str 5": "5",
    "!!bool yes": True,
    "'08'": "08",
    '"no"': "no",
}


@pytest.mark.parametrize("text", KUBECTL)
def test_manifests_are_what_kubectl_makes_of_them(text):
    """Neither YAML 1.1 nor 1.2, without a word of the parser's own on standard error."""
    [(document, _)] = documents(MANIFEST + text)

    assert (document["value"], type(document["value"])) == (KUBECTL[text], type(KUBECTL[text]))


def test_numbers_that_are_none():
    """JSON has none of them, and kubectl refuses the document; no number is expected to be one."""
    values = [documents(MANIFEST + text)[0][0]["value"] for text in (".inf", "-.INF", ".nan")]

    assert values[:2] == [math.inf, -math.inf]
    assert math.isnan(values[2])


def test_merging_in_manifests():
    [(document, _)] = documents("kind: Pod\na: &a {x: 010, y: 1}\nb: {<<: *a, z: 2}\nc: {<<: [*a, {x: 5}]}")

    assert document["b"] == {"x": 8, True: 1, "z": 2}
    assert document["c"] == {"x": 8, True: 1}


def test_other_documents_are_yaml_1_2():
    """Also beside manifests, which are read in their own way."""
    text = "a: [NO, 010, 1:30, =, 1e3]\n---\n# none\n---\nkind: Pod\na: [NO, 010, 1:30, =]\n---\n[yes]\n"

    assert [(document, lines.at("")) for document, lines in documents(text)] == [
        ({"a": ["NO", 10, "1:30", "=", 1000.0]}, 1),
        ({"kind": "Pod", "a": [False, 8, "1:30", "="]}, 5),
        (["yes"], 8),
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: !!bool maybe", 2, "this cannot be read as bool"),
        ("\na: !!int ''", 2, "this cannot be read as int"),
        ("a: [x,\n!!float '']", 2, "this cannot be read as float"),
        ("a: !!timestamp 2001-13-01", 1, "this cannot be read as timestamp"),
        ("a: 1\nb: {? [[x]] : 1}", 2, "this cannot be read as map"),
        ("kind: x\na: !!int 1.0", 2, "this cannot be read as int"),
        ("kind: x\na: !!int 1:30", 2, "this cannot be read as int"),
        ("kind: x\na: !!bool maybe", 2, "this cannot be read as bool"),
        ("kind: x\na: !!int ''", 2, "this cannot be read as int"),
        ("kind: x\na: !!float ''", 2, "this cannot be read as float"),
        ("kind: x\na: !!null x", 2, "this cannot be read as null"),
        ("kind: x\nkind: x", 2, 'found duplicate key "kind"'),
        ("a: {b: 1,\n  b: 2}", 2, 'found duplicate key "b"'),
        ('{"a": 1,\n "b": [{}, {"c": 1,\n\n"d": ":", "\\u0063": [2]}]}', 4, 'found duplicate key "c"'),
        ("a: [", 1, "expected the node content, but found '<stream end>'"),
        ('a: "\\UFFFFFFFF"', None, "cannot be read: "),
        ("a: \x07", None, "unacceptable character #x0007: special characters are not allowed"),
    ],
)
def test_what_cannot_be_read(text, line, message):
    """One error, with the line if it is known."""
    with pytest.raises(DocumentError) as caught:
        documents(text)

    assert caught.value.line == line
    assert caught.value.reason.startswith(message)  # what Python says of numbers differs between its releases


def test_lines_in_json():
    """As in YAML; with tabs, which YAML does not take everywhere."""
    text = '{\n\t"a": [1,\n\t\t{"b": "x\\"}{[,"}],\n\t"c": {},\n\t"d": [\n\t[], [\n5]]\n}'
    [(document, lines)] = documents(text)

    assert document == {"a": [1, {"b": 'x"}{[,'}], "c": {}, "d": [[], [5]]}
    places = {"": 1, "a": 2, "a[0]": 2, "a[1]": 3, "a[1].b": 3, "c": 4, "d": 5, "d[0]": 6, "d[1]": 6, "d[1][0]": 7}
    assert {place: lines.at(place) for place in places} == places
    value, lines = documents("[\n1]")[0]
    assert (value, lines.at(""), lines.at("[0]")) == ([1], 1, 2)


def test_what_is_not_there_has_the_line_of_what_is_around_it():
    """A key may have dots and brackets in it."""
    text = "a:\n  b.c[0]:\n  - x\n  - y: 1\n"
    lines = documents(text)[0][1]

    assert [lines.at(place) for place in ("a.b.c[0][1].y", "a.b.c[0][1].z", "a.b.c[0][7]", "a.q", "q", "[0]")] == [
        4,
        4,
        2,
        1,
        1,
        1,
    ]
    assert Lines(None).at("a") is None


def test_numbers_in_json():
    """kubectl writes a number without a fraction as an integer; for the others that is their own matter."""
    assert documents('{"kind": "Pod", "a": [1000.0, 1e3, 1.5]}')[0][0]["a"] == [1000, 1000, 1.5]
    assert type(documents('{"kind": "Pod", "a": 1000.0}')[0][0]["a"]) is int
    assert type(documents('{"a": 1000.0}')[0][0]["a"]) is float


def test_large_documents():
    """What docker inspect prints of a whole host is read by the parser of JSON."""
    container = {"Id": "x" * 64, "Mounts": [{"a": n, "b": [1, 2, {"c": None}]} for n in range(100)]}
    text = json.dumps([container] * 100, indent=4)
    [(document, lines)] = documents(text)

    assert len(document) == 100
    assert lines.at("[99].Mounts[99].b[2].c") > 100_000


def bomb(step, depth=5):
    """Write lines each of which stands for nine of the line before."""
    lines = ["a0: &a0 {k0: 1}"] + [
        f"a{n}: &a{n} " + step.format(", ".join([f"*a{n - 1}"] * 9)) for n in range(1, depth)
    ]
    return "\n".join(lines) + "\n"


def test_few_lines_that_stand_for_many():
    """Lists in lists are the same list; what is merged many times is merged once; no message writes it all."""
    [(document, _)] = documents(bomb("[{}]"))
    assert document["a4"][0] is document["a4"][8]
    [(document, _)] = documents(bomb("{{<<: [{}], x: 2}}"))
    assert document["a4"] == {"k0": 1, "x": 2}
    with pytest.raises(DocumentError, match='found duplicate key "a4"'):
        documents(bomb("[{}]") + "a4: 1\n")
    assert documents(bomb("[{}]") + "? *a4\n: 1\n")[0][1].at("a4") == 5  # where such a key has no place
    for step in ("[{}]", "{{<<: [{}], x: 2}}"):  # Compose and kubectl refuse it too
        with pytest.raises(DocumentError, match=r"^line 7: there are more than 250000 values, with those that aliases"):
            documents(bomb(step, depth=12))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("%YAML 1.1\n---\na: yes\n", [{"a": "yes"}]),
        (
            "%YAML 1.2\n---\nkind: yes\n...\n%YAML 1.1\n---\nb: 010\n---\nc: no\n",
            [{"kind": True}, {"b": 10}, {"c": "no"}],
        ),
        ("%TAG ! tag:x,2000:\n---\na: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
    ],
)
def test_directives(text, values):
    """Neither Compose nor kubectl makes anything of the version that a document says."""
    assert [value for value, _ in documents(text)] == values


def test_what_grows_without_end_is_refused(monkeypatch):
    """A chain of merges, and lists in lists, before they take long."""
    chain = "a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(1500)) + "}\n"
    chain += "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, k{n}: 1}}\n" for n in range(1, 90))
    with pytest.raises(DocumentError, match=r"^line \d+: there are more than 250000 values, with those that aliases"):
        documents(chain)
    monkeypatch.setattr(yamltext, "MOST_VALUES", 4)
    assert documents("a: [1]")[0][0] == {"a": [1]}
    assert documents("[1, 2]")[0][0] == [1, 2]  # JSON, whose parser is another
    with pytest.raises(DocumentError, match="more than 4 values"):
        documents("a: [1, 2]")


DEEP = 99 * "[" + "{}" + 99 * "]"


@pytest.mark.parametrize("form", ["{}", "# YAML\n{}", "# YAML\n- {}", "# YAML\na: &a {}\nb: [[*a]]"])
def test_depth(form):
    """In JSON and in YAML alike, also by an alias; a text that only begins lists takes no longer."""
    inner = DEEP if form == "{}" or form.endswith("\n{}") else DEEP[1:-1] if "*" not in form else DEEP[3:-3]
    assert documents(form.format(inner))
    with pytest.raises(DocumentError, match=r"more than 100 lists and mappings stand in each other, and are not read$"):
        documents(form.format(f"[{inner}]"))
    for text in ("[" * 500, "[" * 100_000, '{"a":' * 500, "- " * 500, "? " * 101):
        with pytest.raises(DocumentError, match="more than 100 lists and mappings"):
            documents(text)


def test_a_place_deep_inside_is_cut_once():
    """What is below a place that was cut has that place."""
    cut = place_of("a" * 401, "b")

    assert cut == "a" * 401 + "..."
    assert place_of(cut, "c") == cut


def test_memory_is_not_that_of_the_full_paths():
    """A long key in front of many values is kept once."""
    text = json.dumps({"k" * 10_000: [0] * 10_000}).replace("{", "{\n")
    tracemalloc.start()
    [(_, lines)] = documents(text)
    assert lines.at(f"{place_of('', 'k' * 10_000)}[9999]") == 2
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 2**20  # with a path for each it is 100 MiB


def test_without_ruamel(monkeypatch):
    """JSON needs nothing, and YAML says what it needs."""
    monkeypatch.delitem(sys.modules, "capset.documents.yamltext", raising=False)
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    assert documents('{"a": 1}')[0][0] == {"a": 1}
    for call in (lambda: documents("a: 1"), lambda: structured.written_yaml({})):
        with pytest.raises(ModuleNotFoundError, match=r"needs ruamel.yaml: pip install 'capset\[documents\]'"):
            call()


def test_another_module_that_is_missing_is_no_matter_of_an_extra(monkeypatch):
    def broken(name):
        raise ModuleNotFoundError("No module named 'x'", name="x")

    monkeypatch.setattr(structured, "import_module", broken)
    with pytest.raises(ModuleNotFoundError, match="No module named 'x'"):
        documents("a: 1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "a": 2}', "found duplicate key"),
        ('{"a": ' + "[" * 200 + "]" * 200 + "}", "more than 100 lists and mappings"),
    ],
)
def test_json_that_no_other_parser_is_asked_about(monkeypatch, text, message):
    """It is JSON, and what is wrong with it would be wrong in YAML too, which takes long, and has to be installed."""
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    monkeypatch.delitem(sys.modules, "capset.documents.yamltext", raising=False)
    with pytest.raises(DocumentError, match=message):
        documents(text)


@pytest.mark.parametrize("brackets", ["{", "[{"])
def test_brackets_that_only_open(brackets, monkeypatch):
    """No more are looked at than may stand in each other; the parser looks at each again for every one behind it."""
    looked_at = []
    fetch = yamltext.Scanner.fetch_more_tokens
    monkeypatch.setattr(yamltext.Scanner, "fetch_more_tokens", lambda scanner: looked_at.append(1) or fetch(scanner))
    with pytest.raises(DocumentError, match="more than 100 lists and mappings"):
        documents(f"# YAML\n{brackets * 1600}")
    assert 100 < len(looked_at) < 110
