"""What the commands print where somebody looks: widths, colours, progress. In a pipe it is another matter."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.cells import cell_len

import capset
from capset import FileCaps, live
from capset.cli import progress, tables, terminal, users
from capset.cli.group import COMMANDS

ROOT = Path(__file__).parent.parent.parent
STATUSES = ROOT / "tests/data/status"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WIDE = "進程名字有十五個寬字符的名稱"  # as many as the kernel keeps, were they not of three bytes each
TEN = [
    *("docker", "podman", "cri-o", "buildah", "lxc", "incus", "containerd", "nerdctl", "docker@20.10"),
    *("docker@1.0", "file:examples/status/docker-mount.txt"),
]


def examples():
    """List the commands of the reference page; what is piped in or out is left to the page's own test."""
    page = (ROOT / "docs/reference/command.md").read_text("utf-8")
    lines = re.findall(r"^\$ capset (.*)$", page, re.MULTILINE)
    return [line.split() for line in lines if not {"|", "<", '"'} & set(line)]


def hard(folder):
    """Make what is hard to fit: long paths, long words, wide characters, many columns."""
    deep = folder / "a-folder-with-a-long-name" / "another-one-of-the-same-kind" / "and-a-third-for-good-measure"
    deep.mkdir(parents=True)
    pod = (ROOT / "examples/documents/pod.yaml").read_text("utf-8")
    unit = (ROOT / "examples/documents/web.service").read_text("utf-8")
    (deep / "pod.yaml").write_text(pod)
    (deep / "web.service").write_text(unit)
    for pid, parent in ((1, 0), (2, 1), (3, 2), (4194303, 3)):
        (folder / f"proc/{pid}").mkdir(parents=True)
        text = (STATUSES / "6.18.txt").read_text("utf-8")
        for label, value in (("Name", WIDE), ("Tgid", pid), ("Pid", pid), ("PPid", parent)):
            text = re.sub(rf"(?m)^{label}:\t.*$", f"{label}:\t{value}", text)
        (folder / f"proc/{pid}/status").write_text(text, "utf-8")
    proc = ["--proc", str(folder / "proc")]
    return [
        ["compare", *TEN, "--all"],
        ["compare", *TEN, *(f"docker@{release}" for release in ("1.5", "1.10", "17.03", "18.09", "19.03", "23.0"))],
        ["compare", "pid:1", "0xffffffffffffffff", "kill", *proc],
        ["ps", *proc],
        ["ps", "--tree", *proc],
        ["ps", "--group", *proc],
        ["ps", "--tree", "--sort", "held"],
        ["show", "4194303", *proc],
        ["show", "self"],
        ["diff", "docker", "all"],
        ["diff", f"file:{folder}/proc/1/status", "pid:self"],
        ["decode", "ffffffffffffffff", "a80425fb"],
        ["decode", "fffffff0000000c0"],
        ["engines"],
        ["engines", "docker"],
        ["explain", *map(str, capset.Cap)],
        ["exec", "/bin/sh"],
        ["exec", "/bin/sh", "--engine", "cri-o", "--user", "7", "--cap-add", "NET_RAW"],
        ["why", f"file:{folder}/proc/1/status", "bpf"],
        ["why", "self", "41"],
        ["flags", "docker", "chown,kill,net_raw,setuid,setgid,sys_chroot,mknod"],
        ["recognise", "file:examples/status/docker-web.txt", "--all"],
        ["lint", str(deep / "pod.yaml")],
        ["lint", "--format", "table", str(deep / "pod.yaml")],
        ["lint", "--format", "text", str(deep / "pod.yaml")],
        ["lint", "--format", "table", str(deep / "pod.yaml"), str(deep / "web.service"), "--policy", "restricted"],
        ["files", str(folder)],
        ["can", "docker"],
        ["can", "pid:1", "--area", "bpf", *proc],
        ["can", "podman", "--user", "5", "--cap-add", "BPF", "--scope", "lxc unprivileged", "socket", "priority"],
        ["need", "ping"],
        ["need", "io_uring_setup, io_uring_disabled 1"],
        ["need", "--engine", "docker@1.5", "bpf BPF_PROG_LOAD, tracing"],
        # errors
        ["nonsense"],
        ["nonsense", *["another"] * 30],
        ["diff", "docker"],
        ["diff", "docker", "x" * 200],
        ["show", "--thread", "x"],
        ["ps", "--has", "net_raw,chwon"],
        ["lint", str(deep / "gone.yaml")],
        ["run", "docker", "--cap-add", "SYS_RESOURCE", "--available", "0xa80425fb"],
        *([name, "--help"] for name in COMMANDS),
    ]


