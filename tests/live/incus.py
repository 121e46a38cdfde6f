"""Incus of its own, with containers that are made for each run."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

from capset import live
from tests.live.containers import Daemon, Find, Outcome, call, unmount_below

INIT = b"#!/bin/sh\nwhile :; do /bin/busybox sleep 1000; done\n"
METADATA = b"architecture: x86_64\ncreation_date: 1\nproperties: {}\n"


class Incus:
    """An Incus daemon of its own, with one image and storage in a folder."""

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        self.folder = folder
        self.environment = {**os.environ, "INCUS_DIR": str(folder / "incus"), "HOME": str(folder)}
        (folder / "incus").mkdir()
        self.incus = find("incus", "incus-base")
        server = [*find("incusd", "incus-base"), "--group", "root"]
        self.daemon = Daemon(server, folder / "log", [*self.incus, "info"], env=self.environment)
        try:
            self.version = self.ask("version").split()[-1]
            self.ask("storage", "create", "default", "dir")
            self.ask("image", "import", self._image(root), "--alias", "box")
        except BaseException:
            self.close()
            raise

    def _image(self, root: Path) -> Path:
        path = self.folder / "image.tar"
        with tarfile.open(path, "w") as tar:
            tar.add(root, "rootfs")
            for name, content in (("metadata.yaml", METADATA), ("rootfs/sbin/init", INIT)):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o755
                tar.addfile(entry, io.BytesIO(content))
        return path

    def ask(self, *words: str | Path) -> str:
        """Run a command of the client, which has to work."""
        done = call(*self.incus, *words, env=self.environment)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout.decode()

    def run(self, privileged: bool, uid: int) -> Outcome:
        """Start a container, and look at its first process."""
        config = ("-c", f"security.privileged={str(privileged).lower()}")
        if uid:
            config += ("-c", f"raw.lxc=lxc.init.uid = {uid}\nlxc.init.gid = {uid}")
        self.ask("create", "box", "c", "--storage", "default", *config)
        if call(*self.incus, "start", "c", env=self.environment).returncode:
            return Outcome(None, (self.folder / "incus/logs/c/lxc.log").read_text())
        status = self.ask("exec", "c", "--", "/bin/cat", "/proc/1/status")
        self.ask("delete", "--force", "c")
        return Outcome(live.parse_status(status).caps, "")

    def close(self) -> None:
        """End this daemon."""
        self.daemon.end()
        unmount_below(self.folder)
