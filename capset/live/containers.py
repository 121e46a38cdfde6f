"""Which process of this machine a container is: its engine's own command is asked, as a person would."""

from __future__ import annotations

import re
import subprocess
from typing import NamedTuple

from attrs import frozen

from capset.errors import ArgumentError, ContainerError, require, shown
from capset.live.reading import contents
from capset.plain import Plain

__all__ = ["CONTAINERS", "Container", "container"]


class _Asked(NamedTuple):
    """How an engine's command is asked, with the name last or in the place of NAME, and how its answer is read."""

    words: tuple[str, ...]
    answer: re.Pattern[str]


_PID = re.compile(r"\s*([0-9]+)(?: (\w+))?\s*")
_INSPECT = ("inspect", "--type=container", "--format={{.State.Pid}} {{.Id}}")
_ASKED = {
    "docker": _Asked(("docker", *_INSPECT), _PID),
    "podman": _Asked(("podman", *_INSPECT), _PID),
    "nerdctl": _Asked(("nerdctl", *_INSPECT), _PID),
    "crictl": _Asked(("crictl", "inspect", "--output=go-template", "--template={{.info.pid}} {{.status.id}}"), _PID),
    "incus": _Asked(("incus", "query", "/1.0/instances/NAME/state"), re.compile(r'.*?"pid": ?([0-9]+)().*', re.DOTALL)),
    "lxc": _Asked(("lxc-info", "--no-humanize", "--pid", "--name"), _PID),
    "systemd-nspawn": _Asked(("machinectl", "show", "--property=Leader", "--value"), _PID),
}

CONTAINERS = tuple(_ASKED)
"""The engines whose containers are found, by their names."""

_LONGEST = 3600
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")


@frozen(kw_only=True)
class Container(Plain):
    """The first process of a container.

    Attributes:
        engine: The engine that was asked.
        name: The name, as it was given.
        pid: The process, for :func:`read`.
        assumed: What could not be made sure of, a sentence each.
    """

    engine: str
    name: str
    pid: int
    assumed: tuple[str, ...] = ()


def container(engine: str, name: str, *, timeout: float = 10.0) -> Container:
    """Find the first process of a running container, by asking the command of its engine.

    Nothing is asked that changes anything. The command finds its socket as it always does, so what you may ask in a
    shell, this may ask, and no more. The answer is a process of the machine on which the engine runs. Where that is
    another one, perhaps a virtual one, there is no such process here, which is an error, or it is somebody else's:
    therefore its control group is looked at, which as a rule names the container.

    Args:
        engine: ``"docker"``, ``"podman"``, ``"nerdctl"``, ``"crictl"`` (which takes ids alone), ``"incus"``, ``"lxc"``
            (of LXC itself) or ``"systemd-nspawn"``.
        name: The name of the container, or its id.
        timeout: How long to wait for an answer, in seconds; at most an hour.

    Raises:
        ContainerError: The command is not installed or may not be run, it knows no such container, the container does
            not run, or its process is not on this machine. The error says which.
        ArgumentError: No such engine is asked, or *timeout* is not positive.
        TypeError: A name is no text, or *timeout* no number.

    Examples:
        >>> from capset import live
        >>> live.container("docker", "no such name")
        Traceback (most recent call last):
        capset.errors.ContainerError: docker:no such name: no name of a container, which has letters, digits, _, . and -

    Source:
        docker-inspect(1), podman-inspect(1), lxc-info(1), machinectl(1); ``docs/crictl.md`` of cri-tools;
        ``doc/rest-api.yaml`` of Incus, ``/1.0/instances/{name}/state``.
    """
    require(engine, str, "the name of an engine as str")
    require(name, str, "the name of a container as str")
    require(timeout, int | float, "a number of seconds")
    if not 0 < timeout <= _LONGEST:
        raise ArgumentError(f"expected a number of seconds up to {_LONGEST}, got {shown(timeout)}", timeout)
    if engine not in _ASKED:
        known = ", ".join(_ASKED)
        raise ArgumentError(f"expected an engine whose containers are found ({known}), got {shown(engine)}", engine)
    if not _NAME.fullmatch(name):  # an option, or a path, would be something else to the command
        raise ContainerError(engine, name, "no name of a container, which has letters, digits, _, . and -")
    asked = _ASKED[engine]
    words = [word.replace("NAME", name) for word in asked.words]
    answer = _answer(engine, name, words if words != [*asked.words] else [*words, name], timeout)
    found = asked.answer.fullmatch(answer)
    if found is None:
        raise ContainerError(engine, name, f"{words[0]} gives no process id, but {shown(answer.strip())}")
    pid = int(found[1])
    if not pid:
        raise ContainerError(engine, name, "it does not run, so it has no process: start it first")
    return Container(engine=engine, name=name, pid=pid, assumed=_unsure(engine, name, pid, found[2] or name))


def _answer(engine: str, name: str, words: list[str], timeout: float) -> str:
    """Run the command, without a shell."""
    nowhere = subprocess.DEVNULL
    try:
        with subprocess.Popen(words, stdin=nowhere, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asked:  # noqa: S603
            try:
                out, err = asked.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                asked.kill()
                raise ContainerError(engine, name, f"{words[0]} did not answer within {timeout:g} seconds") from None
    except FileNotFoundError:
        raise ContainerError(engine, name, f"{words[0]} is not installed here, or not in $PATH") from None
    except OSError as error:
        raise ContainerError(engine, name, f"{words[0]} cannot be run: {error.strerror}") from None
    if asked.returncode:
        told = (err or out).decode("utf-8", "backslashreplace").strip()
        raise ContainerError(engine, name, f"{words[0]} says: {told or f'exit status {asked.returncode} alone'}")
    return out.decode("utf-8", "backslashreplace")


_ID = re.compile(r"[0-9a-f]{12,}")
_BEFORE_A_NAME = r"(?:lxc\.payload\.(?:.*_)?|machine-|systemd-nspawn@)?"  # Incus puts a project in front


def _names(groups: str, id: str) -> bool:
    """Say whether the path of a control group has a part that names a container, by its id or by its name alone."""
    if _ID.fullmatch(id):
        return id in groups
    name = re.escape(id).replace("\\-", r"(?:-|\\x2d)")  # as systemd writes it
    part = re.compile(rf"{_BEFORE_A_NAME}{name}(?:\.scope|\.service)?")
    return any(part.fullmatch(each) for line in groups.splitlines() for each in line.split("/"))


def _unsure(engine: str, name: str, pid: int, id: str) -> tuple[str, ...]:
    """Make sure that a process of this machine is the one that an engine means, as far as its control group tells."""
    try:
        groups = contents(f"/proc/{pid}/cgroup")
    except OSError:
        where = "on another machine, a virtual one perhaps, or this /proc hides it"
        raise ContainerError(engine, name, f"it is process {pid}, which is not here: the engine runs {where}") from None
    if _names(groups.decode("utf-8", "replace"), id):
        return ()
    return (f"process {pid} of this machine is that container, as its control group does not say whose it is",)
