"""What is published: the sdist, the wheel, what the wheel installs, and what is told of both."""

from __future__ import annotations

import email
import hashlib
import json
import os
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

import capset
from tests.packaging.conftest import ROOT, build, ran, require, tracked

VERSION = capset.__version__


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_sdist_has_every_file(built):
    """Also those that a test, a hook or a reader of the code asks for; and what is told of it."""
    inside = built[2]
    found = {path.relative_to(inside).as_posix() for path in inside.rglob("*") if path.is_file()}
    assert sorted(found - {"PKG-INFO"}) == tracked()
    assert inside.name == f"capset-{VERSION}"


def test_what_is_built_is_the_same_everywhere(built, tmp_path):
    """Whatever the umask, the folder, the times of the files, the zone and the language are."""
    _, sdist, _, wheel = built
    tree = tmp_path / "somewhere else"
    shutil.copytree(built[0], tree)
    for path in tree.rglob("*"):
        os.utime(path, (1e9, 1e9))
        path.chmod(path.stat().st_mode & 0o700)
    before = os.umask(0o077)
    try:
        again = [build(tree, tmp_path / kind, kind, TZ="Asia/Tokyo", LC_ALL="C") for kind in ("sdist", "wheel")]
    finally:
        os.umask(before)
    assert [digest(path) for path in again] == [digest(sdist), digest(wheel)]


def test_an_epoch_is_kept(built, tmp_path):
    """A distributor says by SOURCE_DATE_EPOCH which time is written into what it builds."""
    times = [
        build(built[2], tmp_path / str(at), "wheel", SOURCE_DATE_EPOCH=str(at)) for at in (10**9, 10**9, 2 * 10**9)
    ]
    assert digest(times[0]) == digest(times[1]) != digest(times[2])


def test_checkers_have_nothing_to_say(built):
    """Nor of the README, as an index shows it."""
    require("twine", "check_wheel_contents")
    told = ran(sys.executable, "-m", "twine", "check", "--strict", built[1], built[3])
    assert told.count("PASSED") == 2
    assert ran(sys.executable, "-m", "check_wheel_contents", built[3]).endswith(": OK\n")


def metadata(unpacked: Path) -> email.message.Message:
    [path] = unpacked.glob("*.dist-info/METADATA")
    return email.message_from_string(path.read_text("utf-8"))


def test_the_metadata(unpacked_wheel):
    """What an index shows; beta until it is a release."""
    told = metadata(unpacked_wheel)
    assert (told["Name"], told["Version"], told["License-Expression"]) == ("capset", VERSION, "MIT")
    urls = dict(each.split(", ") for each in told.get_all("Project-URL"))
    assert urls == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    status = "4 - Beta" if set(VERSION) & set("abrc") else "5 - Production/Stable"
    classifiers = told.get_all("Classifier")
    assert [each for each in classifiers if each.startswith("Development")] == [f"Development Status :: {status}"]
    pythons = [
        each.rpartition(":: ")[2] for each in classifiers if each.startswith("Programming Language :: Python :: 3.")
    ]
    assert told["Requires-Python"] == f">={pythons[0]}"
    assert pythons == [f"3.{minor}" for minor in range(11, 11 + len(pythons))]


def test_everything_is_in_the_wheel(unpacked_wheel):
    """The package with its facts, the license, and what is found by others."""
    found = {
        path.relative_to(unpacked_wheel).as_posix() for path in (unpacked_wheel / "capset").rglob("*") if path.is_file()
    }
    assert found == {name for name in tracked() if name.startswith("capset/")}
    [points] = unpacked_wheel.glob("*.dist-info/entry_points.txt")
    assert "hook-dirs = capset.__pyinstaller:hook_dirs" in points.read_text("utf-8")
    [licence] = unpacked_wheel.glob("*.dist-info/licenses/LICENSE")
    assert licence.read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_installed_command(installed):
    """Alone on the first line is the version; facts, documents and HCL are found."""
    command = installed / "bin/capset"
    assert ran(command, "--version").splitlines()[0] == f"capset {VERSION}"
    job = 'job "a" {\n group "g" {\n  task "t" {\n   driver = "docker"\n   config { cap_drop = ["all"] }\n  }\n }\n}\n'
    assert "--cap-drop=ALL" in ran(command, "convert", "--to", "docker", "-", input=job)


def test_the_manual_page_is_installed(installed):
    """Where man looks for it beside the programs on the PATH."""
    man = shutil.which("man") or pytest.skip("needs man (Debian: apt-get install man-db)")
    env = {"PATH": f"{installed}/bin:/usr/bin:/bin", "MANPATH": f"{installed}/share/man"}
    assert ran(man, "-w", "capset", env=env).strip() == f"{installed}/share/man/man1/capset.1"


SHELLS = {
    "bash": """COMP_LINE="capset expl"; COMP_POINT=11; . share/bash-completion/completions/capset
        _capset_completion capset 2>/dev/null; echo "${COMPREPLY[@]}" """,
    "fish": 'complete -C "capset expl"',
    "zsh": """fpath=($PWD/share/zsh/site-functions $fpath); autoload -U compinit; compinit -u -D; echo $_comps[capset]
        autoload +X _capset; functions _capset""",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_completions_are_installed(installed, tmp_path, shell):
    """Where each shell looks for them; what they complete, tests/live/test_shells.py holds."""
    program = shutil.which(shell) or pytest.skip(f"needs {shell} (Debian: apt-get install {shell})")
    env = {"PATH": f"{installed}/bin:/usr/bin:/bin", "HOME": str(tmp_path), "XDG_DATA_DIRS": f"{installed}/share"}
    out = ran(program, *(["-f"] if shell == "zsh" else []), "-c", SHELLS[shell], env=env, cwd=installed)
    assert out.split()[0] == ("_capset" if shell == "zsh" else "explain")
    assert ("_CAPSET_COMPLETE=zsh_complete" in out) is (shell == "zsh")


def test_the_bill_of_materials(installed, built):
    """What is in an environment with the command, in CycloneDX, beside the wheel."""
    require("cyclonedx_py")
    target = built[3].with_name(f"capset-{VERSION}.cdx.json")
    ran(
        *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--validate"),
        *("--output-file", target, installed / "bin/python"),
    )
    bill = json.loads(target.read_text("utf-8"))
    parts = {each["name"]: each for each in bill["components"]}
    assert parts["capset"]["version"] == VERSION
    assert {"attrs", "click", "rich", "ruamel.yaml", "python-hcl2"} <= parts.keys()
    assert all(each["version"] and each["licenses"] for each in parts.values())
