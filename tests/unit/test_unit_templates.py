"""Units of which something else makes the unit that systemd reads: what they get is not known."""

from __future__ import annotations

import pytest

from capset import documents
from capset.errors import DocumentError, FormatError
from capset.formats import systemd

MARKS = ("{{ x }}", "$X", "${X}", "@X@", "<x>", "__X__", "%%X%%", "#{x}", "<%= @x %>", "`x`", "{% if x %}y{% endif %}")
VARIABLE, SPECIFIER = "a variable decides", "a specifier decides"


def read(*lines):
    [workload] = documents.read("\n".join(["[Service]", *lines, ""]), name="x.service")
    return workload


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    "key", ["User", "CapabilityBoundingSet", "AmbientCapabilities", "NoNewPrivileges", "DynamicUser"]
)
def test_values_that_something_else_replaces(key, mark):
    """In text and JSON alike, and nothing is written of them."""
    workload = read("AmbientCapabilities=CAP_KILL", f"{key}={mark}")
    [problem] = workload.problems
    [outcome] = documents.lint(workload).outcomes

    assert (workload.not_known, problem.rule, problem.line) == (VARIABLE, "variable", 3)
    assert (outcome.gets, outcome.known, outcome.reason) == (None, False, VARIABLE)
    with pytest.raises(DocumentError, match="not known, as a variable decides"):
        documents.convert(workload, "docker")


@pytest.mark.parametrize(
    "key", ["PrivateDevices", "SecureBits", "SystemCallFilter", "RestrictNamespaces", "ProtectHostname"]
)
def test_the_other_settings_that_count(key):
    assert read(f"{key}=@X@").not_known == VARIABLE


@pytest.mark.parametrize(
    "line",
    [
        *("ExecStart=@bindir@/web --user $USER", "Environment=USER={{ user }}", "PrivateTmp={{ x }}"),
        *("SystemCallFilter=~@clock @debug", "SystemCallFilter=@system-service", "# {{ ansible_managed }}"),
        *("User=a%%b", "User=web@example.com", "User=_x_"),
    ],
)
def test_what_decides_nothing(line):
    assert read(line).not_known == ""


@pytest.mark.parametrize(
    "lines",
    [
        ["{% if user %}", "User=web", "{% endif %}"],
        ["{{ user_line }}"],
        ["$USER_LINE"],
        ["@USER_LINE@"],
        ['{% if user == "web" %}', "User=web"],
        ["{{ key }}=web"],
        ["[{{ section }}]", "User=web"],
        ["[Service] {{ comment", "User=web"],
    ],
)
def test_lines_that_decide_what_stands_there(lines):
    workload = read(*lines)

    assert workload.not_known == VARIABLE
    assert workload.problems[0].message == "something else is to stand here, or decides what does: it is a template"
    assert workload.refusal is None


def test_in_front_of_the_first_section_and_in_drop_ins():
    assert systemd.from_unit("{% if x %}\n[Service]\nUser=web\n").not_known == VARIABLE
    assert systemd.from_unit("[Service]\nUser=web\n", "[Service]\n{{ more }}\n").not_known == VARIABLE
    assert systemd.from_unit("hello\n[Service]\n").not_known == ""


def test_specifiers():
    """systemd itself puts something there."""
    assert read("User=%i").not_known == SPECIFIER
    assert read("User=<%= @user %>").not_known == VARIABLE
    assert read("User=%i", "Group=@G@").not_known == VARIABLE


def test_users_that_are_given():
    """Whoever it is, the rest is known; where the rest is not, nothing is."""
    known = systemd.from_unit("[Service]\nUser={{ user }}\nAmbientCapabilities=CAP_KILL\n")
    unknown = systemd.from_unit("[Service]\nCapabilityBoundingSet={{ caps }}\n")

    assert known.process(uid=1000).effective == {5}
    with pytest.raises(FormatError, match="User: expected a number"):
        known.process()
    for use in (unknown.process, lambda: systemd.to_unit(unknown)):
        with pytest.raises(FormatError) as caught:
            use()
        assert str(caught.value) == (
            "the unit: expected one of which it can be said what its processes get, got 'a variable decides'"
        )


@pytest.mark.parametrize("mark", ["@X@", "<x>", "__X__", "%%X%%", "#{x}"])
def test_such_marks_in_other_dialects(mark):
    [compose] = documents.read(f'services: {{a: {{image: b, user: "{mark}"}}}}', dialect="compose")
    pod = (
        f'{{"spec": {{"containers": [{{"name": "a", "securityContext": {{"capabilities": {{"add": ["{mark}"]}}}}}}]}}}}'
    )
    [container] = documents.read(pod, dialect="kubernetes")

    assert {compose.not_known, container.not_known} == {VARIABLE}
