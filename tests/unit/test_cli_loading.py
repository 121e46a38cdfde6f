"""Documents as the programs read them to which they go: YAML of two sorts, and JSON."""

from __future__ import annotations

import json
import math

import pytest

from capset.cli.loading import UnreadableError, documents

MANIFEST = "kind: Pod\nvalue: "

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

    assert [(document, lines[""]) for document, lines in documents(text)] == [
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
        ('a: "\\UFFFFFFFF"', 0, "cannot be read: "),
        ("a: \x07", 0, "unacceptable character #x0007: special characters are not allowed"),
    ],
)
def test_what_cannot_be_read(text, line, message):
    """One error, with the line if it is known."""
    with pytest.raises(UnreadableError) as caught:
        documents(text)

    assert caught.value.line == line
    assert str(caught.value).startswith(message)  # what Python says of numbers differs between its releases


def test_lines_in_json():
    """As in YAML; with tabs, which YAML does not take everywhere."""
    text = '{\n\t"a": [1,\n\t\t{"b": "x\\"}{[,"}],\n\t"c": {},\n\t"d": [\n\t[], [\n5]]\n}'
    [(document, lines)] = documents(text)

    assert document == {"a": [1, {"b": 'x"}{[,'}], "c": {}, "d": [[], [5]]}
    assert lines == {
        "": 1,
        "a": 2,
        "a[0]": 2,
        "a[1]": 3,
        "a[1].b": 3,
        "c": 4,
        "d": 5,
        "d[0]": 6,
        "d[1]": 6,
        "d[1][0]": 7,
    }
    assert documents("[\n1]")[0] == ([1], {"": 1, "[0]": 2})


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
    assert lines["[99].Mounts[99].b[2].c"] > 100_000


def bomb(step, depth=12):
    """Write lines each of which stands for nine of the line before."""
    lines = ["a0: &a0 {k0: 1}"] + [
        f"a{n}: &a{n} " + step.format(", ".join([f"*a{n - 1}"] * 9)) for n in range(1, depth)
    ]
    return "\n".join(lines) + "\n"


def test_few_lines_that_stand_for_many():
    """Lists in lists are the same list; what is merged many times is merged once; no message writes it all."""
    [(document, _)] = documents(bomb("[{}]"))
    assert document["a11"][0] is document["a11"][8]
    [(document, _)] = documents(bomb("{{<<: [{}], x: 2}}"))
    assert document["a11"] == {"k0": 1, "x": 2}
    with pytest.raises(UnreadableError, match='found duplicate key "a11"'):
        documents(bomb("[{}]") + "a11: 1\n")
    assert "" in documents(bomb("[{}]") + "? *a11\n: 1\n")[0][1]  # the lines, where such a key has none
