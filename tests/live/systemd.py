"""The real systemd as a reader of unit files, without being process 1 and without touching the system's units."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
from glob import glob
from pathlib import Path

__all__ = ["Parser", "load"]

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
