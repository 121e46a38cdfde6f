"""Lint for CI: columns, what is silenced and by whom, what code hosts take, and many files at once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from capset import documents, engines, observed
from capset.documents import Settings
from capset.documents.columns import column, lines_of
from capset.documents.hosts import github, gitlab
from capset.errors import CapsetError, DocumentError, FormatError, TooLargeError, UnknownRuleError

SCHEMA = json.loads((Path(__file__).parent.parent / "data/sarif/sarif-2.1.0-rtm.5.json").read_text("utf-8"))

UNIT = "[Service]\n{}User=007\n"


def lint(text, name="a.service", **options):
    return documents.lint(documents.read(text, name), **options)


# -- columns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("services: {a: {cap_add: [KIL]}}", "1:26"),
        ("services:\r\n  a:\r\n    cap_add: [KILL, KIL]\r\n", "3:21"),
        ("\ufeffservices: {é: {cap_add: [KIL]}}", "1:26"),
        ("services: {a: {cap_add: [KIL], labels: [KIL]}}", "1"),  # which of them is not known for sure
        ("services: {a: {privileged: 5}}", "1:28"),
        ("services: {a: {cap_add: 'KIL'}}", "1:25"),
        ("services: {a: {cap_add: ['K\\\nL']}}", "1"),
        ('{"services": {"a": {"cap_add": ["KIL"]}}}', "1:34"),
        ("services: {a: {cap_add: [KIL]}} # \x85", "1"),  # the end of a line to some
        ("services: {a: {cap_add: [KIL]}} #" + "x" * 10_000, "1"),
    ],
)
def test_columns_of_yaml(text, at):
    """Where the value stands in its line just once, and nowhere else."""
    [finding] = lint(text, "a.yaml").faults
    assert str(finding).startswith(f"a.yaml:{at}: ")


def test_columns_elsewhere():
    """The same for every dialect, and the key where there is no value."""
    assert str(lint(UNIT.format(""))[0]).startswith("a.service:2:6: ")
    assert str(lint("docker run \\\n  --cap-add KIL x", "x")[0]).startswith("x:2:13: ")
    assert str(lint("[Service]\nPrivateUsers=yes\n")[0]).startswith("a.service:2:14: ")
    assert column(lines_of("a\nuser:  x"), 2, "y", "services.a.user") == 1
    assert column(lines_of("a\nuser:  x"), 2, "y", "items[2]") is None
    assert column(lines_of("a"), 2, "a") is None
    assert column(lines_of("a"), 0, "a") is None
    assert column((), 1, "a") is None


# -- comments ---------------------------------------------------------------------------------------


def silenced(text, name="a.service", **options):
    report = lint(text, name, **options)
    return [(each.rule, each.silence and (each.silence.reason, each.silence.where)) for each in report]


@pytest.mark.parametrize(
    "comment",
    [
        "# capset: ignore[invalid-user] it is so\n",
        ";capset:ignore[ named-user , invalid-user ]: it is so \n",
        "# capset: ignore[invalid-user] it is so\r\n",
    ],
)
def test_a_comment_silences_the_line_below(comment):
    """With its reason, and it counts no more."""
    found = silenced(UNIT.format(comment), ignore=["unused-ignore"])
    assert found == [("invalid-user", ("it is so", "line 2"))]
    report = lint(UNIT.format(comment), ignore=["unused-ignore"])
    assert (report.faults, len(report.silenced), str(report)) == ([], 1, "")


def test_a_comment_silences_its_own_line():
    """And several stand above one line."""
    text = "services:\n  a:\n    cap_add: [KIL] # capset: ignore[unknown-capability] a test\n"
    assert silenced(text, "a.yaml") == [("unknown-capability", ("a test", "line 3"))]
    text = UNIT.format("# capset: ignore[not-counted] x\n# capset: ignore[invalid-user] y\n")
    assert ("invalid-user", ("y", "line 3")) in silenced(text)
    assert silenced("# capset: ignore[unknown-capability] z\ndocker run --cap-add KIL x", "x") == [
        ("unknown-capability", ("z", "line 1"))
    ]


@pytest.mark.parametrize(
    ("comment", "rule", "message"),
    [
        ("# capset: ignore[invalid-user]", "unexplained-ignore", "it gives no reason, and silences nothing"),
        ("# capset: ignore", "unused-ignore", "it names no rule, and silences nothing: write ignore[RULE] REASON"),
        ("# capset: ignore[] x", "unused-ignore", "it names no rule"),
        ("# capset: ignore[invalid-usr] x", "unused-ignore", "no rule 'invalid-usr': did you mean invalid-user?"),
        ("# capset: ignore[xxxxxxxx] x", "unused-ignore", "it silences nothing: there is no rule 'xxxxxxxx'"),
        ("# capset: ignore[variable] x", "unused-ignore", "there is no finding of variable on line 3"),
    ],
)
def test_comments_that_silence_nothing(comment, rule, message):
    """Are told, with the finding that they do not silence."""
    first, second = lint(UNIT.format(f"{comment}\n"))
    assert (first.rule, first.silence) == ("invalid-user", None)
    assert (second.rule, second.line, second.column, second.verdict) == (rule, 2, 1, "ignored")
    assert message in second.message


def test_many_unknown_rules_get_no_hints():
    """Looking for what is meant takes long."""
    found = lint("".join(f"# capset: ignore[invalid-use{at}] x\n" for at in range(30)) + "[Service]\n", "a.service")
    assert [("did you mean" in each.message) for each in found] == [True] * 20 + [False] * 10


def test_a_comment_about_what_was_not_asked_is_no_fault():
    """A rule of a policy without that policy, and one that is not told."""
    pod = "# capset: ignore[pod-security-drop] it is meant\nspec: {containers: [{name: a}]}"
    assert silenced(pod, "a.yaml") == []
    assert silenced(pod, "a.yaml", policy="restricted") == [("pod-security-drop", ("it is meant", "line 1"))]
    assert silenced(pod, "a.yaml", policy="baseline")[0][0] == "unused-ignore"
    assert silenced(UNIT.format("# capset: ignore[variable] x\n"), select=["invalid-user"]) == [("invalid-user", None)]
    assert silenced(UNIT.format("# capset: ignore[variable] x\n"), ignore=["variable"]) == [("invalid-user", None)]


FOO = "capset: ignore[unknown-capability] known"
JOB = 'job "a" {{{{\ngroup "a" {{{{\ntask "a" {{{{\ndriver = "docker"\nconfig {{{{\n{}\n}}}}\n}}}}\n}}}}\n}}}}\n'
NOMAD_JSON = (
    '{{"job":{{"a":{{"group":{{"a":{{"task":{{"a":{{"driver":"docker","config":{{"args":["x # {}"],"cap_add":["FOO"]'
    + "}}" * 8
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.service", "[Service]\nCapabilityBoundingSet=CAP_KILL # {} CAP_SYS_ADMINN\n"),
        ("a.service", "[Service]\nCapabilityBoundingSet=CAP_FOO \\\n  CAP_KILL ; {}\n"),
        ("a.container", "[Container]\nImage=x\nAddCapability=CAP_FOO # {}\n"),
        ("a.nspawn", "[Exec]\nCapability=CAP_FOO # {}\n"),
        ("a.conf", "lxc.cap.keep = foo # {}\n"),
        ("a.conf", "; {}\nlxc.cap.keep = foo\n"),
        ("a.service", "[Unit]\nX-A=a\n// {}\n[Service]\nCapabilityBoundingSet=CAP_FOO\n"),
    ],
)
def test_where_a_comment_is_a_line_of_its_own(name, text):
    """What stands behind a value is a part of the value, and silences nothing; that is told."""
    found = lint(text.format(FOO), name)
    assert "unknown-capability" in [each.rule for each in found]
    assert [each.silence for each in found] == [None] * len(found)
    [told] = [each for each in found if each.rule == "unused-ignore"]
    assert told.message.startswith("the comment: it silences nothing, as it is read as a part of its line: put it on a")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "services:\n  a:\n    command: |\n      # {}\n    cap_add: [FOO]\n"),
        ("a.yaml", "services:\n  a:\n    command: >-\n      x\n\n      # {}\n    cap_add: [FOO]\n"),
        ("a.yaml", "services:\n  a: {{command: 'x # {}', cap_add: [FOO]}}\n"),
        ("a.yaml", 'services:\n  a: {{command: "x # {}", cap_add: [FOO]}}\n'),
        ("a.yaml", 'services:\n  a:\n    command: "x\n     # {}"\n    cap_add: [FOO]\n'),
        ("a.yaml", "services:\n  a:\n    ? 'x # {}'\n    : x\n    cap_add: [FOO]\n"),
        ("a.yaml", "x: &b {{labels: ['x # {0}']}}\nservices:\n  a: {{<<: *b, labels: ['x # {0}'], cap_add: [FOO]}}\n"),
        ("a.yaml", "services:\n  a:\n    command: x // capset:ignore[unknown-capability] x\n    cap_add: [FOO]\n"),
        ("a.json", '{{"services":{{"a":{{"command":"x // {}","cap_add":["FOO"]}}}}}}'),
        ("a.json", '{{"services":\t{{"a":{{"command":"x # {}","cap_add":["FOO"]}}}}}}'),
        ("a.json", '{{"image":"x // {}","runArgs":["--cap-add=FOO"]}}'),
        ("a.sh", "docker run --cap-add FOO web echo '# {}'\n"),
        ("a.sh", 'docker run --cap-add FOO web echo "\n # {}" --cap-add BAR\n'),
        ("a.sh", "docker run --cap-add FOO web echo \\# {}\n"),
        ("a.sh", "docker run --cap-add FOO web // {}\n"),
        ("a.toml", '[[runners]]\nexecutor="docker"\n[runners.docker]\nimage="""\n# {}"""\ncap_add=["FOO"]\n'),
        ("a.toml", '[[runners]]\nexecutor="docker"\n[runners.docker]\nimage=\'x # {}\'\ncap_add=["FOO"]\n'),
        ("a.toml", '[[runners]]\nexecutor="docker"\ndocker={{"x # {}"=1, cap_add=["FOO"]}}\n'),
        ("a.nomad", JOB.format('cap_add = ["FOO"]\nargs = ["x # {}"]')),
        ("a.nomad", JOB.format('cap_add = ["FOO"]\nargs = [<<EOT\n# {}\nEOT\n]')),
        ("a.nomad", JOB.format('args = [<<EOT\n# {}\nEOT\n]\ncap_add = ["FOO"]')),
        ("a.nomad", JOB.format('labels = {{"x // {}" = 1}}\ncap_add = ["FOO"]')),
        ("a.json", NOMAD_JSON),
    ],
)
def test_what_stands_in_a_text_is_no_comment(name, text):
    """Whatever it looks like there: the parser says what is one."""
    found = [(each.rule, each.silence) for each in lint(text.format(FOO), name) if each.verdict != "note"]
    assert ("unknown-capability", None) in found
    assert [silence for _, silence in found] == [None] * len(found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "services:\n  a:\n    command: 'x # y'\n    cap_add: [FOO] # {}\n"),
        ("a.yaml", 'services:\n  a:\n    labels: ["# {0}"] # {0}\n    # {0}\n    cap_add: [FOO]\n'),
        ("a.yaml", "services:\n  a:\n    command: |\n      x\n    # {}\n    cap_add: [FOO]\n"),
        ("a.yaml", "services:\n  a:\n    cap_add: [FOO,\n      # {}\n      BAR]\n"),
        ("a.yaml", "{{services: {{a: {{command: 'x # {0}', cap_add: [FOO]}}}}}} # {0}\n"),
        ("devcontainer.json", '{{"image": "x",\n// {}\n"runArgs": ["--cap-add=FOO"]}}'),
        ("devcontainer.json", '{{"image": "x", /* {} */ "runArgs": ["--cap-add=FOO"]}}'),
        ("devcontainer.json", '{{"image": "x",\n/* {} */\n"runArgs": ["--cap-add=FOO"]}}'),
        ("a.sh", "docker run --cap-add FOO web echo 'x' # {}\n"),
        ("a.sh", "# {}\ndocker run --cap-add FOO web\n"),
        ("a.toml", '[[runners]]\nexecutor="docker"\n[runners.docker]\nimage="x#y"\ncap_add=["FOO"] # {}\n'),
        ("a.conf", "# {}\nlxc.cap.keep = foo\n"),
        ("a.nspawn", "[Exec]\n; {}\nCapability=CAP_FOO\n"),
        ("a.nomad", JOB.format('cap_add = ["FOO"] // {}')),
        ("a.nomad", JOB.format('args = ["#"]\n# {}\ncap_add = ["FOO"]')),
    ],
)
def test_what_is_a_comment(name, text):
    """Silences, with its reason and no more."""
    found = lint(text.format(FOO), name, select=["unknown-capability"])
    assert "known" in [each.silence and each.silence.reason for each in found]