SEPARATOR = "--------"
ALL = """
import json, sys
from capset.cli.group import capset
for line in json.load(open(sys.argv[1])):
    print("--------", flush=True)
    try:
        capset(line, prog_name="capset")
    except SystemExit:
        pass
    sys.stdout.flush()
    sys.stderr.flush()
"""


def environment(**more):
    """Make an environment in which nothing says how wide it is, or whether there are colours."""
    said = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}
    env = {name: value for name, value in os.environ.items() if name not in said}
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    return {**env, "TERM": "xterm", "PYTHONPATH": path, "PYTHONUTF8": "1", **more}


def on_terminal(args, width, **env):
    """Run Python on a terminal of its own, of so many columns; give its exit status and what it printed."""
    pty = pytest.importorskip("pty", reason="needs a terminal (POSIX)")
    import fcntl
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    child = subprocess.Popen(
        [sys.executable, *args], stdin=slave, stdout=slave, stderr=slave, env=environment(**env), cwd=ROOT
    )
    os.close(slave)
    output = bytearray()
    try:
        while chunk := os.read(master, 65536):
            output.extend(chunk)
    except OSError:  # the other side is closed
        pass
    os.close(master)
    return child.wait(), output.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """Every command with every example of its page, and hard ones."""
    folder = tmp_path_factory.mktemp("hard")
    lines = [["--help"], *examples(), *hard(folder)]
    (folder / "lines.json").write_text(json.dumps(lines))
    return folder / "lines.json"


def printed(text):
    """Divide by command what all of them printed."""
    return [ESCAPES.sub("", part) for part in text.split(f"{SEPARATOR}\n")[1:]]


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(commands, width):
    """In any command, wide characters counted as two; JSON is for programs."""
    status, out = on_terminal(["-c", ALL, str(commands)], width)
    lines = json.loads(commands.read_text())
    parts = printed(out)

    assert (status, len(parts)) == (0, len(lines))
    assert len(lines) > 60
    for line, part in zip(lines, parts, strict=True):
        assert part.strip(), line
        assert "Traceback" not in part
        if "--json" not in line:
            wide = [told for told in part.split("\n") if cell_len(told) > width]
            assert wide == [], line


