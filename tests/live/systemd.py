"""The real systemd: as a reader of unit files, and as the first process of namespaces of its own."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
from glob import glob
from pathlib import Path

from capset import live
from tests.live.suites import Suite

__all__ = ["Parser", "load", "processes", "shown", "version_of"]

NOBODY = 65534  # as root systemd does not test units


class Parser:
    """systemd's function that reads one line of a capability directive, called through ctypes."""

    def __init__(self) -> None:
        [shared] = glob("/usr/lib/*/systemd/libsystemd-shared-*.so")
        [core] = glob("/usr/lib/*/systemd/libsystemd-core-*.so")
        self.version = int(re.search(r"-(\d+)", Path(core).name)[1])
        ctypes.CDLL(shared, mode=ctypes.RTLD_GLOBAL)
        self.core = ctypes.CDLL(core)

    def read(self, key: str, lines: list[str]) -> int:
        """Return the mask after some values of one key, as they stand without the white space around them."""
        value = ctypes.c_uint64(2**64 - 1 if key == "CapabilityBoundingSet" else 0)
        for line in lines:
            self.core.config_parse_capability_set(
                None, b"f", 1, b"Service", 1, key.encode(), 0, line.encode(), ctypes.byref(value), None
            )
        return value.value


def load(units: list[list[str]]) -> list[dict[str, str]]:
    """Let systemd load service units, each a file and its drop-ins, and tell what it makes of each.

    Returns:
        For each unit what systemd dumps, by label. A set that is absent there is unset, or none for
        AmbientCapabilities; capabilities that the kernel does not have are not printed.
    """
    folder = Path(tempfile.mkdtemp(prefix="capset-systemd."))
    try:
        files, run = folder / "units", folder / "run"
        for path, mode in ((folder, 0o755), (files, 0o755), (run, 0o700)):
            path.mkdir(exist_ok=True)
            path.chmod(mode)
        os.chown(run, NOBODY, NOBODY)
        wants = []
        for at, (unit, *drop_ins) in enumerate(units):
            wants.append(f"Wants=unit{at}.service")
            (files / f"unit{at}.service").write_bytes(unit.encode())
            # Without something to run a service is not loaded; in the last file it changes nothing else.
            (files / f"unit{at}.service.d").mkdir()
            for number, drop_in in enumerate([*drop_ins, "[Service]\nExecStart=/bin/true\n"]):
                (files / f"unit{at}.service.d" / f"{number:02}.conf").write_bytes(drop_in.encode())
        (files / "all.target").write_text("\n".join(["[Unit]", "DefaultDependencies=no", *wants]) + "\n")
        done = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            + ["/lib/systemd/systemd", "--user", "--test", "--unit=all.target"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "XDG_RUNTIME_DIR": str(run),
                "SYSTEMD_UNIT_PATH": str(files),
                "SYSTEMD_LOG_TARGET": "console",
            },
            capture_output=True,
            timeout=300,
            check=True,
            cwd="/",
        )
        dump = done.stdout.decode("utf-8", "replace")
        blocks = dict(re.findall(r"^\t?-> Unit unit(\d+)\.service:\n((?:\t\t.*\n)*)", dump, re.MULTILINE))
        return [
            dict(re.findall(r"^\t\t([A-Z][^:\n]*):[ ]?(.*)$", blocks[str(at)], re.MULTILINE))
            for at in range(len(units))
        ]
    finally:
        shutil.rmtree(folder)


# $1 has the units, the users and what the units print. With the signal systemd powers off, which ends its namespaces.
_FIRST = r"""
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs -o mode=755 run /run
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
export container=capset SYSTEMD_UNIT_PATH="$1/units" SYSTEMD_LOG_TARGET=console
exec /usr/lib/systemd/systemd --system --unit=all.target --show-status=0
"""
_UNIT = "[Unit]\nDefaultDependencies=no\n"
# What systemctl prints is kept before the end; the private socket of systemd is there without D-Bus.
_LAST = """[Service]
Type=oneshot
StandardOutput=file:{shown}
ExecStart=/bin/bash -c '{show}; kill -RTMIN+14 1'
"""


def version_of(suite: Suite) -> int:
    """Return the release of systemd in a suite."""
    [core] = suite.root.glob("usr/lib/*/systemd/libsystemd-core-*.so")
    return int(re.search(r"-(\d+)", core.name)[1])


def processes(suite: Suite, shared: Path, units: list[str]) -> list[live.ProcStatus | None]:
    """Let the systemd of a suite run services, as the first process of a pid namespace.

    Args:
        suite: Where it runs.
        shared: A folder that the suite sees under the same name.
        units: The lines of each in the section Service. There is a user with the number 1000.

    Returns:
        The status of the process of each service; None where nothing was run.
    """
    return shown(suite, shared, units)[0]


def shown(suite: Suite, shared: Path, units: list[str], *options: str) -> tuple[list[live.ProcStatus | None], bytes]:
    """Run services as `processes` does, and ask the same systemd of them all.

    Returns:
        What `processes` does, and what ``systemctl show`` prints with these options.
    """
    folder = Path(tempfile.mkdtemp(prefix="units-", dir=shared))
    folder.chmod(0o755)
    (folder / "units").mkdir()
    names = [f"unit{at}.service" for at in range(len(units))]
    for name, unit in zip(names, units, strict=True):
        run = f"Type=oneshot\nStandardOutput=file:{folder}/{name}\nExecStart=/bin/cat /proc/self/status\n"
        (folder / "units" / name).write_text(f"{_UNIT}[Service]\n{run}{unit}\n")
    after = f"After={' '.join(names)}\n"
    show = f"systemctl show {' '.join(options)} {' '.join(names)}" if options else ":"
    last = _LAST.format(shown=folder / "shown", show=show)
    (folder / "units/last.service").write_text(f"{_UNIT}{after}{last}")
    (folder / "units/all.target").write_text(f"{_UNIT}Wants={' '.join(names)} last.service\n")
    (folder / "passwd").write_text(
        "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
    )
    (folder / "group").write_text("root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n")
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts", "--net"]
    done = subprocess.run(
        [*suite.enter, *unshare, "sh", "-c", _FIRST, "first", folder], capture_output=True, timeout=120, check=False
    )
    assert list(folder.glob("*.service")), done.stderr.decode("utf-8", "replace")
    texts = [path.read_bytes() if (path := folder / name).exists() else b"" for name in names]
    return [live.parse_status(text) if text else None for text in texts], (folder / "shown").read_bytes()
