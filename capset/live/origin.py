"""Where a process runs, and since when: what tells it from another with the same number."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import lru_cache
from itertools import chain

from attrs import frozen

from capset import engines
from capset.live.kernel_threads import has_kernel_flag
from capset.live.reading import Root, contents, root_folder

__all__ = [
    "Origin",
    "boot_id",
    "control_group",
    "has_own_pids",
    "host_name",
    "is_here",
    "origin",
    "sees_all_groups",
    "start_time",
]

_AFTER_NAME = re.compile(rb".*\) \S(?: \S+){18} ([0-9]+) ", re.DOTALL)  # a name may hold parentheses
# The second is of Amazon's ECS, the others of BuildKit.
_ID = re.compile(
    r"(?<![0-9a-f])(?:[0-9a-f]{64}|[0-9a-f]{32}-[0-9]+)(?![0-9a-f])"
    r"|(?<=-)[0-9a-z]{25}(?=\.scope$)|(?<=:)[0-9a-z]{25}$"
)
_NAME = re.compile(  # of LXC, buildah, libvirt and systemd-nspawn
    r"lxc\.payload\.(.+)|(?:(?:runc|crun)-)?buildah-(.+?)(?:\.scope)?"
    r"|machine-(?:qemu|lxc|ch|xen|bhyve)\\x2d[0-9]+\\x2d(.+)\.scope|machine-(.+)\.scope|systemd-nspawn@(.+)\.service"
)
# Of a pod, of a health check, which runs outside, and of what watches over a container.
_NO_CONTAINER = re.compile(
    r"(?!lxc\.payload\.|systemd-nspawn@).*\.(?:slice|service)|(?:libpod|crio)-conmon-.*|lxc\.monitor\..*"
)
_ENGINES = (  # what stands in front of the id or the name
    ("docker", re.compile(r"[/:]docker[/:-](?:buildkit/)?$")),
    ("podman", re.compile(r"/libpod-(?:payload-)?$")),
    ("containerd", re.compile(r"[/:]cri-containerd[-:]$")),
    ("cri-o", re.compile(r"/crio-$")),
    ("nerdctl", re.compile(r"/nerdctl-$")),
    ("buildkit", re.compile(r"[/:]buildkit[/:-]$")),
    ("buildah", re.compile(r"/(?:(?:runc|crun)-)?buildah-$")),
    ("aws-ecs", re.compile(r"/ecs/(?:.+/)?(?:ecs-)?$")),
    ("lxc", re.compile(r"/lxc(?:\.payload[./]|/)$")),
    ("systemd-nspawn", re.compile(r"/machine\.slice/(?:machine-|systemd-nspawn@)$")),
)
_INSIDE = re.compile(r"/buildkit/$|/lxc(?:\.payload)?/$")  # the name of a group in such a one is that of a container
_ANY = re.compile(".+")
_OF_NSPAWN_ITSELF = re.compile(r"/systemd-nspawn@[^/]+\.service/supervisor$")
# Groups of a host: units of systemd in its slices, of which containers have none but scopes, and those that Podman and
# LXC make for what is in no container.
_SLICES = r"(?:/[^/]+\.slice)*"
_SCOPE = r"(?:init|(?:session|run|app|vte-spawn|podman|lxc|(?:libpod|crio)-conmon)-[^/]+)\.scope"
_UNIT = rf"(?:[^/]+\.(?:service|socket|mount|swap)|{_SCOPE})"
_BEFORE = rf"{_SLICES}(?:/user@[0-9]+\.service{_SLICES})?"
_HOST = re.compile(
    rf"/init\.scope|/[^/]+\.slice{_BEFORE}/{_UNIT}(?:/lxc\.monitor\.[^/]+|(?<=/systemd-udevd\.service)/udev)?"
    rf"|/[^/]+\.slice{_BEFORE}/systemd-nspawn@[^/]+\.service/supervisor"
    r"|/lxc\.monitor[./][^/]+|/libpod_parent/(?:libpod-)?conmon[^/]*"
)
# Engines that give much, and where their groups are: below others they may be of somebody in a container.
_WIDE = {"lxc", "systemd-nspawn"}
_OF_WIDE = re.compile(
    rf"{_BEFORE}(?:/{_SCOPE})?(?:/lxc\.payload\.[^/]+{_BEFORE}(?:/{_SCOPE})?)*/(?:lxc(?:\.payload)?/)?"
)
# The initial namespaces. Source: Linux include/linux/proc_ns.h, PROC_CGROUP_INIT_INO and PROC_PID_INIT_INO.
_INITIAL_CGROUP_NS = "cgroup:[4026531835]"
_INITIAL_PID_NS = "pid:[4026531836]"


@frozen
class Origin:
    """The container that a control group is of.

    Attributes:
        container: Its id, or of LXC and systemd-nspawn its name; None where the path names none.
        engine: The name of its engine, as :func:`capset.engines.get` takes it; None where the path does not say.
        contained: Whether it is in a container: False of groups of a host, such as those of its services. Where the
            path is of neither kind, as in a group of an engine that capset does not know, it is None.
    """

    container: str | None = None
    engine: str | None = None
    contained: bool | None = None


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
        None where its ``cgroup`` cannot be read. It is as whoever reads it sees it: in a container often ``/``, see
        :func:`sees_all_groups`.

    Source:
        cgroups(7).
    """
    text = _file(f"{_folder(pid, tid, proc)}/cgroup")
    if text is None:
        return None
    lines = [line.split(":", 2) for line in text.decode("utf-8", "surrogateescape").split("\n")]
    paths = [parts[2] for parts in reversed(lines) if len(parts) == 3]  # that of version 2 stands last
    named = (path for path in paths if origin(path).container)
    # In some hierarchies a process is but in a group above its own.
    strange = (
        path
        for path in paths
        if origin(path).contained is None
        and not any(f"{other}/".startswith(f"{path.rstrip('/')}/") for other in paths if other != path)
    )
    return next(chain(named, strange, paths), None)