def test_commands_in_a_unit_have_its_comments():
    """Not those of a shell."""
    text = "[Service]\n{}ExecStart=docker run --cap-add FOO web{}\n"
    found = silenced(text.format("", f" # {FOO}"), select=["unknown-capability", "unused-ignore"])
    assert sorted(found) == [("unknown-capability", None), ("unused-ignore", None)]
    found = silenced(text.format(f"# {FOO}\n", ""), select=["unknown-capability", "unused-ignore"])
    assert found == [("unknown-capability", ("known", "line 2"))]
    report = lint(text.format("", f" # {FOO}"), engine=engines.get("podman"), select=["unknown-capability"])
    assert [each.silence for each in report] == [None]


def test_many_comments_about_one_line():
    """The first of a rule silences; the others are of no use."""
    found = lint("services:\n" + f"# {FOO}\n" * 3 + "  a: {cap_add: [FOO, BAR]}\n", "a.yaml")
    assert [each.silence.where for each in found if each.silence] == ["line 2"] * 2
    assert [(each.rule, each.line) for each in found if not each.silence] == [("unused-ignore", at) for at in (3, 4)]


def test_nobody_knows_where_comments_are_in_what_is_read_no_more(monkeypatch):
    """Then there is none."""
    from capset.documents import structured

    def fail(_text):
        raise structured._yamltext("").UnreadableError(1, "no")

    monkeypatch.setattr(structured._yamltext(""), "scalars", fail)
    assert silenced(f"services:\n  a: {{cap_add: [FOO]}} # {FOO}\n", "a.yaml") == [("unknown-capability", None)]


