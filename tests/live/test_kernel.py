"""capset.kernel against the running kernel, step by step."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import capset
from tests.live.kernel_machine import play, staged, walk
from tests.live.mutations import MUTATIONS, Mutation
from tests.live.scenes import SCENES

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(capset.__file__).parent
PROFILE = os.environ.get("CAPSET_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
WALKS = int(os.environ.get("CAPSET_KERNEL_WALKS") or {"ci": 200, "nightly": 2000}.get(PROFILE, 30))

# What the scenes must meet: every call, with every answer that its docstring tells of and that can be had here.
MUST_SEE = {
    *(("execve", number) for number in (0, errno.EPERM, errno.EACCES)),
    *(("capset", number) for number in (0, errno.EPERM)),
    *(("capbset_drop", number) for number in (0, errno.EPERM, errno.EINVAL)),
    *(("ambient_raise", number) for number in (0, errno.EPERM, errno.EINVAL)),
    *(("ambient_lower", number) for number in (0, errno.EINVAL)),
    *(("ambient_clear_all", 0), ("set_no_new_privs", 0), ("setfsuid", 0), ("setfsgid", 0)),
    *(("set_securebits", number) for number in (0, errno.EPERM)),
    *(("set_keepcaps", number) for number in (0, errno.EPERM, errno.EINVAL)),
    *((name, number) for name in ("setresuid", "setreuid", "setuid") for number in (0, errno.EPERM, errno.EINVAL)),
    *((name, number) for name in ("setresgid", "setregid", "setgid") for number in (0, errno.EPERM, errno.EINVAL)),
    *(("setgroups", number) for number in (0, errno.EPERM, errno.EINVAL)),
    *(("unshare_user", number) for number in (0, errno.EPERM, errno.ENOSPC)),
    *((f"write_{name}_map", number) for name in ("uid", "gid") for number in (0, errno.EPERM, errno.EINVAL)),
    *(("write_setgroups", number) for number in (0, errno.EPERM, errno.EACCES, errno.EINVAL)),
}


@pytest.fixture(scope="module")
def stage(tool, holding):
    """Make the programs and the mount."""
    tool("gcc", "gcc")
    holding("setuid", "setgid", "setpcap", "setfcap", "sys_admin", "chown", "fowner", "dac_override")
    with staged() as made:
        yield made


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_scenes(scene, stage):
    """The surprising rules, one by one."""
    assert play(stage, scene)


@pytest.fixture(scope="module")
def played(stage):
    """The steps of all scenes."""
    return [step for scene in SCENES for step in play(stage, scene)]


def test_the_scenes_meet_every_answer(played):
    """No rule that refuses is left out."""
    assert not MUST_SEE - {(step.call, step.errno) for step in played}


@pytest.fixture(scope="module")
def steps(stage):
    """Walk, and keep every step: no other test has to walk again."""
    return walk(stage, WALKS, repeatable=PROFILE.startswith("ci"))


def test_the_kernel_agrees(steps):
    """Each step, errno and all credentials, in the model and in the kernel."""
    assert len(steps) > 20 * WALKS


@pytest.fixture(scope="module")
def inside(tool, tmp_path_factory):
    """Walk within ``unshare -Ur``, with the one id that there is; it needs no root."""
    tool("gcc", "gcc")
    unshare = tool("unshare", "util-linux")
    if subprocess.run([unshare, "-Ur", "true"], check=False).returncode:
        pytest.skip("needs user namespaces (sysctl kernel.unprivileged_userns_clone)")
    path = tmp_path_factory.mktemp("inside") / "steps"
    command = [unshare, "-Ur", sys.executable, "-m", "tests.live.walk_alone", str(max(WALKS // 3, 10)), "--keep", path]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-5000:]
    return pickle.loads(path.read_bytes())


def test_the_kernel_agrees_inside_a_user_namespace(inside):
    """The same where root is root of little, and everything that lies further out is unknown."""
    assert len(inside) > 5 * WALKS
    assert {step.before.user_ns.level for step in inside} >= {1, 2}


@pytest.fixture(scope="module")
def record(played, steps, inside, tmp_path_factory):
    """What the kernel did, for other processes to read."""
    path = tmp_path_factory.mktemp("record") / "steps"
    path.write_bytes(pickle.dumps(played + steps + inside))
    return path


def replay(package: Path, record: Path) -> subprocess.CompletedProcess[str]:
    """Let a copy of the package make the recorded steps again."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package.parent), str(ROOT), *filter(None, sys.path)])}
    command = [sys.executable, "-P", "-m", "tests.live.replay", str(record)]
    return subprocess.run(command, cwd=package.parent, env=env, capture_output=True, text=True, check=False)


def test_the_record_holds_for_the_model(record):
    """Nothing is noticed where nothing is wrong."""
    run = replay(PACKAGE, record)

    assert (run.returncode, run.stdout) == (0, "no difference\n"), run.stderr


@pytest.mark.mutation
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_wrong_rule_is_noticed(mutation: Mutation, record, tmp_path):
    """The walk tells each wrong rule from the right one."""
    copy = tmp_path / "capset"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "kernel" / f"{mutation.module}.py"
    text = path.read_text("utf-8")
    assert text.count(mutation.right) == 1, "the table is no longer of this code"
    path.write_text(text.replace(mutation.right, mutation.wrong), "utf-8")

    run = replay(copy, record)

    assert run.returncode == 1, f"not noticed: {run.stdout}{run.stderr[-2000:]}"
    assert run.stdout.startswith("differs: "), run.stdout + run.stderr[-2000:]