@lru_cache(maxsize=4096)
def origin(group: str) -> Origin:
    """Return the container that a control group is of, as its path names it.

    Of a container in another, the id is that of the inner one. Its engine is the one that gives the least by itself of
    all that the path names: who is in a container may make groups in its own, of whatever name, and none of them is to
    make what it holds look usual. What watches over a container from outside, conmon, is not in it.

    Args:
        group: The path of the group.

    Examples:
        >>> from capset.live.origin import origin
        >>> origin("/system.slice/docker-" + 16 * "90ab" + ".scope").engine
        'docker'
        >>> origin("/lxc.payload.web/init.scope").container, origin("/init.scope").contained, origin("/").contained
        ('web', False, None)
    """
    group = group.removesuffix(" (deleted)")  # which the kernel writes behind one that is gone
    before = ""
    container: str | None = None
    found: list[str | None] = []
    for part in _OF_NSPAWN_ITSELF.sub("", group).split("/"):
        named = (_INSIDE.search(before) and _ANY.match(part)) or _named(part)
        if named:
            group_of = named.lastindex or 0
            container = named[group_of]
            found.append(_engine(before, part[: named.start(group_of)]))
        before += f"{part}/"
    if container is None:
        return Origin(contained=False if _HOST.fullmatch(group) else None)
    return Origin(container.replace("\\x2d", "-"), min(reversed(found), key=_given), contained=True)


def _named(part: str) -> re.Match[str] | None:
    """Find the id or the name of a container in a part of a path; where a group is matched, that is it."""
    return None if _NO_CONTAINER.fullmatch(part) else _ID.search(part) or _NAME.fullmatch(part)


def _engine(before: str, front: str) -> str | None:
    """Return the engine of a container by what stands before its name."""
    engine = next((engine for engine, ends in _ENGINES if ends.search(before + front)), None)
    return None if engine in _WIDE and not _OF_WIDE.fullmatch(before) else engine


def _given(engine: str | None) -> tuple[int, bool]:
    """Return how much an engine gives; of one that is not known, no more is taken for given than Docker gives."""
    return len(engines.get(engine or "docker").default), engine is None


def sees_all_groups(*, proc: Root = "/proc") -> bool:
    """Say whether the paths of control groups are those of the host: in a container they begin at its own group.

    Of a saved tree it is told by the first thread of the kernel, which is seen from nowhere but the host.

    Returns:
        False as well where that is not known.

    Source:
        cgroup_namespaces(7); proc_pid_stat(5), *flags*.
    """
    namespace = _link(f"{root_folder(proc)}/self/ns/cgroup")
    return namespace == _INITIAL_CGROUP_NS if namespace else bool(has_kernel_flag(2, proc=proc))


def is_here(*, proc: Root = "/proc") -> bool:
    """Say whether it is the proc of this host, which tells of now."""
    return os.path.realpath(proc) == "/proc"


def has_own_pids(pid: int, *, proc: Root = "/proc", tid: int | None = None) -> bool:
    """Say whether a thread is in a pid namespace other than the initial one, as what runs in a container mostly is.

    So it may be in one whatever its control group: bubblewrap and ``podman run --cgroups=disabled`` make none.

    Args:
        pid: The process.
        proc: Where the proc file system is, or a saved tree.
        tid: One of its threads; the main thread if not given.

    Returns:
        False as well where that is not known, as of a saved tree, or for lack of permission.

    Source:
        pid_namespaces(7).
    """
    return _link(f"{_folder(pid, tid, proc)}/ns/pid") not in {None, _INITIAL_PID_NS}


def _link(path: str) -> str | None:
    with suppress(OSError):
        return os.readlink(path)
    return None


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
