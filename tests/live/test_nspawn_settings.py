"""Files of settings under the real systemd-nspawn."""

from __future__ import annotations

import random
import subprocess

import pytest

from capset import documents, engines, live
from capset.state import CapState

NAMES = ["CAP_NET_ADMIN", "cap_sys_module", "CAP_KILL", "12", "CAP_CHOWN", "NET_RAW", "CAP_KILL,CAP_CHOWN", "CAP_X"]
LISTS = ["Capability", "DropCapability"]


def settings(draw: random.Random) -> str:
    """Draw a file."""
    lines = [
        f"{draw.choice(LISTS)}={' '.join(draw.choices(NAMES, k=draw.randint(1, 3)))}" for _ in range(draw.randint(0, 3))
    ]
    lines += draw.choice([[], ["NoNewPrivileges=yes"], ["Capability=CAP_KILL 'CAP_CHOWN"], ["User=5"]])
    network = draw.choice(
        [[], ["Private=yes"], ["VirtualEthernet=yes", "Private=no"], ["Private=no"], ["Private=yes", "Private="]]
    )
    return "\n".join(["[Exec]", "Boot=no", *lines, "[Network]", *network]) + "\n"


@pytest.mark.parametrize("trusted", [True, False])
def test_drawn_files(trusted, folder, root, find):
    """What the container's first process has is what is read of the file."""
    nspawn = find("here")("systemd-nspawn", "systemd-container")
    version = subprocess.run([*nspawn, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    engine = engines.get("systemd-nspawn", version)
    held = live.read().caps.permitted
    draw = random.Random(int(trusted))
    file = root.parent / "settings.nspawn"
    for _ in range(15):
        text = settings(draw).replace("User=5\n", "User=user\n")
        file.write_text(text)
        run = subprocess.run(
            [
                *(
                    *nspawn,
                    "--directory",
                    root,
                    "--machine=settings",
                    "--register=no",
                    "--keep-unit",
                    "--quiet",
                    "--pipe",
                ),
                *("--settings=trusted",) * trusted,
                *("/bin/cat", "/proc/self/status"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        file.unlink()
        assert run.returncode == 0, (text, run.stderr)
        got = live.parse_status(run.stdout)
        place = "/etc/systemd/nspawn/settings.nspawn" if trusted else "/var/lib/machines/settings.nspawn"
        [workload] = documents.read(text, place)
        uid = 1000 if workload.request.user else 0
        expected: CapState = engine.container(workload.request, uid=uid, available=held)
        assert (got.caps, got.no_new_privs) == (expected, workload.request.no_new_privs), (text, run.stderr)
