"""capset.kernel against other kernels than the running one, each by the rules of its release."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from attrs import evolve

from capset.kernel import NEWEST, Rules
from tests.live import emulator
from tests.live.kernel_machine import Step, play, walk
from tests.live.scenes import SCENES
from tests.live.script import PaperStage, compare, made_by
from tests.live.test_kernel import MUST_SEE, PROFILE, WALKS

pytestmark = pytest.mark.suite

SWITCHES = {
    "set_id": {"changed", "not real"},
    "exec_securebits": {True, False},
    "idle_setres": {"keeps fs", "sets fs"},
    "root_map_needs_setfcap": {True, False},
    "map_extents": {340, 5},
    "file_revision": {3, 2},
    "at_secure": {"asked", "given"},
    "ambient": {True, False},
    "setgroups_file": {True, False},
    "too_deep": {"ENOSPC", "EUSERS", "never"},
}
CALLS = 20  # of a rule a walk, half as many as on the running kernel: an emulated one takes four milliseconds a step


@pytest.fixture(scope="module")
def drawn(kernel_of) -> tuple[PaperStage, list[Step]]:
    """Draw scenes and walks, by the newest rules, which all kernels are to play."""
    stage = PaperStage(NEWEST)
    scenes = [step for scene in SCENES for step in play(stage, scene)]
    return stage, scenes + walk(stage, WALKS, repeatable=PROFILE == "ci", calls=CALLS)


@pytest.fixture(scope="module")
def played(kernel_of, drawn, tmp_path_factory) -> Iterator[dict[str, Future[tuple[Rules, str]]]]:
    """Let the kernels play, as many at once as there are processors."""
    stage, _ = drawn
    folders = {suite: tmp_path_factory.mktemp(suite) for suite in emulator.SUITES}

    def run(suite: str) -> tuple[Rules, str]:
        kernel = kernel_of(suite)
        return Rules.of(kernel.release), emulator.play(kernel, stage.lines, folders[suite])

    pool = ThreadPoolExecutor(os.cpu_count())
    yield {suite: pool.submit(run, suite) for suite in emulator.SUITES}
    pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module", params=emulator.SUITES)
def kernel(request, played) -> tuple[Rules, str]:
    """Wait for a kernel; return the rules of its release, and what it has answered."""
    return played[request.param].result()


def test_each_kernel_agrees_with_the_rules_of_its_release(kernel, drawn):
    """Each step of all scenes and walks: the errno, AT_SECURE and all credentials."""
    (rules, answers), (stage, steps) = kernel, drawn
    made = list(made_by(rules, stage, steps))
    apart = list(compare(made, answers, stage.teller))

    assert not apart, f"{rules.release}: {len(apart)} of the walks go apart, the first\n{apart[0]}"
    assert not MUST_SEE - {(step.call, step.errno) for _, step in made}
    assert len(made) > 15 * WALKS


def test_a_rule_of_another_kernel_is_noticed(kernel, drawn):
    """None of the switches may stand otherwise."""
    (rules, answers), (stage, steps) = kernel, drawn
    for name, values in SWITCHES.items():
        for value in values - {getattr(rules, name)}:
            other = evolve(rules, **{name: value})
            assert any(compare(made_by(other, stage, steps), answers, stage.teller)), f"{name}={value} was not noticed"
