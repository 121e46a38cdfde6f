"""capset.operations against other kernels than the running one, by the same witnesses, each by its evidence.

The oldest and the newest confirm every minimal set, and that nothing else does. CAPSET_WITNESSES=all lets all of them
search for every minimal set, which takes six minutes each, or half an hour on a slow machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.live import witness_machine
from tests.live.emulator import SUITES
from tests.live.witnesses.claims import asked, claims, differences

pytestmark = pytest.mark.suite

SEARCHES = os.environ.get("CAPSET_WITNESSES") == "all"
ASKED = SUITES if SEARCHES else [SUITES[0], SUITES[-1]]


@pytest.fixture(scope="module")
def told(kernel_of, tmp_path_factory) -> Iterator[dict[str, Future[tuple[str, str]]]]:
    """Ask the kernels, as many at once as there are processors."""
    folders = {suite: tmp_path_factory.mktemp(suite) for suite in ASKED}

    def ask(suite: str) -> tuple[str, str]:
        kernel = kernel_of(suite)
        claimed = None if SEARCHES else claims(kernel.release)
        return kernel.release, witness_machine.ask(kernel, folders[suite], claims=claimed, repeat=1)

    pool = ThreadPoolExecutor(os.cpu_count())
    yield {suite: pool.submit(ask, suite) for suite in ASKED}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("suite", ASKED)
def test_each_kernel_says_what_its_evidence_says(suite, told):
    """Of every operation that it decides."""
    release, said = told[suite].result()
    if not asked(release):
        pytest.skip(f"Linux {release} was not asked yet: python -m tests.live.witness_machine {suite}")
    found = {each["id"]: each for each in map(json.loads, said.splitlines()) if "id" in each}
    apart = [*differences(release, found)]
    assert not apart, "\n".join(apart)