def test_nothing_is_lost_on_a_narrow_terminal(commands):
    """Of 40 columns: each word that has room there stands there whole, as in a pipe."""
    lines = json.loads(commands.read_text())
    narrow = printed(on_terminal(["-c", ALL, str(commands)], 40)[1])
    pipe = subprocess.run(
        [sys.executable, "-c", ALL, str(commands)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", check=True, cwd=ROOT,
        env=environment(),
    )  # fmt: skip

    assert "\x1b" not in pipe.stdout
    checked = 0
    for line, folded, told in zip(lines, narrow, printed(pipe.stdout), strict=True):
        if "--help" in line or {"self", "pid:self"} & set(line) or line[:2] == ["ps", "--tree"]:
            continue  # help is click's own, and the others are about processes, which come and go
        if line[0] == "lint" and "--format" not in line:
            continue  # it has another form in a pipe
        words = {word.strip(":,") for word in told.split() if cell_len(word) <= 40}
        assert words - {word.strip(":,") for word in folded.split()} == set(), line
        checked += len(words)
    assert checked > 1000


def capset_on(width, *args, **env):
    """Run one command on a terminal."""
    return on_terminal(["-m", "capset", *args], width, **env)[1]


def test_a_table_where_columns_fit_and_blocks_where_not():
    """A hanging column at 80; at 40 a block for each row, titles at the left."""
    wide = capset_on(80, "show", "1", "--proc", "examples/host", NO_COLOR="1").splitlines()
    narrow = capset_on(40, "show", "1", "--proc", "examples/host", NO_COLOR="1").splitlines()

    assert "effective   00000000a80425fb   14 CAP_CHOWN, CAP_DAC_OVERRIDE!, CAP_FOWNER," in wide
    assert f"{' ' * 34}CAP_FSETID, CAP_KILL, CAP_SETGID, CAP_SETUID," in wide
    start = narrow.index("set          effective")
    assert narrow[start + 1 : start + 5] == [
        "mask         00000000a80425fb",
        "held         14",
        "capabilities CAP_CHOWN,",
        "             CAP_DAC_OVERRIDE!,",
    ]


def test_sentences_hang():
    """What goes on stands further in; what is a list keeps its edge."""
    out = capset_on(80, "why", "file:examples/status/docker-user.txt", "chown")

    assert "execve(2) of an ordinary program does not give it: the file has no\n  capabilities, user 1000" in out


@pytest.mark.linux
def test_explanations_hang():
    """Those of a program of this machine too."""
    out = capset_on(80, "exec", "/bin/sh", "--engine", "docker")
    assert "\n  gained: " in out or "\n  kept: " in out
    assert re.search(r"\n    CAP_[A-Z_]+, ", out)


def test_options_that_are_folded_are_still_one_line_for_a_shell(run, watched):
    """With a backslash where they go on."""
    words = ["flags", "docker", "chown,kill,net_raw,setuid,setgid,sys_chroot,mknod"]
    told = capset_on(60, *words)
    piped = subprocess.run(
        [sys.executable, "-m", "capset", *words], capture_output=True, text=True, env=environment(), check=True
    ).stdout

    assert told.count(" \\\n") > 0
    assert "\\" not in piped
    assert capset_on(20, *words) == piped  # a word that has no room is not broken
    joined = subprocess.run(["sh", "-c", f"echo {told}"], capture_output=True, text=True, check=True).stdout
    assert joined == piped
    watched(60)
    assert run(*words)[1] == told


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, True),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "", "FORCE_COLOR": ""}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_colours_on_a_terminal(env, coloured):
    """A sign and a word say the same; a terminal without colours is folded all the same."""
    out = capset_on(60, "diff", "docker", "all", **env)

    assert ("\x1b[32m+ added\x1b[0m" in out) is coloured
    assert ("\x1b" in out) is coloured
    assert "+ added" in out
    assert max(map(len, ESCAPES.sub("", out).splitlines())) <= 60


@pytest.mark.parametrize(("name", "coloured"), [("FORCE_COLOR", True), ("NO_COLOR", False)])
def test_colours_in_a_pipe(run, monkeypatch, name, coloured):
    """FORCE_COLOR colours, and folds nothing."""
    plain = run("diff", "docker", "all")[1]
    monkeypatch.setenv(name, "1")
    monkeypatch.setenv("COLUMNS", "40")
    out = run("diff", "docker", "all")[1]

    assert "\x1b" not in plain
    assert ("\x1b[32m+ added\x1b[0m" in out) is coloured
    assert ESCAPES.sub("", out) == plain


def test_errors_fold_where_they_are_read(tmp_path):
    """As wide as the terminal of standard error, also where standard output is a file."""
    code = f"import sys; sys.stdout = open({str(tmp_path / 'out')!r}, 'w'); sys.argv = ['capset', 'run', 'docker', "
    code += "'--cap-add', 'SYS_RESOURCE', '--available', '0xa80425fb']; from capset.cli import main; main()"
    status, err = on_terminal(["-c", code], 50)

    assert status == 2
    assert max(map(len, err.splitlines())) <= 50
    assert "but does not hold that itself" in " ".join(err.split())


