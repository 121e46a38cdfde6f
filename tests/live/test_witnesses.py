"""capset.operations against the running kernel: each record by its witness.

Every minimal set does it, everything but one capability of each does not, without any it is refused as the record says,
and with every capability in a user namespace of one's own it is done where the record says that it counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capset import operations
from tests.live.witnesses.areas import witnesses
from tests.live.witnesses.claims import asked, claims, differences

ROOT = Path(__file__).parent.parent.parent
RELEASE = os.uname().release
JOBS = os.cpu_count() or 1


def test_each_record_has_a_witness_or_says_why_not():
    """And each witness a record."""
    ids = {*operations.names()}
    assert not {*witnesses()} - ids
    assert not [id for id in sorted(ids - {*witnesses()}) if not operations.get(id).undecided]


@pytest.fixture(scope="module")
def told(holding, tmp_path_factory) -> dict[str, dict[str, object]]:
    """Ask the kernel of all that is claimed, in processes of their own, as a test that has threads forks badly."""
    holding("sys_admin", "setuid", "setgid", "setpcap", "sys_chroot", "sys_ptrace", "net_admin", "mknod")
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers of the system calls are those of x86-64")
    if not asked(RELEASE):
        pytest.skip(f"Linux {RELEASE} was not asked yet: it may differ from those that were")
    file = tmp_path_factory.mktemp("witnesses") / "claims.json"
    file.write_text(json.dumps(claims(RELEASE)), "utf-8")
    command = [sys.executable, "-m", "tests.live.witnesses", "--json", "--jobs", str(JOBS), "--claims", file]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert run.returncode == 0, run.stderr[-4000:]
    return {found["id"]: found for found in map(json.loads, run.stdout.splitlines()[1:])}


@pytest.mark.parametrize("area", operations.areas())
def test_the_running_kernel_says_the_same(area, told):
    """Of every operation of an area, but those that the evidence says are not decided there."""
    apart = [*differences(RELEASE, told, operations.table(area))]
    assert not apart, "\n".join(apart)
