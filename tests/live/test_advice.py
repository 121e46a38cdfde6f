"""capset.observed against the running kernel: what a trace of each witness advises, and what the witness needs.

A trace shows what was asked, the table of operations what else would do, and the evidence what is needed.
No advised set may be one that fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from capset import CapSet, engines, observed, operations
from tests.live import playing
from tests.live.containers import call
from tests.live.programs import PROGRAMS, Program
from tests.live.witnesses.claims import asked, needs_of
from tests.live.witnesses.stacks import seen

ROOT = Path(__file__).parent.parent.parent
RELEASE = os.uname().release
# What the kernel compares and does not ask for, so that no tracer of checks shows it.
COMPARED = {
    "prctl PR_CAP_AMBIENT_RAISE": "the capability itself has to be permitted and inheritable",
}


@pytest.fixture(scope="module")
def recorded(tracing) -> dict[str, dict[str, object]]:
    """Record every witness, with all that there is."""
    if not asked(RELEASE):
        pytest.skip(f"Linux {RELEASE} was not asked yet: it may differ from those that were")
    command = [sys.executable, "-m", "tests.live.witnesses.recording"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stderr[-4000:]
    return {found["id"]: found for found in map(json.loads, run.stdout.splitlines())}


def decided(recorded):
    """Yield each operation that was done and is decided here, with what it needs and what was recorded."""
    for id, found in recorded.items():
        needs = needs_of(operations.get(id), RELEASE)
        if found["done"] and needs is not None and [*needs]:
            yield (
                operations.get(id),
                needs,
                CapSet.from_mask(found["kept"]),
                observed.read(found["trace"], tracer="trace"),
            )


def test_no_advised_set_fails(recorded):
    """Each is as much as one that is needed, and most are no more."""
    counted: Counter[str] = Counter()
    fails: list[str] = []
    for operation, needs, kept, use in decided(recorded):
        assert use.unread == ()
        advice = use.least()
        if advice.least is None:
            counted["not known"] += not needs.satisfied_by(kept)
            continue
        ways = [advice.least, *(advice.needs or ())]
        short = [way for way in ways if not needs.satisfied_by(way | kept)]
        if short and operation.id not in COMPARED:
            fails.append(f"{operation.id} needs {needs}, and {short[0]} is advised")
        if not needs.satisfied_by(kept):
            counted["minimal" if advice.least in needs.ways else "more"] += 1
    assert not fails, "\n".join(fails)
    assert sum(counted.values()) > 300
    assert counted["minimal"] > 8 * counted["more"], counted
    assert counted["not known"] <= 1, (
        counted
    )  # ptrace of a process that holds more, where the sets of both are compared


def test_functions_that_ask(recorded):
    """The table has each in whose name an operation was asked, so that a stack finds it."""
    missing = [
        f"{operation.id}: {function}"
        for operation, _, _, use in decided(recorded)
        for function in seen(operation, use)
        if function not in {operation.function, *operation.functions}
    ]
    assert not missing, "\n".join(missing)


# -- programs that people run ----------------------------------------------------------------------

MOST = 4  # so many of the advised sets are tried
TRIES = 3  # as a server may be slow, and what is not allowed never works


@pytest.fixture(scope="module")
def instance(tracing):
    """Have a tracer of one's own."""
    folder = Path(f"/sys/kernel/tracing/instances/capset-programs-{os.getpid()}")
    folder.mkdir()
    (folder / "buffer_size_kb").write_text("16384")
    yield folder
    folder.rmdir()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_the_advice_for_a_program(program, instance, tool):
    """No advised set fails, and of the first there is nothing to spare, but where it is said why there is."""
    for name, package in program.tools.items():
        tool(name, package)
    runs = (playing.recorded(program, instance) for _ in range(TRIES))
    text = next((text for done, text in runs if done), None)
    assert text is not None, f"{program.name} does not work with every capability"
    use = observed.read(text, tracer="trace")
    assert (use.unread, use.lost) == ((), 0)
    advice = use.least()
    assert advice.least
    for way in [advice.least, *advice.needs.ways[:MOST]]:
        done = any(playing.works(program, way) for _ in range(TRIES))
        assert done, f"{way} is advised, and does not do"
    tries = TRIES if program.spare else 1
    spare = [
        str(cap) for cap in advice.least if any(playing.works(program, advice.least - {cap}) for _ in range(tries))
    ]
    assert bool(spare) == bool(program.spare), spare


IN_CONTAINERS = [
    "touch f && chown 1:1 f",
    "mknod d c 1 3",
    "mkdir -p m && mount -t tmpfs none m",
    "hostname x",
    "chroot / true",
]


@pytest.mark.parametrize("command", IN_CONTAINERS)
def test_the_advice_in_a_container(command, instance, docker):
    """With the advised options a container does it, and with any one capability less it does not."""
    done, text = playing.recorded(Program("box", {}, "", command), instance)
    assert done
    caps = observed.read(text, tracer="trace").least().least
    assert caps
    engine = engines.get("docker", docker.version)

    def works(held: CapSet) -> bool:
        words = [*docker.client, "run", "--rm", "--network=none", *engine.flags(held), "box", "sh", "-c", command]
        return call(*words).returncode == 0

    assert works(caps)
    for cap in caps:
        assert not works(caps - CapSet([cap]))
