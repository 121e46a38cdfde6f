"""Words of a command line, as a shell finds them."""

from __future__ import annotations

import pytest

from capset.documents.shell import UnfinishedError, commands


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n\t\n # a\n#b", []),
        ("a b\tc", [["a", "b", "c"]]),
        ("-e A=b#c d#'#' # e", [["-e", "A=b#c", "d##"]]),
        ("a \\\n b", [["a", "b"]]),
        ("NET_\\\nADMIN", [["NET_ADMIN"]]),
        ("a \\\n# b", [["a"]]),
        ("a # b \\\nc", [["a"], ["c"]]),
        ("'' \"\" a''b", [["", "", "ab"]]),
        ("'a\\'b \\# \\\\ \\'", [["a\\b", "#", "\\", "'"]]),
        ('"a\\"b\\\\ \\$ \\x \\\nc" "#"', [['a"b\\ $ \\x c', "#"]]),
        ("\"a'b\nc\" 'a\"b'", [["a'b\nc", 'a"b']]),
        ('-u $(id -u):$(id -g)`x y`$ "$(id -u)"', [["-u", "$(id -u):$(id -g)`x y`$", "$(id -u)"]]),
        ("a;b && c|d&", [["a"], [";"], ["b"], ["&"], ["&"], ["c"], ["|"], ["d"], ["&"]]),
        ("a >b 2>&1 <c", [["a"]]),
        ("a 2> /dev/null -b 2 >> 'x y' c <<< d &> e f", [["a", "-b", "2", "c", "f"]]),
        ("a2>b\nc", [["a2"], ["c"]]),
        ("'a'2>b", [["a2"]]),
        ("a >", [["a"]]),
        ("a > ; b", [["a"], [";"], ["b"]]),
        ("a < <(b)", [["a"], ["("], ["b"], [")"]]),
        ("(a)", [["("], ["a"], [")"]]),
        # A substitution with comments alone prints nothing, and is no word.
        ("a `#b` c", [["a", "c"]]),
        ("a `` $( ) ` # b` c", [["a", "c"]]),
        ("a `# b\n#c\n` $(# d)\n#e\n) f", [["a", "f"]]),
        ("a`#b`c ''`#d` `#e`#f `#g\\`h`", [["ac", "", "#f"]]),
        ("a `#b`>c `#d`; `#e`", [["a"], [";"]]),
        # Whatever else it is, it may print something; $(#b) has no end on its line.
        ('`#a` `b #c` `#d\ne` "`#f`"', [["`b #c`", "`#d\ne`", "`#f`"]]),
        ("`a\\`b` $(#c) d", [["`a\\`b`", "$(#c)", "d"]]),
        ("a={b,c}d e{,f} {g},h {i,j}{k,l}", [["a=bd", "a=cd", "e", "ef", "{g},h", "ik", "il", "jk", "jl"]]),
        (
            "a '{b,c}' {d\\,e} {\"f,g\",h} ${i,,} {{j,k}} {l,{m,n}}",
            [
                ["a", "{b,c}", "{d,e}", "f,g", "h", "${i,,}", "{{j,k}}", "l", "m", "l", "n"],
            ],
        ),
        ("a {1..3} {} {b, c} d{,}2>{e,f} <{g,h}>", [["a", "{1..3}", "{}", "{b,", "c}", "d2", "d2", "<{g,h}>"]]),
        ("a <b> -p <c>:80 8<d>:<e f>", [["a", "<b>", "-p", "<c>:80", "8<d>:<e f>"]]),
        ("a </b/c>:/d <e|f> g=<h (i)> j", [["a", "</b/c>:/d", "<e|f>", "g=<h (i)>", "j"]]),
        ("a <b >c d <e 2>f g < h>i", [["a", "d", "g"]]),
        ("a <b>>c <d>&2 e 2>&- <&- >-", [["a", "e"]]),
        ("a <b\n>c <'d'>e <$f>g <<h>i", [["a"], ["<$f>g"]]),
    ],
)
def test_words(text, found):
    assert commands(text) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [("a 'b", "a quote ends nowhere"), ('"a\\"', "a quote ends nowhere"), ("`a", "a quote ends nowhere")]
    + [("`#a b` c`# d", "a quote ends nowhere")]
    + [("a\\", "a backslash ends it")]
    + [("\n{" + ",".join("a" * 65) + "}", "braces on line 2 stand for more than 64 words")]
    + [("{a,b}" * 7, "braces on line 1 stand for more than 64 words")]
    + [("\na > --b c", "'--b' on line 2 looks like an option, and a redirection stands before it")]
    + [("a <'b'> -c", "'-c' on line 1 looks like an option")],
)
def test_what_is_not_finished(text, message):
    with pytest.raises(UnfinishedError, match=message):
        commands(text)


def test_lines_behind_a_comment_between_backquotes():
    [words] = commands("a `#\n#\n` b \\\n c")
    assert [(str(word), word.line) for word in words] == [("a", 1), ("b", 3), ("c", 4)]


def test_as_many_words_as_braces_may_stand_for():
    assert commands("{" + ",".join("a" * 64) + "}") == [["a"] * 64]
    assert len(commands("{a,b}" * 6)[0]) == 64