def test_that_a_document_cannot_be_read_is_not_silenced():
    """By any configuration: the exit status says it too, and nothing else would say why."""
    settings = Settings.read('[[lint.silence]]\nfiles = ["*"]\nrules = ["unreadable"]\nreason = "x"\n')
    broken = documents.unread("no YAML", "a.yaml")
    part = documents.read("services: {a: 5}", "b.yaml")
    report = documents.lint([broken, *part], silences={name: settings.of(name) for name in ("a.yaml", "b.yaml")})
    assert [(each.file, each.rule, each.silence is None) for each in report] == [
        ("a.yaml", "unreadable", True),
        ("b.yaml", "unreadable", False),
    ]


def test_what_no_line_is_sure_of_is_not_silenced():
    """Parsers do not agree on what ends a line there."""
    assert silenced("# \u2028\n# capset: ignore[invalid-user] x\n" + UNIT.format("")) == [("invalid-user", None)]


def test_several_documents():
    """Each has its own comments, also after another release reads it, or for an engine."""
    first = documents.read(UNIT.format("# capset: ignore[invalid-user] one\n"), "a.service")
    second = documents.read(UNIT.format(""), "b.service")
    report = documents.lint([*first, *second], systemd=252)
    assert [(each.file, each.silence is None) for each in report] == [("a.service", False), ("b.service", True)]
    from capset import engines

    text = "docker run --cap-add KIL x"
    [finding] = lint(text, "x", engine=engines.get("podman"))
    assert finding.column == 22


# -- select, ignore, settings -----------------------------------------------------------------------


def test_select_and_ignore():
    """By rule; that a document cannot be read is told all the same."""
    text = "services: {a: {cap_add: [KIL], user: web}}"
    assert {each.rule for each in lint(text, "a.yaml")} == {"unknown-capability", "named-user"}
    assert {each.rule for each in lint(text, "a.yaml", select=["named-user"])} == {"named-user"}
    assert {each.rule for each in lint(text, "a.yaml", ignore=["named-user"])} == {"unknown-capability"}
    assert len(documents.lint(documents.unread("gone", "x"), ignore=["unreadable"])) == 1
    with pytest.raises(UnknownRuleError, match=r"unknown rule 'named_user': did you mean named-user"):
        lint(text, "a.yaml", select=["named_user"])
    with pytest.raises(TypeError, match=r"ignore is a list of rules, such as \['needs-root'\], got 'named-user'"):
        lint(text, "a.yaml", ignore="named-user")
    with pytest.raises(TypeError, match=r"select is a list of rules, .*, got 5"):
        lint(text, "a.yaml", select=5)


SETTINGS = """
[tool.capset.lint]
select = ["needs-root"]
ignore = ["named-user"]
exclude = ["charts/*/templates", "*.tmpl"]
[[tool.capset.lint.silence]]
files = ["deploy/*.json", "old"]
rules = ["unknown-capability"]
reason = "a test"
"""


