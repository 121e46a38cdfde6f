"""containerd of its own, asked through CRI, the interface by which Kubernetes asks it.

The messages are those of runtime/v1/api.proto of kubernetes/cri-api, as far as they matter here: each a dict from the
numbers of its fields to their values.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from capset import live
from capset.engines import Request
from tests.live.containers import Daemon, Find, Outcome, archive, call, unmount_below, version_of

Message = Mapping[int, object]

# What keeps a value of the machine's own as it is needs no CAP_SYS_RESOURCE, which a machine of tests may lack.
CONFIG = """
version = 2
root = "{folder}/data"
state = "{folder}/state"
[grpc]
address = "{folder}/sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{image}"
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
"""
IMAGE = "docker.io/library/box:1"
# Every pod gets a share of the processors, so there has to be a controller of them: where cgroup2 has none, the older
# hierarchies have.
WITH_CONTROLLERS = r"""
set -e
mount -t tmpfs cgroup /sys/fs/cgroup
while IFS=: read -r _ controllers _; do
    [ -n "$controllers" ] || continue
    mkdir "/sys/fs/cgroup/$controllers"
    mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/$controllers"
done </proc/self/cgroup
exec "$@"
"""
NODE = 2  # NamespaceMode: the machine's own
EXITED = 2  # ContainerState


def number(value: int) -> bytes:
    """Write a variable-length integer."""
    rest, low = value >> 7, value & 127
    return bytes([low]) if not rest else bytes([low | 128]) + number(rest)


def encode(message: Message) -> bytes:
    """Write a message; what is a list is repeated, what is false is left out."""
    written = b""
    for field, value in message.items():
        for one in value if isinstance(value, list) else [value] * bool(value):
            if isinstance(one, int):
                written += number(field << 3) + number(one)
            else:
                data = encode(one) if isinstance(one, Mapping) else one.encode()
                written += number(field << 3 | 2) + number(len(data)) + data
    return written


def decode(data: bytes) -> dict[int, int | bytes]:
    """Read a message of numbers and bytes, the last of each field."""
    at, found = 0, {}

    def read() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    while at < len(data):
        key = read()
        value: int | bytes = read()
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        found[key >> 3] = value
    return found


def image(root: Path) -> Path:
    """Pack a root file system as an image, in the format of docker save."""
    layer = archive(root).read_bytes()
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/bin/sh", "-c", "while :; do /bin/busybox sleep 1000; done"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [IMAGE], "Layers": ["layer.tar"]}]
    path = root.with_suffix(".image")
    with tarfile.open(path, "w") as tar:
        for name, data in (("config.json", config), ("layer.tar", layer), ("manifest.json", manifest)):
            content = data if isinstance(data, bytes) else json.dumps(data).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


class Containerd:
    """A containerd of its own with a sandbox in it."""

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        grpc = pytest.importorskip("grpc", reason="needs grpcio (the extra test, on Linux)")
        self.folder = folder
        (folder / "config").write_text(CONFIG.format(folder=folder, image=IMAGE))
        ctr = [*find("ctr", "containerd"), "--address", folder / "sock", "--namespace", "k8s.io"]
        containerd = find("containerd", "containerd")
        self.version = version_of(*containerd, "--version")
        own_mounts = [*find("unshare", "util-linux"), "--mount", "sh", "-c", WITH_CONTROLLERS, "sh"]
        command = [*own_mounts, containerd[-1], "--config", folder / "config"]
        self.daemon = Daemon(command, folder / "log", [*ctr, "version"])
        self.grpc = grpc
        self.channel = grpc.insecure_channel(f"unix://{folder}/sock")
        self.runs = 0
        try:
            imported = call(*ctr, "images", "import", image(root))
            assert imported.returncode == 0, imported.stderr
            # With NODE the host name has to be empty; only in a privileged sandbox may something be privileged.
            self.sandbox = {1: {1: "test", 2: "test", 3: "default"}, 3: str(folder), 8: {2: {1: {1: NODE}, 6: True}}}
            self.id = self.ask("RunPodSandbox", {1: self.sandbox})[1].decode()
        except BaseException:
            self.close()
            raise

    def ask(self, method: str, message: Message) -> dict[int, int | bytes]:
        """Ask the runtime service."""
        ask = self.channel.unary_unary(f"/runtime.v1.RuntimeService/{method}", encode, decode)
        return ask(message, timeout=60)

    def run(self, request: Request, uid: int, no_new_privs: bool) -> Outcome:
        """Run a container."""
        self.runs += 1
        name = f"c{self.runs}"
        security = {
            1: {1: list(request.add), 2: list(request.drop)},
            2: request.privileged,
            3: {1: NODE},
            5: {1: uid},
            11: no_new_privs,
        }
        container = {1: {1: name}, 2: {1: IMAGE}, 3: ["/bin/cat", "/proc/self/status"], 11: name, 15: {2: security}}
        made = ""
        try:
            made = self.ask("CreateContainer", {1: self.id, 2: container, 3: self.sandbox})[1].decode()
            self.ask("StartContainer", {1: made})
            while decode(self.ask("ContainerStatus", {1: made})[1]).get(3) != EXITED:
                time.sleep(0.01)
            lines = (self.folder / name).read_bytes().splitlines(keepends=True)
            status = b"".join(line.split(b" ", 3)[3] for line in lines if line.split(b" ")[1] == b"stdout")
            return Outcome(live.parse_status(status).caps, "")
        except self.grpc.RpcError as error:
            return Outcome(None, error.details())
        finally:
            if made:
                self.ask("RemoveContainer", {1: made})

    def close(self) -> None:
        """End this daemon, and what runs in its sandbox."""
        if hasattr(self, "id"):
            self.ask("StopPodSandbox", {1: self.id})
            self.ask("RemovePodSandbox", {1: self.id})
        self.channel.close()
        self.daemon.end()
        unmount_below(self.folder)
