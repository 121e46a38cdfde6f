"""Quadlet's own generators, and the programs whose command lines are read: they decide what such a text says."""

from __future__ import annotations

import random
import re
import subprocess

import pytest

from capset import documents
from capset.formats.commandline import command_named

WORDS = [
    *("NET_ADMIN", "cap_kill", "CAP_SYS_TIME", "all", "KILL,CHOWN", "Net_Raw", '"NET_RAW KILL"', "'KILL'", '""'),
    *("a\\b", "KIL", "%i", "$X", '"open', "sys_admin"),
]
OPTIONS = [
    *("--cap-add KILL", "--cap-add=KILL,SYS_TIME", "--privileged", "--cap-drop all", "--user 5:6", "-u 7", "--rm"),
    *("--security-opt no-new-privileges", "--security-opt=no-new-privileges:false", '--cap-add "KILL"', "-it", "foo"),
    *(
        r"--cap-add \x4bILL",
        r"--cap-add \qKILL",
        "-e A=b",
        '-e ""',
        "--userns=keep-id",
        "'--cap-add' KILL",
        "--cap-add",
    ),
]


def value(draw: random.Random, key: str) -> str:
    """Draw the value of a key."""
    if key in {"AddCapability", "DropCapability"}:
        joint = draw.choice([" ", " \\\n  ", "\\\n", " \\\n# a comment\n"])
        return draw.choice(["", joint.join(draw.choices(WORDS, k=draw.randint(1, 3)))])
    if key == "PodmanArgs":
        return draw.choice(["", *[" ".join(draw.choices(OPTIONS, k=draw.randint(1, 3)))] * 5])
    return draw.choice(
        {
            "User": ["0", "1000", "nobody", '"7"', "", "%u", "5:6"],
            "Group": ["0", "5", ""],
            "NoNewPrivileges": ["true", "yes", "1", "on", "false", "maybe", "", "True"],
            "UserNS": ["host", "auto", "keep-id", "keep-id:uid=200,gid=210", ""],
            "Colour": ["red"],
        }[key]
    )


KEYS = ["AddCapability", "DropCapability", "PodmanArgs", "User", "Group", "NoNewPrivileges", "UserNS"]


def container(draw: random.Random) -> str:
    """Draw a file, which one time in twenty has a key that nobody knows."""
    keys = draw.choices(KEYS, weights=[3, 3, 3, 2, 1, 1, 1], k=draw.randint(1, 6))
    keys += ["Colour"] if draw.random() < 0.05 else []
    lines = (f"{key}{draw.choice(['=', ' = '])}{value(draw, key)}\n" for key in keys)
    return f"[Container]\nImage=docker.io/library/web:1\n{''.join(lines)}"


def asked(workload) -> tuple:
    """Return what is read of a container, as far as both ways to it say the same."""
    request = workload.request
    if request is None:
        return ("unread",)
    lists = tuple([part.lower() for name in names for part in name.split(",")] for names in (request.add, request.drop))
    decides = {problem.rule for problem in workload.problems} & {"variable", "user-of-caller", "own-user-namespace"}
    return (*lists, request.privileged, request.user, request.no_new_privs, decides)


@pytest.mark.suite
@pytest.mark.parametrize("name", ["trixie", "forky"])
def test_generated_files(name, folder, find):
    """What a file asks for is what the podman run asks for that the generator makes of it; or both refuse it."""
    draw = random.Random(0)
    texts = {f"c{number}": container(draw) for number in range(400)}
    *enter, quadlet = find(name)("quadlet", "podman")
    files = folder / f"quadlets-{name}"
    files.mkdir()
    for stem, text in texts.items():
        (files / f"{stem}.container").write_text(text)
    command = [*enter, "/usr/bin/env", f"QUADLET_UNIT_DIRS={files}", quadlet, "-dryrun"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    made = dict(re.findall(r"^---(c\d+)\.service---\n(.*?)(?=^---c|\Z)", run.stdout, re.MULTILINE | re.DOTALL))

    assert 200 < len(made) < 400
    for stem, text in texts.items():
        [direct] = documents.read(text, f"{stem}.container")
        if stem not in made:
            assert direct.refusal is not None, text
            continue
        [_, through] = documents.read(made[stem], f"{stem}.service")
        assert asked(direct) == asked(through), (text, made[stem])


PROGRAMS = {
    "docker run": ("docker", "docker.io"),
    "docker service create": ("docker", "docker.io"),
    "podman run": ("podman", "podman"),
    "podman create": ("podman", "podman"),
    "buildah from": ("buildah", "buildah"),
    "buildah run": ("buildah", "buildah"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_options_of_the_programs_of_this_machine(name, tool):
    """Each option that the program's help names has a value here if it has one there, or is none."""
    _, *command = name.split()
    run = [tool(*PROGRAMS[name]), *command]
    told = subprocess.run([*run, "--help"], capture_output=True, text=True, check=False)
    options = command_named(name).options
    found = re.findall(r"^ {2,6}(?:-\w, | {4})--([\w-]+)( \S+)?(\[=)?", told.stdout + told.stderr, re.MULTILINE)

    assert len(found) > 10
    for option, has_value, optional in found:
        kind = options.optional if optional or "[=" in has_value else options.valued if has_value else options.switches
        assert option in kind, option
