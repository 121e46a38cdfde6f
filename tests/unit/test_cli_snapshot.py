"""``capset snapshot``: the processes of hosts as a table."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from capset import fleet


def test_lines_of_json_on_standard_output(run, host):
    """They need nothing that is not there anyway; the host is named by its folder."""
    status, out, err = run("snapshot", "-", str(host))
    rows = [fleet.from_line(line) for line in out.splitlines()]
    assert (status, err) == (0, "")
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
    rows = [json.loads(line) for line in out.splitlines()]
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
    pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
    path = tmp_path / f"a.{kind}"
    status, out, err = run("snapshot", str(path), str(host))
    assert (status, err) == (0, "")
    assert " 2 rows, " in out.replace("\n ", "")
    assert run("snapshot", str(path), str(host))[0] == 2  # what is there is not replaced by a slip
    told = json.loads(run("snapshot", str(path), str(host), "--json", "--force")[1])
    assert (told["path"], told["rows"], told["unread"]) == (str(path), 2, 0)
    assert [row.name for row in fleet.rows(fleet.read(path))] == ["sh", "cat"]
    assert run("snapshot", str(tmp_path / "b"), str(host), "--format", kind)[0] == 0


def test_what_could_not_be_read(run, host):
    """It is in the table, and told."""
    (host / "9").mkdir()
    (host / "9/status").write_text("Name:\tx\n")
    status, out, err = run("snapshot", "-", str(host), "--host", "web1")
    assert status == 0
    assert json.loads(out.splitlines()[2])["unread"].startswith(f"{host}/9/status")
    assert err == "capset: web1: 1 could not be read: see the column unread\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-", "{host}", "{host}", "--host", "x"], "--host names one host, and there are 2 sources"),
        (["-", "{host}", "--time", "yesterday"], "--time: expected a time such as 2026-11-02T06:00Z, got 'yesterday'"),
        (["-", "{host}", "--time", "2026-11-02T06:00"], "has no zone: write 2026-11-02T06:00Z if it is in UTC"),
        (["-", "--time", "2026-11-02T06:00Z"], "--time is of saved sources, and this host is read now"),
        (["-", "{host}", "--format", "parquet"], "standard output takes lines of JSON alone: name a file for others"),
        (["-", "{file}", "--threads"], "--threads is of scans, and this is no folder"),
        (["-", "{file}"], "what capset ps --json prints"),
        (["-", "{host}/1"], "no proc file system"),
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
    pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
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
    from capset.cli.snapshot import _folder

    assert _folder(tmp_path.parents[-1]) == "localhost"
    assert _folder(tmp_path / "web1/proc") == "web1"


def test_a_request_to_end_leaves_nothing_behind():
    """As an interrupt does."""
    from capset.cli.snapshot import _end

    with pytest.raises(SystemExit) as caught:
        _end(15, None)
    assert caught.value.code == 143


def test_in_another_thread(run, host, tmp_path):
    """Only the main one may say what happens on a request to end."""
    pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
    with ThreadPoolExecutor(1) as pool:
        status, _, err = pool.submit(run, "snapshot", str(tmp_path / "a.jsonl"), str(host)).result()
    assert (status, err) == (0, "")


def test_other_snapshots_become_one(run, host, tmp_path):
    """They say themselves of which hosts they are, and when."""
    pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
    paths = [str(tmp_path / f"{name}.parquet") for name in ("web1", "web2", "both")]
    for path in paths[:2]:
        run("snapshot", path, str(host), "--host", path[-12:-8], "--time", "2026-11-02T06:00Z")
    assert run("snapshot", paths[2], *paths[:2])[0] == 0
    assert fleet.read(paths[2], columns=["host"])["host"].to_pylist() == ["web1", "web1", "web2", "web2"]
    for option in (["--host", "x"], ["--time", "2026-11-02T06:00Z"]):
        status, _, err = run("snapshot", "-", paths[0], *option)
        assert (status, "a snapshot says itself of which hosts it is, and when" in err.replace("\n ", "")) == (2, True)
