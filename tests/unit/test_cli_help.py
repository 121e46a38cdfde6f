"""Help: commands in groups, topics, and two examples each."""

from __future__ import annotations

import pytest

from capset.cli.examples import EXAMPLES
from capset.cli.group import COMMANDS, GROUPS
from capset.cli.topics import TOPICS


def test_every_command_is_in_one_group():
    """And the help of all of them says so."""
    told = [name for names in GROUPS.values() for name in names]
    assert sorted(told) == list(COMMANDS)
    assert set(EXAMPLES) == set(COMMANDS)
    assert not set(TOPICS) & set(COMMANDS)


def test_the_first_page(run):
    """Summaries are whole, and topics are named."""
    status, out, _ = run("--help")
    words = " ".join(out.split())
    assert status == 0
    for title, names in GROUPS.items():
        assert f"\n{title}:\n  {names[0]} " in out
    for name, (_, summary) in COMMANDS.items():
        assert f" {name} {summary} " in f" {words} "
    assert "exit-statuses What exit statuses mean." in words
    assert run("help")[1] == out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(run, name):
    """As --help, with two examples."""
    status, out, err = run("help", name)
    assert (status, err) == (0, "")
    assert out == run(name, "--help")[1]
    assert len(EXAMPLES[name]) == 2
    for typed, about in EXAMPLES[name]:
        assert f"\n    {typed}\n        {about}\n" in out
        assert typed.partition("| ")[2].startswith("capset ") or typed.startswith("capset ")
        assert f"capset {name}" in typed


@pytest.mark.parametrize("name", TOPICS)
def test_help_of_a_topic(run, name):
    """In 80 columns."""
    status, out, err = run("help", name)
    assert (status, err) == (0, "")
    assert out.startswith(f"{TOPICS[name]}:\n  ")
    assert max(map(len, out.splitlines())) <= 80


def test_topics_that_are_data(run):
    """All dialects, and all rules."""
    from capset.documents import DIALECTS, RULES

    assert all(f"\n  {name} " in run("help", "dialects")[1] for name in DIALECTS)
    assert all(f"\n  {name} " in run("help", "rules")[1] for name in RULES)
    assert " ".join(run("help", "dialects")[1].split()).count("(only read)") == sum(
        not each.is_written for each in DIALECTS.values()
    )


def test_what_there_is_no_help_of(run):
    """With the nearest, or with all."""
    status, out, err = run("help", "exit-status")
    assert (status, out) == (2, "")
    assert err == "capset: there is no command and no topic 'exit-status': did you mean exit-statuses?\n"
    assert "'xx': there are can, compare, convert," in run("help", "xx")[2]