def test_settings():
    """Of a pyproject.toml, or of a file of their own."""
    settings = Settings.read(SETTINGS, "x/pyproject.toml")
    assert (settings.select, settings.ignore) == (("needs-root",), ("named-user",))
    assert [settings.excludes(path) for path in ("charts/a/templates/x.yaml", "a.tmpl", "a.yaml")] == [
        True,
        True,
        False,
    ]
    assert [len(settings.of(path)) for path in ("deploy/a.json", "deploy/b/a.json", "old/x", "older", "a.json")] == [
        *(1, 1, 1),
        *(0, 0),
    ]
    own = Settings.read(SETTINGS.replace("tool.capset.", "").encode())
    assert (own.select, own.name) == (settings.select, "capset.toml")
    assert Settings.read("[tool.ruff]", "pyproject.toml") is None
    assert Settings.read("").excludes("x") is False

    report = lint(
        '{"services": {"a": {"cap_add": ["KIL"]}}}', "a.json", silences={"a.json": settings.of("deploy/a.json")}
    )
    [finding] = report
    assert (finding.silence.where, finding.silence.inside) == ("x/pyproject.toml", False)
    unused = "[Service]\n# capset: ignore[variable] x\n"
    entries = Settings.read('[[lint.silence]]\nfiles = ["*"]\nrules = ["unused-ignore"]\nreason = "x"').of("a")
    assert lint(unused, silences={"a.service": entries}).faults == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[lint", "x.toml: no TOML: "),
        ("a=" + "[" * 10_000, "x.toml: no TOML: "),
        (b"\xff", "x.toml: no UTF-8 text, at byte 0"),
        ("[lnt]", r"x.toml: there is no setting lnt: did you mean lint\?"),
        ("lint = 5", "x.toml: lint: expected a mapping, got 5"),
        ("[lint]\nignor = []", r"x.toml: there is no setting lint.ignor: did you mean ignore\?"),
        ('[lint]\nignore = "x"', "x.toml: lint.ignore: expected a list of names"),
        ('[lint]\nignore = ["needs-roott"]', r"x.toml: lint.ignore\[0\]: expected a rule .*did you mean needs-root\?"),
        ("[lint]\nexclude = [5]", r"x.toml: lint.exclude\[0\]: expected a text in quotes, got 5"),
        ("[[lint.silence]]", r"x.toml: lint.silence\[0\].files: expected a list of files, got None"),
        (
            '[[lint.silence]]\nfiles = ["*"]\nrules = ["variable"]\nreason = " "',
            r"x.toml: lint.silence\[0\].reason: expected a reason, in words, got",
        ),
    ],
)
def test_settings_that_make_no_sense(text, message):
    """With the file, the place and the remedy."""
    with pytest.raises((DocumentError, FormatError), match=message):
        Settings.read(text, "x.toml")


def test_settings_of_the_wrong_type():
    with pytest.raises(TypeError, match="expected a configuration as str or bytes, got 5"):
        Settings.read(5)
    with pytest.raises(TypeError, match="expected the name of a configuration as str, got 5"):
        Settings.read("", 5)
    with pytest.raises(TooLargeError, match="a: more than 1048576 characters or bytes of a configuration are not read"):
        Settings.read(" " * 2**21, "a")


def test_may_be_document():
    """What has the keys of one, and nothing else, if it is no YAML at all."""

    def may_be(text, name="a.yaml"):
        with pytest.raises(CapsetError) as raised:
            documents.read(text, name)
        return documents.may_be_document(raised.value, text)

    assert may_be("services:\n  a: [")
    assert may_be(b"kind: \xff")
    assert may_be('{"containerDefinitions": [')
    assert may_be("- capabilities: [")
    assert not may_be("name: [")
    assert not may_be("mankind: [")
    assert not may_be("Hello world", "x")
    assert may_be('{"services": {}, "process": {"capabilities": {}}}')
    assert not may_be("x" * 2**20 + "\nkind: [")
    assert may_be("#" + " a long comment in front of it" * 30_000 + "\nkind: [")
    with pytest.raises(TypeError, match=r"expected what documents.read\(\) raised, got 5"):
        documents.may_be_document(5, "")
    with pytest.raises(TypeError, match="expected a document as str or bytes, got 5"):
        documents.may_be_document(CapsetError(""), 5)


# -- hosts ------------------------------------------------------------------------------------------

PODS = """# capset: ignore[pod-security-drop] known
spec:
  containers:
  - name: a
    securityContext: {capabilities: {add: [CAP_KILL, "NET_\\u0007ADMIN"]}, runAsUser: -1}
---
kind: Service
"""


def some_findings():
    silenced = lint(UNIT.format("# capset: ignore[invalid-user] x\n"), "dir/a b.service")
    entries = {"b.service": Settings.read('[[lint.silence]]\nfiles=["*"]\nrules=["invalid-user"]\nreason="y"').of("b")}
    by_file = lint(UNIT.format(""), "b.service", silences=entries)
    return documents.Report(
        [*lint(PODS, "pod.yaml", policy="restricted"), *silenced, *by_file, *lint("docker run -u x y", "")]
    )