class Stream(io.StringIO):
    """A terminal that does not say how wide it is."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("told", "width"), [("", 80), ("0", 80), ("x", 80), ("97", 97)], ids=["unset", "zero", "text", "number"]
)
def test_how_wide(monkeypatch, told, width):
    """80 where nothing says it; a pipe has no width at all."""
    monkeypatch.setenv("COLUMNS", told)

    assert terminal.width(Stream()) == width
    assert terminal.width(io.StringIO()) is None
    assert terminal.width(None) is None


def folded(text, room, **more):
    return list(terminal.fold(text, room, **more))


def test_folding():
    """At words, with what goes on further in, and a word of its own line where it is too wide for the rest."""
    assert folded("a line that fits", 16) == ["a line that fits"]
    assert folded("a line that fits not", None) == ["a line that fits not"]
    assert folded("  - one two three four", 12) == ["  - one", "    two", "    three", "    four"]
    assert folded("one two", 5, hang=0) == ["one", "two"]
    assert folded("漢字 漢字 漢字", 9, hang=0) == ["漢字 漢字", "漢字"]
    assert folded("a CAP_NET_BIND_SERVICE b", 20) == ["a", "CAP_NET_BIND_SERVICE", "b"]
    assert folded("see https://example.org/long now", 16) == ["see", "  https://exampl", "  e.org/long now"]
    assert folded("one two three", 12, lead="set  ", hang=5) == ["set  one two", "     three"]
    assert folded("CAP_KILL", 9, lead="capabilities ", hang=13) == ["capabilities", " CAP_KILL"]
    assert folded(" " * 9 + "CAP_KILL", 9) == [" CAP_KILL"]
    assert folded(" " * 30, 9) in ([""], [])


@pytest.mark.parametrize("missing", ["rich.text", "rich.cells"])
def test_without_rich(monkeypatch, missing):
    """Nothing is folded, and nothing is lost."""
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "rich.text" if missing == "rich.cells" else "rich.cells", raising=False)

    assert terminal.cells("漢字") == (2 if missing == "rich.cells" else 4)
    if missing == "rich.text":
        assert folded("one two", 5) == ["one two"]


@pytest.fixture
def watched(monkeypatch):
    """Make of what a test prints a terminal of a width."""

    def look(width):
        monkeypatch.setattr(terminal, "is_watched", lambda _stream: True)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("NO_COLOR", "1")

    return look


def drawn(capsys, columns, rows):
    tables.table(columns, rows)
    return capsys.readouterr().out.splitlines()


def test_widths_of_columns(capsys, watched):
    """What needs little gets what it needs, the others share; no word is broken for a column."""
    watched(80)
    text = "word " * 30
    columns = [tables.number("n"), tables.prose("first"), tables.prose("second"), tables.prose("third")]
    lines = drawn(capsys, columns, [["1", "short", text, text]])

    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["n", "first", "second", "third"]
    assert lines[1].startswith("1 short word word")
    url = "https://example.org/" + "x" * 30
    lines = drawn(capsys, columns[:2], [["1", f"{text} {url}"]])
    assert any(url in line for line in lines)
    lines = drawn(capsys, [tables.word("a" * 60), tables.prose("b")], [["x", f"see {url}"], ["", "y"]])
    assert lines == ["a" * 60 + " x", "b" + " " * 29 + "see", " " * 30 + url, "", "b" + " " * 60 + "y"]


def test_colours_of_a_block(capsys, watched, monkeypatch):
    """Titles alone: signs and words say the rest."""
    watched(20)
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    lines = drawn(capsys, [tables.word("change"), tables.word("name")], [[tables.ADDED, "CAP_SYS_RESOURCE"]])

    assert lines == ["\x1b[1mchange\x1b[0m + added", "\x1b[1mname\x1b[0m", "    CAP_SYS_RESOURCE"]


def test_which_lines_a_terminal_shows(monkeypatch):
    """A tree is drawn with what the encoding has."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert (terminal.encodes("├"), terminal.encodes("é")) == (False, True)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert (terminal.encodes("├"), terminal.encodes("|")) == (False, True)


@pytest.fixture
def slow(watched, monkeypatch):
    """Make of all work long work, where somebody looks."""
    watched(80)
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setattr("rich.console.Console.is_terminal", True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["files", "examples/documents"], "files, now in", marks=pytest.mark.linux),
        (["ps", "--proc", "examples/host"], "2 read"),
        (["lint", "examples/documents/web.service"], "examples/documents/web.service"),
    ],
)
def test_progress(run, slow, monkeypatch, words, told):
    """On standard error, and gone at the end; in a pipe nothing of it."""
    threading.Thread(target=int).start()  # as Rich does to draw
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(live, "is_kernel_thread", lambda *_args, **_options: False)
    _, out, err = run(*words)

    assert told in ESCAPES.sub("", err)
    assert "\x1b[2K" in err  # the line is wiped out
    assert "\x1b" not in out


