"""``capset snapshot``: the processes of hosts as a table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from capset import CapSet, fleet

NEEDS_ARROW = "needs pyarrow (pip install 'capset[fleet]')"


def test_lines_of_json_on_standard_output(run, host):
    """They need nothing that is not there anyway; the host is named by its folder."""
    status, out, err = run("snapshot", "-", str(host))
    *lines, last = out.splitlines()
    rows = [fleet.from_line(line) for line in lines]
    assert (status, last, err) == (0, '{"rows": 2}', "")
    assert [(row.host, row.pid, row.name) for row in rows] == [
        (host.parent.name, 1, "sh"),
        (host.parent.name, 7, "cat"),
    ]


def test_several_hosts(run, host, tmp_path):
    """Trees, and what ps has printed of others."""
    (host / "sys/kernel").mkdir(parents=True)
    (host / "sys/kernel/hostname").write_text("web1\n")
    printed = tmp_path / "web2.json"
    printed.write_text(run("ps", "--json", "--proc", str(host))[1])
    _, out, _ = run("snapshot", "-", str(host), str(printed), "--time", "2026-11-02T06:00Z")
    rows = [json.loads(line) for line in out.splitlines()[:-1]]
    assert [(row["host"], row["time"]) for row in rows] == [
        ("web1", "2026-11-02T06:00:00+00:00"),
        ("web1", "2026-11-02T06:00:00+00:00"),
        ("web2", "2026-11-02T06:00:00+00:00"),
        ("web2", "2026-11-02T06:00:00+00:00"),
    ]
    _, out, _ = run("snapshot", "-", str(host), "--host", "other")
    assert json.loads(out.splitlines()[0])["host"] == "other"


@pytest.mark.parametrize("kind", ["parquet", "arrow", "jsonl"])
def test_a_file(run, host, tmp_path, kind):
    """It says how much it is, and its checksum, as text or as JSON."""
    pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    path = tmp_path / f"a.{kind}"
    status, out, err = run("snapshot", str(path), str(host))
    assert (status, err) == (0, "")
    assert " 2 rows, " in out.replace("\n ", "")
    assert run("snapshot", str(path), str(host))[0] == 2  # what is there is not replaced by a slip
    told = json.loads(run("snapshot", str(path), str(host), "--json", "--force")[1])
    assert (told["path"], told["rows"], told["unread"], told["hidden"]) == (str(path), 2, 0, [])
    assert [row.name for row in fleet.rows(fleet.read(path))] == ["sh", "cat"]
    assert run("snapshot", str(tmp_path / "b"), str(host), "--format", kind)[0] == 0


def test_what_could_not_be_read(run, host):
    """It is in the table, and told."""
    (host / "9").mkdir()
    (host / "9/status").write_text("Name:\tx\n")
    status, out, err = run("snapshot", "-", str(host), "--host", "web1")
    assert status == 0
    assert json.loads(out.splitlines()[2])["unread"].startswith(f"{host}/9/status")
    assert err == "capset: web1: 1 could not be read, or not all of it was understood: see the column unread\n"


def test_hidden_processes(run):
    """How many they are, nobody knows, so that they are no one that could not be read."""
    status, out, err = run("snapshot", "-", "-", "--host", "web1", stdin='{"processes": [], "hidden": true}')
    assert (status, len(out.splitlines())) == (0, 2)
    assert err == "capset: web1: this /proc hides the processes of other users, of which none is listed\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-", "{host}", "{file}", "--host", "x"], "--host names one host, and there are 2 sources"),
        (["-", "{host}", "--host", " "], "--host: expected the name of a host, got ' '"),
        (["-", "{host}", "--time", "yesterday"], "--time: expected a time such as 2026-11-02T06:00Z, got 'yesterday'"),
        (["-", "{host}", "--time", "2026-11-02T06:00"], "has no zone: write 2026-11-02T06:00Z if it is in UTC"),
        (["-", "{host}", "--time", "2026-11-02"], "has no zone: write 2026-11-02T00:00Z if it is in UTC"),
        (["-", "--time", "2026-11-02T06:00Z"], "--time is of saved sources, and this host is read now"),
        (["-", "{host}", "--format", "parquet"], "standard output takes lines of JSON alone: name a file for others"),
        (["-", "{file}", "--threads"], "--threads is of scans, and this is no folder"),
        (["-", "{file}"], "what capset ps --json prints"),
        (["-", "{host}/1"], "capset: no proc file system"),
        (
            ["a.csv"],
            "a.csv: expected a name that ends with .parquet, .pq, .arrow, .feather, .jsonl, .ndjson, or --format",
        ),
        (["-", "{host}/nothing"], "No such file"),
    ],
)
def test_what_cannot_be(run, host, args, message):
    """A message, and status 2."""
    (host / "file").write_text("nonsense")
    status, _, err = run("snapshot", *(arg.format(host=host, file=host / "file") for arg in args))
    assert status == 2
    assert message in err.replace("\n", " ").replace("  ", " ")


def test_a_file_that_cannot_be_written(run, host, tmp_path):
    """The old one stays, and no part of a new one."""
    pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    for name, message in (("a.csv", "ends with .parquet"), ("none/a.jsonl", "No such file"), (".", "ends with")):
        status, _, err = run("snapshot", str(tmp_path / name), str(host), "--force")
        assert (status, message in err.replace("\n", " ").replace("  ", " ")) == (2, True), err
    (tmp_path / "x.jsonl").write_text("old")
    (tmp_path / "x.json").write_text('{"processes": [], "denied": [5]}')
    assert run("snapshot", str(tmp_path / "x.jsonl"), str(tmp_path / "x.json"), "--force")[0] == 2
    assert (tmp_path / "x.jsonl").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["proc", "x.json", "x.jsonl"]


@pytest.mark.linux
def test_this_host(run):
    """With its name, and the time."""
    _, out, _ = run("snapshot", "-")
    row = json.loads(out.splitlines()[0])
    assert row["host"] == os.uname().nodename
    assert "time" in row


def test_the_root_folder_has_no_name(tmp_path):
    """A tree of which nothing tells the host."""
    from capset.cli.sources import folder

    assert folder(tmp_path.parents[-1]) == "localhost"
    assert folder(tmp_path / "web1/proc") == "web1"


def test_a_request_to_end_leaves_nothing_behind():
    """As an interrupt does."""
    from capset.cli.snapshot import _end

    with pytest.raises(SystemExit) as caught:
        _end(15, None)
    assert caught.value.code == 143


@pytest.mark.linux
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_process_that_is_asked_to_end(tmp_path, name):
    """No part of a file is left."""
    pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
    os.mkfifo(tmp_path / "never.json")  # from which nothing comes
    command = [sys.executable, "-m", "capset", "snapshot", str(tmp_path / "a.jsonl"), str(tmp_path / "never.json")]
    number = getattr(signal, name)

    def heed() -> None:  # also where these tests run under nohup(1), which programs inherit
        signal.signal(number, signal.SIG_DFL)

    with subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=heed) as process:
        try:
            while not list(tmp_path.glob(".a.jsonl.*.part")):
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()  # else a test that fails would wait for it
    assert (process.returncode, err) == (128 + number, b"")
    assert os.listdir(tmp_path) == ["never.json"]


@pytest.mark.linux
def test_what_is_passed_over_stays_so(run, host, tmp_path):
    """As nohup(1) has it, and who takes a lost terminal for no reason to end."""
    pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run("snapshot", str(tmp_path / "a.jsonl"), str(host))[0] == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.linux
def test_standard_output_by_its_path(tmp_path):
    """The file to which it goes would be replaced; - is what is meant."""
    pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
    with (tmp_path / "out").open("wb") as out:
        command = [sys.executable, "-m", "capset", "snapshot", "/proc/self/fd/1", "--format", "jsonl"]
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"it is what a process has open: name the file itself, or in capset snapshot - for" in done.stderr
    assert os.listdir(tmp_path) == ["out"]
    assert (tmp_path / "out").read_bytes() == b""


def test_in_another_thread(run, host, tmp_path):
    """Only the main one may say what happens on a request to end."""
    pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    with ThreadPoolExecutor(1) as pool:
        status, _, err = pool.submit(run, "snapshot", str(tmp_path / "a.jsonl"), str(host)).result()
    assert (status, err) == (0, "")


def test_other_snapshots_become_one(run, host, tmp_path):
    """They say themselves of which hosts they are, and when."""
    pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    paths = [str(tmp_path / f"{name}.parquet") for name in ("web1", "web2", "both")]
    for path in paths[:2]:
        run("snapshot", path, str(host), "--host", path[-12:-8], "--time", "2026-11-02T06:00Z")
    assert run("snapshot", paths[2], *paths[:2])[0] == 0
    assert fleet.read(paths[2], columns=["host"])["host"].to_pylist() == ["web1", "web1", "web2", "web2"]
    for option in (["--host", "x"], ["--time", "2026-11-02T06:00Z"]):
        status, _, err = run("snapshot", "-", paths[0], *option)
        assert (status, "a snapshot says itself of which hosts it is, and when" in err.replace("\n ", "")) == (2, True)


def test_a_source_that_is_named_twice_is_read_once(run, host, tmp_path):
    """As a document of lint is: twice it would be two snapshots."""
    _, out, err = run("snapshot", "-", str(host), f"{host}{os.sep}", "--host", "web1")
    assert (len(out.splitlines()), err) == (3, "")


@pytest.mark.linux
def test_a_reader_that_goes_away(tmp_path):
    """capset snapshot - | head -1 ends quietly."""
    lines = [fleet.to_line(fleet.Row(host="web1", pid=pid)) for pid in range(5000)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    command = f"{sys.executable} -m capset snapshot - - < {tmp_path}/a.jsonl | head -n 1"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=env, check=False)
    assert (done.stdout, done.stderr) == (f"{lines[0]}\n", "")


def test_standard_input(run, host):
    """A snapshot as lines of JSON, or what ps prints, which does not name its host."""
    lines = run("snapshot", "-", str(host), "--host", "web1")[1]
    assert run("snapshot", "-", "-", stdin=f"\n{lines}") == (0, lines, "")
    printed = run("ps", "--json", "--proc", str(host))[1]
    for told in (printed, json.dumps(json.loads(printed))):
        status, out, err = run("snapshot", "-", "-", "--host", "web1", stdin=told)
        assert (status, out, err) == (0, lines, "")
        status, _, err = run("snapshot", "-", "-", stdin=told)
        assert (status, "standard input: what capset ps prints does not say" in err, "give --host" in err) == (
            2,
            True,
            True,
        )


@pytest.mark.parametrize(
    ("args", "stdin", "message"),
    [
        ([], "", "standard input is empty"),
        (["--threads"], "x", "standard input: --threads is of scans, and this is no folder"),
        (["--host", "x"], '{"host": "a"}', "standard input: a snapshot says itself of which hosts it is, and when"),
        ([], '{"host": "a"}\nx\n', "standard input:2: line: expected a process as an object of JSON"),
        ([], b'{"host": "\xff"}\n', "standard input:1: line: expected text in UTF-8"),
        ([], '{"host": "a"}\n' + " " * 2**20, "standard input:2: line: expected lines shorter than 1048576 bytes"),
        (["--host", "x"], " " * 2**20, "standard input: ps: expected what capset ps --json prints"),
    ],
)
def test_what_standard_input_cannot_be(run, args, stdin, message):
    """A message, and status 2."""
    status, _, err = run("snapshot", "-", "-", *args, stdin=stdin)
    assert (status, message in err) == (2, True), err


EVENTS = {
    "from_falco": {"hostname": "web1", "output_fields": {"proc.name": "nc"}},
    "from_tetragon": {"node_name": "web1", "process_exec": {"process": {"pid": 7}}},
    "from_osquery": {"hostIdentifier": "web1", "columns": {"pid": "7"}},
    "from_osquery_log": {"hostIdentifier": "web1", "snapshot": [{"pid": "7"}]},
    "from_ecs": {"host": {"name": "web1"}, "process": {"pid": 7}},
}


@pytest.mark.parametrize("function", EVENTS)
def test_events_of_other_tools(run, tmp_path, function):
    """What reads them is named: in JSON, lines of it, Parquet and Arrow, and on standard input."""
    pa = pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    from pyarrow import parquet

    event = EVENTS[function]
    text = json.dumps(event)
    (tmp_path / "a.json").write_text(text)
    (tmp_path / "b.json").write_text(json.dumps([event], indent=1))
    (tmp_path / "c.json").write_text(f"{text}\n{text}\n")
    (tmp_path / "d.jsonl").write_text(f"{text}\n{text}\n")
    table = pa.Table.from_pylist([event])
    parquet.write_table(table, tmp_path / "e.parquet")
    with pa.OSFile(str(tmp_path / "f.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    told = [run("snapshot", "-", str(path)) for path in sorted(tmp_path.iterdir())]
    told += [run("snapshot", "-", "-", stdin=text), run("drift", str(tmp_path / "e.parquet"), "-", stdin=text)]
    for status, _, err in told:
        assert (status, f"fleet.{function}() reads it" in err) == (2, True), err


@pytest.mark.parametrize("text", ["[]", "5", '{"a": 1}'])
def test_what_is_no_event_either(run, tmp_path, text):
    """Nothing is guessed."""
    (tmp_path / "a.json").write_text(text)
    status, _, err = run("snapshot", "-", str(tmp_path / "a.json"))
    assert (status, "the list processes that capset ps --json prints" in err, "looks like" in err) == (2, True, False)


def test_what_is_no_table(run, tmp_path):
    """The error is that of the file."""
    pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    for name in ("a.parquet", "a.arrow"):
        (tmp_path / name).write_bytes(b"x")
        status, _, err = run("snapshot", "-", str(tmp_path / name))
        assert (status, "file: expected" in err, "looks like" in err) == (2, True, False)


def test_snapshots_are_passed_on_as_they_are(run, host, tmp_path, monkeypatch):
    """Batches of Arrow, of which no row is made; what is unread of each host is told as of rows."""
    pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    from capset.fleet import arrow
    from capset.fleet.gathering import HIDDEN

    rows = [
        fleet.Row(host="web1", pid=1, effective=CapSet([63])),
        fleet.Row(host="web1", pid=2, unread="x"),
        fleet.Row(host="web2", pid=3, unread="y"),
        fleet.Row(host="web2", unread=HIDDEN),
        fleet.Row(host="web2", pid=4, unread="y"),
    ]
    told = (
        "capset: web1: 1 could not be read, or not all of it was understood: see the column unread\n"
        "capset: web2: 2 could not be read, or not all of it was understood: see the column unread\n"
        f"capset: web2: {HIDDEN}\n"
    )
    one, two, out = (str(tmp_path / name) for name in ("one.parquet", "two.jsonl", "out.parquet"))
    fleet.write(rows, one)
    fleet.write([], two)
    lines = "".join(f"{fleet.to_line(row)}\n" for row in rows)
    assert run("snapshot", "-", one)[1:] == (f'{lines}{{"rows": 5}}\n', told)
    monkeypatch.setattr(arrow, "Row", None)
    status, said, err = run("snapshot", out, one, two, "--json")
    monkeypatch.undo()
    assert (status, err) == (0, told)
    assert (json.loads(said)["unread"], json.loads(said)["hidden"]) == (3, ["web2"])
    assert [*fleet.rows(fleet.read(out))] == rows
    assert run("snapshot", out, one, str(host), "--force")[0] == 0  # with others beside it
    assert fleet.read(out).num_rows == 7


def test_a_pipe_that_is_cut_off(run, host):
    """The last line says how many rows there were; where it is not there, that is told."""
    *lines, last = run("snapshot", "-", str(host), "--host", "web1")[1].splitlines()
    status, out, err = run("snapshot", "-", "-", stdin="\n".join(lines))
    assert (status, out.splitlines()) == (0, [*lines, last])
    assert "no last line says how many rows there were" in err
    status, _, err = run("snapshot", "-", "-", stdin="\n".join([lines[0], last]))
    assert (status, "expected as many as there are, 1: something is missing, got 2" in err.replace("\n ", "")) == (
        2,
        True,
    )
    status, _, err = run("snapshot", "-", "-", stdin="\n".join([*lines, last, lines[0]]))
    assert (status, "expected no more, as the line before is the last" in err.replace("\n ", "")) == (2, True)
    assert run("snapshot", "-", "-", stdin='{"rows": 0}')[1] == '{"rows": 0}\n'


def test_progress(run, host, tmp_path, monkeypatch):
    """How many were read, and of which host: of rows, and of batches."""
    pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    from contextlib import nullcontext

    said = []
    monkeypatch.setattr("capset.cli.snapshot.progress", lambda: nullcontext(said.append))
    path = tmp_path / "a.arrow"
    run("snapshot", str(path), str(host), "--host", "web1")
    run("snapshot", str(tmp_path / "b.arrow"), str(path))
    assert said == ["1 read, of web1", "2 read, of web1", "2 read, of web1"]


def test_a_host_in_two_sources(run, host, tmp_path):
    """It is there at two times then, of which whoever reads it has to know."""
    pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    for path, hosts in ((one, ("web1", "web2")), (two, ("web2", "web3"))):
        path.write_text("".join(f"{fleet.to_line(fleet.Row(host=name, pid=7))}\n" for name in hosts))
    how = "--time says when each was read\n"
    for file in ("-", str(tmp_path / "both.parquet")):
        assert run("snapshot", file, str(one), str(two))[2] == (
            f"capset: web2 is in two sources, {one} and {two}: {how}"
        )
    two.write_text(two.read_text().replace("web3", "web1"))
    assert run("snapshot", "-", str(one), str(two))[2] == (
        f"capset: web2 and 1 more of the hosts are each in two sources, such as {one} and {two}: {how}".replace(
            "web2", "web1"
        )
    )
    timed = fleet.Row(host="web1", pid=8, time=datetime(2026, 11, 2, tzinfo=UTC))
    one.write_text(f"{fleet.to_line(timed)}\n")
    fleet.write([timed], tmp_path / "two.parquet")
    for file in (two, tmp_path / "two.parquet"):
        told = run("snapshot", "-", str(one), str(file))[2]
        assert told.endswith("capset drift takes one by --from TIME and --to TIME\n"), told


def test_a_piece_without_rows():
    """It is of no host."""
    pytest.importorskip("pyarrow", reason=NEEDS_ARROW)
    from capset.cli.sources import Tally
    from capset.fleet.arrow import batch

    tally = Tally(pytest.fail)
    assert [piece.num_rows for piece in tally.pieces("a", [batch([])])] == [0]
    assert (tally.read, dict(tally.sources)) == (0, {})