def test_sarif_is_what_its_schema_asks_for():
    """With a level, a page and a full description of each rule, and what is silenced."""
    log = some_findings().to_sarif()
    jsonschema.Draft4Validator.check_schema(SCHEMA)
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(log)
    [run] = log["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["helpUri"].startswith("https://")
        assert rule["fullDescription"]["text"].startswith(rule["shortDescription"]["text"])
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
    given = [each["suppressions"] for each in run["results"] if "suppressions" in each]
    assert given == [[{"kind": "inSource", "justification": "x"}], [{"kind": "external", "justification": "y"}]]
    assert {"startLine": 5, "startColumn": 44} in [
        each["locations"][0]["physicalLocation"]["region"] for each in run["results"]
    ]
    assert len({each["partialFingerprints"]["capset/v1"] for each in run["results"]}) == len(run["results"])


def test_the_schema_refuses_what_is_none():
    """So that the test above can fail."""
    for change in ({"level": "bad"}, {"suppressions": [{"kind": "x"}]}, {"locations": [{"physicalLocation": 5}]}):
        log = some_findings().to_sarif()
        log["runs"][0]["results"][0].update(change)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft4Validator(SCHEMA).validate(log)


def test_every_rule_has_a_valid_sarif():
    """Of all rules, as their examples give them."""
    found = [
        documents.lint(
            documents.read(rule.example.text, dialect=rule.example.dialect), policy=rule.example.policy or None
        )
        for rule in documents.RULES.values()
        if not rule.example.to
    ]
    log = documents.Report([finding for report in found for finding in report]).to_sarif()
    jsonschema.Draft4Validator(SCHEMA).validate(log)


def test_github():
    """A command a line, whose escapes keep values from ending it."""
    commands = some_findings().to_github().splitlines()
    assert commands[0].startswith("::warning file=pod.yaml,line=5,col=44,title=capability-prefix::containerd takes ")
    assert any(each.startswith("::warning file=-,line=1,col=15,title=named-user::") for each in commands)
    assert any(each.startswith("::notice file=pod.yaml,line=7,col=7,title=passed-over::") for each in commands)
    assert not any("a b.service" in each for each in commands)
    odd = documents.Finding(file="a,b:c%\n", line=3, rule="variable", verdict="depends", message="50%\r\n::error::x")
    [command] = github([odd])
    assert command == "::warning file=a%2Cb%3Ac%25\\n,line=3,title=variable::50%25\\r\\n::error::x"


def test_gitlab():
    """What is silenced is left out, and no two have the same fingerprint."""
    told = some_findings().to_gitlab()
    assert {each["severity"] for each in told} == {"major", "minor", "info"}
    assert told[0]["location"] == {"path": "pod.yaml", "lines": {"begin": 5}}
    assert len({each["fingerprint"] for each in told}) == len(told)
    odd = documents.Finding(file="./a", line=3, rule="variable", verdict="depends", message="x")
    first, second = gitlab([odd, odd])
    assert (first["location"]["path"], second["fingerprint"]) == ("a", f"{first['fingerprint']}-1")


def test_the_effect_of_a_policy_and_rows():
    """A column, and the reason of what is silenced."""
    rows = list(some_findings().to_records())
    assert {"x", "y", None} == {row["silenced"] for row in rows}
    assert rows[0]["column"]
    assert "silenced" in some_findings()._repr_html_()
    for finding in some_findings():
        assert documents.Finding.from_dict(finding.as_dict()) == finding


# -- the root that nobody named -----------------------------------------------------------------------


def test_a_user_that_nobody_names_is_not_silently_root():
    """Of an image that starts only as another user, what root would get is not told at all."""
    [outcome] = lint("services: {a: {}}", "a.yaml").outcomes
    assert outcome.assumed == "nothing names the user, so it is the image's, which is taken for root"
    [outcome] = lint("services: {a: {user: '0'}}", "a.yaml").outcomes
    assert outcome.assumed == ""
    pod = "spec: {containers: [{name: a, securityContext: {runAsNonRoot: true, capabilities: {add: [NET_ADMIN]}}}]}"
    report = lint(pod, "a.yaml")
    assert (report.outcomes[0].user, report.outcomes[0].assumed) == ("not root", "")
    assert not report.outcomes[0].gets.effective
    assert {each.rule for each in report} == {"image-user", "needs-root"}
    group = pod.replace("capabilities", "runAsGroup: 5, capabilities")
    assert lint(group, "a.yaml").outcomes[0].user == "not root:5"
    assert lint(pod, "a.yaml", policy="scc:restricted-v2").outcomes[0].user == "not root"


# -- many files --------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder as a repository is one."""
    monkeypatch.chdir(tmp_path)
    for path, text in {
        "compose.yaml": "services: {a: {cap_add: [KIL]}}",
        "deploy/pod.yaml": "kind: Pod\nspec: {containers: [{name: a}]}\n---\nkind: Service\n",
        "deploy/service.yaml": "kind: Service",
        "deploy/broken.yaml": "kind: Pod\nspec: [",
        "deploy/other.yaml": "a: [",
        "web.service": "[Service]\nUser=007\n",
        "README.md": "# Hello\n",
        ".git/x.yaml": "kind: Pod\nspec: [",
        ".hidden.yaml": "services: {b: {cap_add: [KIL]}}",
        "empty": "",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "image.png").write_bytes(b"\x89PNG\0kind: Pod")
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.yaml").symlink_to("compose.yaml")
    return tmp_path


def test_a_folder(run, tree):
    """All documents in it; what is none is counted, and what may be one and cannot be read is an error."""
    status, out, err = run("lint", ".")

    assert status == 2
    assert [line.split(": ")[0] for line in out.splitlines()] == [
        ".hidden.yaml:1:26",
        "compose.yaml:1:26",
        "web.service:2:6",
        "deploy/broken.yaml:2",
    ]
    assert ": unreadable: " in out.splitlines()[3]
    assert err.splitlines() == [
        f"capset: {5 + hasattr(os, 'mkfifo')} files are no document that capset reads",
        "capset: 1 folder of version control is not entered",
        "capset: 2 symbolic links are not followed",
        "capset: 2 documents have no container in them",
    ]
    os.remove("deploy/broken.yaml")
    assert run("lint", ".")[0] == 1
    (tree / ".devcontainer").mkdir()
    (tree / ".devcontainer/devcontainer.json").write_text('{"image": "a", "capAdd": ["KIL"]} // in a hidden folder')
    assert ".devcontainer/devcontainer.json:1:" in run("lint", ".")[1]
    status, out, err = run("lint", "deploy", "deploy/pod.yaml")
    assert (status, out) == (0, "")
    assert err.splitlines() == [
        "capset: deploy/pod.yaml:4:7: passed-over: a document of kind Service, in which there is no pod",
        "capset: 1 file is no document that capset reads",
        "capset: 1 document has no container in it",
    ]
    rows = json.loads(run("lint", ".", "--json")[1])
    assert {row["file"] for row in rows} > {"compose.yaml", "deploy/pod.yaml", "web.service"}
    assert run("lint", "compose.yaml", "./compose.yaml", "web.service")[1].count("compose.yaml:") == 1


def test_paths_of_windows(run, tree, monkeypatch):
    """Are written with slashes, which documents, patterns and code hosts know them by."""
    slashes = run("lint", "deploy/pod.yaml", "compose.yaml", "--exclude", "deploy/pod.yaml", "--format", "json")
    assert "compose.yaml" in slashes[1]
    monkeypatch.setattr(os, "sep", "\\")
    assert (
        run("lint", "deploy\\pod.yaml", "compose.yaml", "--exclude", "deploy/pod.yaml", "--format", "json") == slashes
    )
    assert run("convert", "deploy\\pod.yaml", "--to", "docker") == run("convert", "deploy/pod.yaml", "--to", "docker")


def test_a_file_that_is_named_is_a_document(run, tree):
    """Or an error, also among others."""
    status, _, err = run("lint", "README.md")
    assert (status, "is in no" in err) == (2, True)
    status, out, _ = run("lint", "README.md", "compose.yaml")
    assert (status, "README.md:1: unreadable: this is in no" in out) == (2, True)


def test_what_cannot_be_opened_is_no_other_file(run, tree, monkeypatch):
    """A file, and a folder: nothing is known of either."""
    from capset.cli import folders

    def fails(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(folders, "_read", fails)
    status, out, _ = run("lint", "deploy")
    assert (status, out.count("unreadable: Permission denied")) == (2, 4)

    monkeypatch.setattr(os, "scandir", fails)
    status, out, _ = run("lint", "deploy")
    assert (status, out) == (2, "deploy:1: unreadable: Permission denied\n")


def test_a_file_without_an_end(run, tree, monkeypatch):
    """A huge one is none of capset's, if it does not look like it."""
    from capset import bounds
    from capset.cli import folders

    for module in (folders, bounds):
        monkeypatch.setattr(module, "LONGEST_TEXT", 70_000)
    for path in (".hidden.yaml", "compose.yaml", "web.service"):
        os.remove(path)
    (tree / "log").write_text("x" * 100_000)
    (tree / "deploy/large.yaml").write_text("kind: Pod\n" + "#" * 100_000)
    status, out, err = run("lint", ".", "--exclude", "deploy/[bops]*")
    assert (status, out.splitlines()) == (
        2,
        ["deploy/large.yaml:1: unreadable: more than 70000 characters or bytes are not read: divide it"],
    )
    assert "capset: 4 files or folders are excluded" in err


def test_yaml_needs_its_reader(run, tree, monkeypatch):
    """That is said of each file, and hides no other."""
    import sys

    monkeypatch.delitem(sys.modules, "capset.documents.yamltext", raising=False)
    monkeypatch.setitem(sys.modules, "ruamel", None)
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    status, out, _ = run("lint", ".")
    assert status == 2
    assert out.startswith(".hidden.yaml:1: unreadable: reading YAML needs ruamel.yaml: pip install 'capset[documents]'")
    assert "web.service:2:6: invalid-user: " in out


def test_the_configuration_is_found(run, tree, monkeypatch):
    """Above the current folder, and its patterns are seen from where it is."""
    (tree / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tree / "capset.toml").write_text(
        '[lint]\nexclude = ["deploy", "*.md"]\nignore = ["invalid-user"]\n[[lint.silence]]\nfiles = ["*.yaml"]\n'
        'rules = ["unknown-capability"]\nreason = "a test"\n'
    )
    status, out, err = run("lint", ".")
    assert (status, out) == (0, "")
    assert "capset: 2 files or folders are excluded" in err
    assert "capset: 2 findings are silenced" in err
    monkeypatch.chdir(tree / "deploy")
    status, out, err = run("lint", "../compose.yaml")
    told = "capset: ../capset.toml: not told: invalid-user\ncapset: 1 finding is silenced\n"
    assert (status, out, err) == (0, "", told)
    (tree / "capset.toml").write_text('[lint]\nselect = ["needs-root", "no-effect"]\n')
    assert run("lint", "../compose.yaml")[2] == "capset: ../capset.toml: told alone: needs-root, no-effect\n"
    assert run("lint", "../compose.yaml", "--config", "../capset.toml")[2] == ""
    (tree / "capset.toml").write_text(
        '[lint]\n[[lint.silence]]\nfiles = ["*.yaml"]\nrules = ["unknown-capability"]\nreason = "a test"\n'
    )
    [row] = json.loads(run("lint", "../compose.yaml", "--json")[1])
    assert row["problems"][0]["silenced"] == {"reason": "a test", "where": "../capset.toml"}
    assert run("lint", "../compose.yaml", "--config", "../pyproject.toml")[::2] == (
        2,
        "capset: ../pyproject.toml: it has no [tool.capset.lint]\n",
    )
    (tree / "other.toml").write_text("[lint]\n")
    assert run("lint", "../compose.yaml", "--config", "../other.toml")[0] == 1


def test_forms(run, tree):
    """Each on standard output, and the exit status as ever."""
    assert run("lint", "compose.yaml")[:2] == (
        1,
        "compose.yaml:1:26: unknown-capability: Docker knows no capability 'KIL': did you mean KILL?\n",
    )
    assert run("lint", "compose.yaml", "--format", "github")[1].startswith("::error file=compose.yaml,line=1,col=26,")
    assert run("lint", "deploy/pod.yaml", "--format", "github", "--ignore", "passed-over")[1] == ""
    [told] = json.loads(run("lint", "compose.yaml", "--format", "gitlab")[1])
    assert told["check_name"] == "unknown-capability"
    assert json.loads(run("lint", "compose.yaml", "--format", "sarif")[1])["version"] == "2.1.0"
    assert run("lint", "compose.yaml", "--format", "json")[1] == run("lint", "compose.yaml", "--json")[1]
    assert run("lint", "compose.yaml", "--format", "table")[1].startswith("what ")


def test_rules_on_the_command_line(run, tree):
    """Several with commas or with several options."""
    assert run("lint", "compose.yaml", "--ignore", "named-user, unknown-capability")[:2] == (0, "")
    assert run("lint", "compose.yaml", "--select", "named-user", "--select", "variable")[:2] == (0, "")
    status, _, err = run("lint", "compose.yaml", "--select", "unknown-capabilty")
    assert (status, err.startswith("capset: unknown rule 'unknown-capabilty': did you mean unknown-capability")) == (
        2,
        True,
    )


def test_files_that_are_named_may_be_none(run, tree):
    """As a hook of pre-commit names them."""
    status, out, err = run("lint", "--pass-over", "README.md", "compose.yaml", "link.yaml")
    assert (status, len(out.splitlines()), err) == (1, 2, "capset: 1 file is no document that capset reads\n")
    assert run("lint", "--pass-over", "--exclude", "*.yaml", "compose.yaml", "link.yaml") == (
        *(0, ""),
        "capset: 2 files or folders are excluded\n",
    )
    status, _, err = run("lint", "--pass-over", "gone")
    assert (status, err) == (2, "capset: No such file or directory: gone\n")


def test_without_a_configuration(run, tree, monkeypatch):
    """None is found up to the root."""
    monkeypatch.setattr(os.path, "isfile", lambda _path: False)
    assert run("lint", "compose.yaml")[0] == 1


def test_findings_of_names_that_no_encoding_has():
    """Code hosts are told in plain text."""
    text = json.dumps({"services": {"a": {"image": "x", "cap_add": ["KILL\ud800"], "\ud800user": "1"}}})
    for name in ("a\ud800.json", "a\udcff.json"):
        report = documents.lint(documents.read(text, name))
        assert len(report) == 2
        told = json.dumps([report.to_sarif(), report.to_gitlab(), list(report.to_github())], ensure_ascii=False)
        assert told.encode("utf-8")


# -- what is no document, and what may be one -------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "may_be"),
    [
        ("a.nomad", JOB.format("privileged = ").replace("{{", "{").partition("}")[0], True),
        ("a.hcl", '# x\n/* y\n*/\nvariable "a" {}\njob "a {\n', True),
        ("a.toml", '[[runners]]\nexecutor="docker"\n[runners.docker]\ncap_add=["a",\n', True),
        ("a.toml", 'concurrent = 1\n[[runners]\nexecutor="docker"\n', True),
        ("a.json", '{"image":"x","runArgs":["--privileged","--cap-add=FOO"', True),
        ("a", '{"image":"x","runArgs":["--privileged","--cap-add=FOO"', True),
        ("devcontainer.json", '{"image":"x", "privileged": true', True),
        ("a.json", '{"taskDefinition":{"family":"x"', True),
        ("a.json", '{"Job":{"TaskGroups":[{"Tasks":[', True),
        ("a.json", '[{"Spec":{"TaskTemplate":{', True),
        ("a.json", '{"info":{"runtimeSpec":{', True),
        ("a.json", '{"ociVersion":"1","root":{', True),
        ("a.yaml", "podSecurityContext:\n  fsGroup: 1\nfoo: [", True),
        ("a.json", '{"name":"x","version":"1",', False),
        ("a.txt", '{"process": 1}', False),
        ("a.toml", "[tool.x]\na=[", False),
        ("a.tf", 'resource "a" "b" {\n cap_add = [', False),
        ("a.md", "# A\nWords.\n```\n[[runners]]\nfoo\n```\n", False),
        ("a.md", 'Words\n```\njob "a" {\n}\n```\n', False),
        ("a.toml", "# A\na = 1\n# [[runners]]\n", False),
    ],
)
def test_what_is_cut_off_may_be_a_document(name, text, may_be):
    """In whichever dialect it was to be; a page that has one in it is none."""
    with pytest.raises(CapsetError) as raised:
        documents.read(text, name)
    assert documents.may_be_document(raised.value, text) is may_be


def test_what_opens_so_and_is_whole_is_none():
    """Of a table that is no runner's own, nothing is lost."""
    text = "a = 1\n[runners]\nb = 2\n"
    with pytest.raises(CapsetError) as raised:
        documents.read(text, "a.toml")
    assert not documents.may_be_document(raised.value, text)


POD = "kind: Pod\nspec: {containers: [{name: a, securityContext: {capabilities: {add: [KILL]}}}]}\n"


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.yaml", POD.encode("utf-16"), "no UTF-8 text, but UTF-16"),
        ("a.yaml", POD.encode("utf-16-be"), "no UTF-8 text"),
        ("a.txt", POD.encode("utf-32"), "no UTF-8 text, but UTF-32"),
        ("a.txt", ("\ufeff" + POD).encode("utf-16-be"), "no UTF-8 text, but UTF-16"),
        ("a.yaml", "Words".encode("utf-16"), "no UTF-8 text, but UTF-16"),
        ("a.json", b'{"a": "\0"}', "no UTF-8 text"),
        ("a.service", b"[Service]\n\0", "no UTF-8 text"),
        ("a.txt", '{"services": {'.encode("utf-16"), "no UTF-8 text, but UTF-16"),
        ("a.txt", "Words".encode("utf-16"), None),
        ("a.txt", b"Words\0", None),
        ("a.yaml", b"", None),
    ],
)
def test_other_encodings_in_a_folder(run, tmp_path, monkeypatch, name, data, told):
    """What is a document in one of them, or is called so, is told."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(data)
    status, out, err = run("lint", ".")
    if told is None:
        assert (status, out, err) == (0, "", "capset: 1 file is no document that capset reads\n")
    else:
        assert (status, out) == (2, f"{name}:1: unreadable: {told}\n")


def test_an_extended_file_in_another_encoding(run, tmp_path, monkeypatch):
    """It is told of itself, and not known to the one that names it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("services: {a: {extends: {file: b.yaml, service: b}}}\n")
    (tmp_path / "b.yaml").write_bytes("services: {b: {}}\n".encode("utf-16"))
    status, out, _ = run("lint", ".")
    assert status == 2
    assert "a.yaml:1:16: not-read" in out
    assert "b.yaml:1: unreadable: no UTF-8 text, but UTF-16" in out