def test_no_progress_of_what_is_quick(run, watched, monkeypatch):
    """Nor does it load what draws it."""
    watched(80)
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(progress, "_bar", None)

    assert run("ps", "--proc", "examples/host")[::2] == (0, "capset: 2 listed\n")


@pytest.mark.linux
def test_no_progress_on_a_dumb_terminal(run, slow, monkeypatch):
    """A line that was shown would stay."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("TERM", "dumb")

    assert run("files", "examples/documents")[::2] == (0, "")


def test_no_progress_without_threads(run, slow, monkeypatch):
    """A browser has none, and a process may have as many as it is allowed."""

    def start(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(threading.Thread, "start", start)

    assert run("ps", "--proc", "examples/host")[::2] == (0, "capset: 2 listed\n")


@pytest.mark.linux
def test_no_progress_without_rich(run, slow, monkeypatch):
    """What is asked for does not need it."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setitem(sys.modules, "rich.progress", None)

    assert run("files", "--json", "examples/documents")[::2] == (0, "")


def test_the_help_of_a_narrow_terminal(run, watched):
    """Click's own is never narrower than 50; what has a column of its own may be wider still."""
    watched(40)
    out = run("show", "--help")[1]

    assert max(map(len, out.partition("Options")[0].splitlines())) <= 40


LEGEND = "! published lists warn of CAP_SYS_ADMIN: see capset explain\n"


def test_marks(run):
    """What published lists warn of, wherever it is held; of what is lacked nothing."""
    assert run("decode", "sys_admin,kill")[1].endswith(f"CAP_SYS_ADMIN! {capset.Cap.SYS_ADMIN.info.summary}\n{LEGEND}")
    assert run("diff", "kill", "sys_admin")[1].endswith(LEGEND)
    assert run("diff", "kill,sys_admin", "sys_admin")[1].count("!") == 0
    assert run("decode", "0x20", "0x0")[1].count("!") == 0


@pytest.mark.linux
def test_marks_of_files(run, monkeypatch, tmp_path):
    """What a program gives is held as well."""
    (tmp_path / "ping").touch()
    monkeypatch.setattr("capset.live.files.file_caps", lambda *_, **__: FileCaps(permitted=["sys_admin"]))
    assert run("files", str(tmp_path))[1].endswith(LEGEND)


@pytest.mark.linux
def test_users(monkeypatch):
    """A name where this host has one, the number else, and also where there is no list of users."""
    users.user_name.cache_clear()
    assert users.user_name(0) == "root"
    assert users.user_name(4_000_000_000) == "4000000000"
    assert users.uid_of("root", here=True) == 0
    users.user_name.cache_clear()
    monkeypatch.setitem(sys.modules, "pwd", None)
    assert users.user_name(0) == "0"
    users.user_name.cache_clear()


def test_many_columns_on_a_narrow_terminal(run, watched, monkeypatch):
    """Columns that do not fit stand below, under the same rows; numbers stand for names, and are told."""
    monkeypatch.chdir(ROOT)
    watched(50)
    out = run("compare", *TEN)[1]

    assert max(map(len, out.splitlines())) <= 50
    heads = [line.split()[2:] for line in out.splitlines() if line.startswith("no.")]
    assert [number for head in heads for number in head] == [str(at + 1) for at in range(len(TEN))]
    assert len(heads) > 1
    assert out.count("CAP_SYS_CHROOT ") == len(heads)
    assert "\n9 is docker@20.10: Docker Engine 20.10, root in\n  a container\n" in out
    assert "\n1 is docker: Docker Engine, root in a container\n" in out


@pytest.mark.parametrize(("width", "loads"), [(200, False), (30, True)])
def test_what_folding_costs(width, loads):
    """Rich loads where a line is folded, and the bar of what takes long not with it."""
    code = "import sys; from capset.cli.group import capset\ntry: capset(['decode', 'kill'], prog_name='capset')\n"
    code += "except SystemExit: print('rich' in sys.modules, 'rich.progress' in sys.modules)"
    assert on_terminal(["-c", code], width)[1].splitlines()[-1] == f"{loads} False"
