"""What shells complete, by Click's own protocol. What the shells themselves make of it: tests/live/test_shells.py."""

from __future__ import annotations

import shlex

import click
import pytest
from click.shell_completion import ShellComplete, get_completion_class

from capset import Cap, operations
from capset.cli.completion import COMPLETERS, FREE, Bash
from capset.cli.group import COMMANDS
from capset.cli.group import capset as command
from capset.cli.topics import TOPICS

BREAKS = " \t\n\"'@><=;|&(:"


@pytest.fixture
def complete(monkeypatch):
    """Complete a line as Bash asks for it."""

    def call(line):
        monkeypatch.setenv("COMP_LINE", line)
        monkeypatch.setenv("COMP_BREAKS", BREAKS)
        return Bash(command, {}, "capset", "_CAPSET_COMPLETE").complete().split("\n")

    return call


def values(line, shell="fish"):
    """Complete the last word of a line, and return whole words."""
    *words, begun = line.split(" ")
    asked = get_completion_class(shell)(command, {}, "capset", "_CAPSET_COMPLETE")
    assert isinstance(asked, ShellComplete)
    return [item.value for item in asked.get_completions(words[1:], begun)]


def test_every_parameter_is_known():
    """Click completes choices; of the others each has a completer, or nobody can know."""
    context = click.Context(command)
    for name in COMMANDS:
        for param in command.get_command(context, name).params:
            if not isinstance(param.type, click.Choice) and not getattr(param, "is_flag", False):
                assert (param.name in COMPLETERS) ^ (param.name in FREE), (name, param.name)


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("capset di", ["diff"]),
        ("capset diff podm", ["podman", "podman-packaged"]),
        ("capset run docker@20", ["docker@20.10.14"]),
        ("capset run nonsense@", []),
        ("capset explain net_r", ["net_raw"]),
        ("capset explain NET_R", ["NET_RAW"]),
        ("capset explain cap_net_r", ["cap_net_raw"]),
        ("capset explain CAP_NET_R", ["CAP_NET_RAW"]),
        ("capset ps --has kill,net_r", ["kill,net_raw"]),
        ("capset diff pid:se", ["pid:self"]),
        ("capset diff pi", ["pid:"]),
        ("capset diff fi", ["file:"]),
        ("capset lint --select needs-root,unused-i", ["needs-root,unused-ignore"]),
        ("capset lint --policy b", ["baseline"]),
        ("capset lint --policy scc:restricted-v2", ["scc:restricted-v2"]),
        ("capset lint --format sa", ["sarif"]),
        ("capset lint --system", ["--systemd"]),
        ("capset convert --to sy", ["systemd"]),
        ("capset help exit", ["exit-statuses"]),
        ("capset help exe", ["exec"]),
        ("capset can pid:se", ["pid:self"]),
        ("capset can docker setdomain", ["setdomainname"]),
        ("capset can docker --area au", ["audit"]),
        ("capset can docker --scope root", ["rootless"]),
        ("capset used trace.txt --off run", ["runtime"]),
        ("capset can docker --sysctl vm.unp", ["vm.unprivileged_userfaultfd="]),
        ("capset need --engine podm", ["podman", "podman-packaged"]),
        ("capset nonsense x", []),
    ],
)
def test_values(line, some):
    """Whole words; releases are those at which something changed."""
    assert values(line)[: len(some)] == some
    assert bool(values(line)) is bool(some)


def test_everything_is_offered():
    """Where nothing is typed yet."""
    assert set(values("capset ")) == set(COMMANDS)
    assert set(values("capset help ")) == {*COMMANDS, *TOPICS}
    assert len(values("capset explain ")) == len(Cap) + len(operations.names())


@pytest.mark.unicode_names
def test_processes(host):
    """Those of the proc that is named, with their names; what cannot be read has none."""
    (host / "7/comm").write_bytes(b"ca\x1bt\n")
    (host / "\u0665").mkdir()
    asked = Bash(command, {}, "capset", "_CAPSET_COMPLETE")
    items = asked.get_completions(["recognise", "--proc", str(host)], "pid:")
    assert [(item.value, item.help) for item in items] == [
        ("pid:self", "this command"),
        ("pid:1", None),
        ("pid:7", "ca\\x1bt"),
    ]
    assert [each.value for each in asked.get_completions(["recognise", "--proc", str(host / "gone")], "pid:")] == [
        "pid:self"
    ]


def test_files(tmp_path, monkeypatch):
    """Paths alone are the shell's matter; behind file: they are not."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", ".b", "bad\nname"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/c").write_text("")
    asked = Bash(command, {}, "capset", "_CAPSET_COMPLETE")
    assert [(each.type, each.value) for each in asked.get_completions(["lint"], "x")] == [("file", "x")]
    assert [(each.type, each.value) for each in asked.get_completions(["ps", "--proc"], "x")] == [("dir", "x")]
    assert values("capset diff file:") == ["file:a.txt", "file:folder/"]
    assert values("capset diff file:.") == ["file:.b"]
    assert values("capset diff file:folder/") == ["file:folder/c"]
    assert values("capset diff file:gone/") == []
    assert values(f"capset diff file:{tmp_path}/folder/") == [f"file:{tmp_path}/folder/c"]


def test_bash_ends_a_word_at_a_colon(complete, tmp_path, monkeypatch):
    """And keeps what stands before it; some words go on, and get no space."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    assert complete("capset diff docker@20")[0] == "plain,20.10.14"
    assert complete("capset diff pid:se") == ["plain,self"]
    assert complete("capset diff fi") == ["open,file:"]
    assert complete("capset diff file:fo") == ["open,folder/"]
    assert complete("capset lint --format=sa") == ["plain,sarif"]
    assert complete("capset lint --policy=scc:restricted-v2") == ["plain,restricted-v2"]
    assert complete("capset lint ") == ["file,"]
    assert complete("capset 'dif") == ["plain,diff"]
    assert complete("capset") == [""]
    monkeypatch.setenv("COMP_LINE", "capset diff pid:se")
    monkeypatch.delenv("COMP_BREAKS")
    assert Bash(command, {}, "capset", "_CAPSET_COMPLETE").complete() == "plain,pid:self"


@pytest.mark.unicode_names
def test_bash_is_given_no_word_that_acts(complete, tmp_path, monkeypatch):
    """What a file is called is put into the line, where Bash would run what stands in $( )."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zz$(touch PWNED); `id` 'a' \"b\" ü").write_text("")
    [told] = complete("capset show file:z")
    word = told.removeprefix("plain,")
    assert shlex.split(word) == ["zz$(touch PWNED); `id` 'a' \"b\" ü"]
    assert word.startswith("zz\\$\\(touch\\ PWNED\\)\\;\\ \\`id\\`")


def test_the_script_of_bash():
    """Its own; nothing is run to find out the version."""
    script = Bash(command, {}, "capset", "_CAPSET_COMPLETE").source()
    assert "_CAPSET_COMPLETE=bash_complete" in script
    assert get_completion_class("bash") is Bash


def test_a_shell_asks_the_command(monkeypatch, capsys):
    """By way of an environment variable."""
    from capset.cli import main

    monkeypatch.setenv("_CAPSET_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_LINE", "capset expl")
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr() == ("plain,explain\n", "")