def test_an_extra_that_is_missing_hides_no_other_file(run, tmp_path, monkeypatch):
    """It is told of the file that needs it."""
    import sys

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.nomad").write_text('job "a" {\n}\n')
    (tmp_path / "b.yaml").write_text("services: {a: {cap_add: [FOO]}}\n")
    monkeypatch.setitem(sys.modules, "hcl2", None)
    monkeypatch.delitem(sys.modules, "capset.documents.hcltext", raising=False)
    status, out, _ = run("lint", ".")
    assert status == 2
    assert "a.nomad:1: unreadable: reading HCL needs python-hcl2" in out
    assert "b.yaml:1:26: unknown-capability" in out


def test_a_file_that_is_named_twice(run, tmp_path, monkeypatch):
    """By whatever path, it is told once."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("services: {a: {cap_add: [FOO]}}\n")
    (tmp_path / "-").write_text("services: {a: {cap_add: [BAR]}}\n")
    once = run("lint", "a.yaml")
    assert run("lint", "a.yaml", "./a.yaml", str(tmp_path / "a.yaml")) == once
    assert run("lint", "--pass-over", "a.yaml", "./a.yaml") == once
    assert run("lint", ".", str(tmp_path)) == run("lint", ".")
    assert run("lint", "-", "./-", stdin="services: {a: {cap_add: [X]}}")[1].count("unknown-capability") == 2


def test_paths_from_the_top(run, tmp_path, monkeypatch):
    """What is below the current folder is told as it is seen from there; other files in SARIF with a scheme."""
    here = tmp_path / "here"
    here.mkdir()
    for folder in (here, tmp_path):
        (folder / "a b.yaml").write_text("services: {a: {cap_add: [FOO]}}\n")
    monkeypatch.chdir(here)

    def told(path, form):
        return run("lint", "--format", form, path)[1]

    def uri(path):
        [result] = json.loads(told(path, "sarif"))["runs"][0]["results"]
        return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]

    for path in ("a b.yaml", "./a b.yaml", str(here / "a b.yaml"), "../here/a b.yaml"):
        assert uri(path) == "a%20b.yaml"
        assert told(path, "gitlab") == told("a b.yaml", "gitlab")
        assert "file=a b.yaml," in told(path, "github")
    for path in ("../a b.yaml", str(tmp_path / "a b.yaml")):
        assert uri(path) == f"file://{tmp_path}/a%20b.yaml"
        assert json.loads(told(path, "gitlab"))[0]["location"]["path"] == str(tmp_path / "a b.yaml")
    [result] = documents.lint(documents.read("docker run --cap-add X y", "/a")).to_sarif()["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///a"


# -- what was used ---------------------------------------------------------------------------------

USED = '{"cap": "CAP_NET_RAW", "verdict": "granted"}'


def by_use(text, used=USED, **asked):
    report = documents.lint(documents.read(text, name="f", **asked), used=observed.read(used))
    return [(each.rule, each.message) for each in report if each.rule in {"unused-capability", "missing-capability"}]


def test_what_was_used():
    """What is granted and was not seen, and what was seen and is not granted, with the options that would do."""
    assert by_use("docker run --cap-drop ALL --cap-add NET_RAW web") == []
    [unused] = by_use("docker run --cap-drop ALL --cap-add NET_RAW --cap-add KILL web")
    assert unused == (
        "unused-capability",
        "not seen to be asked for: CAP_KILL; to give root CAP_NET_RAW and nothing else: "
        "--cap-drop=ALL --cap-add=NET_RAW",
    )
    [missing] = by_use("docker run --cap-drop ALL web")
    assert missing[0] == "missing-capability"
    assert missing[1].startswith("asked for in the trace, and not granted here: CAP_NET_RAW; to give root CAP_NET_RAW")
    unit = "[Service]\nCapabilityBoundingSet=CAP_KILL CAP_NET_RAW\n"
    assert by_use(unit) == [("unused-capability", "not seen to be asked for: CAP_KILL")]
    assert by_use("docker run --cap-add NOPE web") == []  # nothing is started
    assert len(by_use("docker run web", '{"cap": 41, "verdict": "granted"}')) == 2
    [found] = by_use("docker run --cap-drop ALL --cap-add KILL --cap-add NET_RAW web", f'{USED}\n{{"lost": 3}}\n{{}}')
    assert found[1].endswith(" (the trace is not whole: 1 of its lines were not understood, 3 events were lost)")
    assert by_use("docker run web", "f(1) = -1 EPERM (Operation not permitted)") == []
    configured = f'{USED}\n{{"configured": "CAP_KILL"}}'
    assert by_use("docker run --cap-drop ALL --cap-add KILL --cap-add NET_RAW web", configured) == []
    notes = documents.lint(documents.read("docker run web"), used=observed.read('{"tracer": "trace"}'))
    assert "the trace shows no check, and was passed over" in notes[0].message
    with pytest.raises(TypeError, match="a Use, as observed"):
        documents.lint([], used=USED)


def test_the_trace_on_the_command_line(run, tmp_path):
    trace = tmp_path / "trace"
    trace.write_text(USED, "utf-8")
    status, out, _ = run("lint", "--used", str(trace), "--from", "docker", "-", stdin="--cap-drop ALL")
    assert (status, "missing-capability" in out) == (1, True)
    trace.write_text("x", "utf-8")
    status, _, err = run("lint", "--used", str(trace), "-", stdin="--cap-drop ALL")
    assert (status, "what none of the known tracers prints" in err) == (2, True)
