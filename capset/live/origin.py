"""Where a process runs, and since when: what tells it from another with the same number."""

from __future__ import annotations

import re
from contextlib import suppress

from attrs import frozen

from capset.live.reading import Root, contents, root_folder

__all__ = ["Origin", "boot_id", "control_group", "host_name", "origin", "start_time"]

_AFTER_NAME = re.compile(rb".*\) \S(?: \S+){18} ([0-9]+) ", re.DOTALL)  # a name may hold parentheses
_ID = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{32}-[0-9]+)(?![0-9a-f])")  # the second is of Amazon's ECS
_NAME = re.compile(r"lxc\.payload\.(.+)|machine-(.+)\.scope|systemd-nspawn@(.+)\.service")
_CONMON = re.compile(r"(?:libpod|crio)-conmon-")
_ENGINES = (  # what stands in front of the id, in the same part of the path or in the one before
    ("docker", re.compile(r"docker[-/]$")),
    ("podman", re.compile(r"libpod-$")),
    ("containerd", re.compile(r"cri-containerd[-:]$")),
    ("cri-o", re.compile(r"crio-$")),
    ("nerdctl", re.compile(r"nerdctl-$")),
    ("aws-ecs", re.compile(r"/ecs/(?:.+/)?(?:ecs-)?$")),
    ("lxc", re.compile(r"lxc\.payload\.$")),
    ("systemd-nspawn", re.compile(r"machine-$|systemd-nspawn@$")),
)


@frozen
class Origin:
    """The container that a control group is of.

    Attributes:
        container: Its id, or of LXC and systemd-nspawn its name; None where the path names none.
        engine: The name of its engine, as :func:`capset.engines.get` takes it; None where the path does not say.
    """

    container: str | None = None
    engine: str | None = None


def start_time(pid: int, *, proc: Root = "/proc", tid: int | None = None) -> int | None:
    """Return when a thread was started, in ticks of the clock since the host was.

    Beside the boot and the process id it names a process for good, as ids are used again.

    Args:
        pid: The process.
        proc: Where the proc file system is, or a saved tree.
        tid: One of its threads; the main thread if not given.

    Returns:
        None where its ``stat`` cannot be read.

    Source:
        proc_pid_stat(5), *starttime*.

    Examples:
        >>> import os
        >>> from capset.live.origin import start_time
        >>> start_time(os.getpid()) > 0
        True
    """
    text = _file(f"{_folder(pid, tid, proc)}/stat")
    found = _AFTER_NAME.match(text) if text is not None else None
    return int(found[1]) if found else None


def control_group(pid: int, *, proc: Root = "/proc", tid: int | None = None) -> str | None:
    """Return the path of a thread's control group: the first that names a container, of version 2 if there is one.

    Beside groups of version 1, which engines used then, that of version 2 is systemd's own.

    Args:
        pid: The process.
        proc: Where the proc file system is, or a saved tree.
        tid: One of its threads; the main thread if not given.

    Returns:
        None where its ``cgroup`` cannot be read. It is as whoever reads it sees it: in a container often ``/``.

    Source:
        cgroups(7).
    """
    text = _file(f"{_folder(pid, tid, proc)}/cgroup")
    if text is None:
        return None
    lines = [line.split(":", 2) for line in text.decode("utf-8", "surrogateescape").split("\n")]
    paths = [parts[2] for parts in reversed(lines) if len(parts) == 3]  # that of version 2 stands last
    return next((path for path in paths if origin(path).container), next(iter(paths), None))


def origin(group: str) -> Origin:
    """Return the container that a control group is of, as its path names it.

    Of a container in another, the inner one counts. What watches over a container from outside, conmon, is not in it.

    Args:
        group: The path of the group.

    Examples:
        >>> from capset.live.origin import origin
        >>> origin("/system.slice/docker-" + 16 * "90ab" + ".scope").engine
        'docker'
        >>> origin("/lxc.payload.web/init.scope"), origin("/user.slice")
        (Origin(container='web', engine='lxc'), Origin(container=None, engine=None))
    """
    before, parts = group, group.split("/")
    for part in reversed(parts):
        before = before.removesuffix(part)
        found = _ID.search(part) or _NAME.fullmatch(part)
        if found and not _CONMON.match(part):
            name = next(filter(None, (*found.groups(), found[0])))
            at = part.index(name)
            engine = next((engine for engine, front in _ENGINES if front.search(before + part[:at])), None)
            return Origin(name.replace("\\x2d", "-"), engine)
        before = before.removesuffix("/")
    return Origin()


def boot_id(*, proc: Root = "/proc") -> str | None:
    """Return the id that the kernel drew when the host was started; None where it cannot be read."""
    return _line(f"{root_folder(proc)}/sys/kernel/random/boot_id")


def host_name(*, proc: Root = "/proc") -> str | None:
    """Return the name of the host; None where it cannot be read."""
    return _line(f"{root_folder(proc)}/sys/kernel/hostname")


def _folder(pid: int, tid: int | None, proc: Root) -> str:
    return f"{root_folder(proc)}/{pid}" + ("" if tid is None else f"/task/{tid}")


def _line(path: str) -> str | None:
    text = _file(path)
    return None if text is None else text.decode("utf-8", "surrogateescape").strip() or None


def _file(path: str) -> bytes | None:
    with suppress(OSError):
        return contents(path)
    return None
