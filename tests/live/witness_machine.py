"""Another kernel, asked by the witnesses: a machine of nothing but Python, the witnesses and the kernel's modules.

python -m tests.live.witness_machine SUITE [IDENTIFIER ...] > FILE
"""

from __future__ import annotations

import json
import lzma
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.live import emulator
from tests.live.emulator import Kernel
from tests.live.suites import mirror

__all__ = ["ask"]

HERE = Path(__file__).parent
PROGRAMS = ["/bin/true", "/usr/bin/tail"]  # what witnesses execute
NOT_NEEDED = ["site-packages", "test", "idlelib", "tkinter", "lib2to3", "distutils", "unittest", "config-*", "pydoc*"]
MODULES = [
    *(
        "overlay",
        "fuse",
        "cuse",
        "loop",
        "ext4",
        "quota_v2",
        "autofs4",
        "btrfs",
        "msr",
        "sg",
        "nbd",
        "configfs",
        "dummy",
        "veth",
        "tun",
    ),
    *("bridge", "macvlan", "8021q", "wireguard", "ipip", "ip_gre", "ppp_generic", "l2tp_ppp", "slip", "nf_tables"),
    *("nfnetlink", "nf_conntrack_netlink", "nf_log_syslog", "ip_tables", "iptable_filter", "ip6_tables", "ip_set"),
    *("ip_vs", "xfrm_user", "af_key", "inet_diag", "tcp_diag", "unix_diag", "packet_diag", "netlink_diag", "raw_diag"),
    *("vsock", "vsock_loopback", "tls", "sctp", "tipc", "sch_htb", "sch_ingress", "cls_u32", "tcp_vegas"),
]
"""Those that are loaded before anything is asked, where a kernel has them: nothing is loaded later."""

SETTINGS = {
    "dev/tty/legacy_tiocsti": "1",
    "fs/protected_hardlinks": "1",
    "kernel/dmesg_restrict": "1",
    "kernel/io_uring_disabled": "0",
    "kernel/kptr_restrict": "0",
    "kernel/perf_event_paranoid": "2",
    "kernel/unprivileged_bpf_disabled": "2",
    "kernel/unprivileged_userns_clone": "1",
    "kernel/yama/ptrace_scope": "0",
    "vm/unprivileged_userfaultfd": "0",
}
"""Sysctls as most records take them to be: distributions differ in them. One that a kernel lacks is left out."""
OTHERWISE = {
    "dev/tty/legacy_tiocsti": "0",
    "kernel/io_uring_disabled": "1",
    "kernel/unprivileged_bpf_disabled": "0",
    "kernel/yama/ptrace_scope": "1",
}
NEED_OTHERWISE = ["legacy_tiocsti 0", "io_uring_disabled 1", "unprivileged_bpf_disabled 0", "ptrace_scope 1"]
"""Parts of the identifiers of what is asked again, with the sysctls above."""
FOR_GOOD = {"kernel/yama/ptrace_scope": "3"}
NEED_FOR_GOOD = ["ptrace_scope 3"]
"""What is asked at the end, with what cannot be taken back."""


def ask(
    kernel: Kernel,
    folder: Path,
    *,
    claims: Mapping[str, Any] | None = None,
    words: Sequence[str] = (),
    repeat: int = 3,
) -> str:
    """Let a kernel say of the operations what ``python -m tests.live.witnesses --json`` prints.

    Args:
        kernel: Which one.
        folder: An empty folder.
        claims: What is to be confirmed; without it every minimal set is searched for.
        words: Parts of the identifiers of what is asked; none for all.
        repeat: How often each run is made.
    """
    root = folder / "root"
    for place in ("proc", "sys", "dev", "tmp", "again", "tests/live"):
        (root / place).mkdir(parents=True)
    arguments = ["--json", "--repeat", str(repeat)]
    if claims is not None:
        (root / "claims").write_text(json.dumps(claims), "utf-8")
        arguments += ["--claims", "/claims", "--sets-alone"]
    runs = [{"settings": SETTINGS, "arguments": [*arguments, *words]}]
    if not words:
        runs.append({"settings": OTHERWISE, "arguments": [*arguments, *NEED_OTHERWISE]})
        runs.append({"settings": FOR_GOOD, "arguments": [*arguments, *NEED_FOR_GOOD]})
    (root / "given").write_text(json.dumps(runs), "utf-8")
    shutil.copytree(HERE / "witnesses", root / "tests/live/witnesses", ignore=shutil.ignore_patterns("__pycache__"))
    _put_programs(root)
    _put_modules(kernel, root / "modules")
    first = (HERE / "witnesses/first.py").read_text("utf-8")
    (root / "init").write_text(f"#!{_python()} -E\n{first}", "utf-8")
    (root / "init").chmod(0o755)
    return emulator.boot(kernel, root, folder, "lsm=capability,yama", mebibytes=2048, answers_by="-serial")


def _python() -> str:
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def _put_programs(root: Path) -> None:
    """Copy this Python with its library, and what else is executed, with the libraries that they load."""
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, root / library.relative_to("/"), ignore=shutil.ignore_patterns(*NOT_NEEDED))
    files = {_python(), *PROGRAMS}
    listed = subprocess.run(
        ["ldd", *files, *map(str, library.glob("lib-dynload/*.so"))], capture_output=True, text=True, check=True
    )
    for file in sorted(files | {*re.findall(r"(/\S+) \(0x", listed.stdout)}):
        place = root / file.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)


def _put_modules(kernel: Kernel, place: Path) -> None:
    """Copy the modules with those that they depend on, named by the order in which they can be loaded."""
    place.mkdir()
    there = {path.name.partition(".ko")[0].replace("-", "_"): path for path in kernel.root.rglob("*.ko*")}
    order: dict[str, bytes] = {}

    def put(name: str) -> None:
        if name in order or name not in there:
            return
        packed = there[name].read_bytes()
        module = lzma.decompress(packed) if there[name].suffix == ".xz" else packed
        [needed] = re.findall(rb"\0depends=([^\0]*)\0", module) or [b""]
        for each in needed.decode("ascii").split(","):
            put(each.replace("-", "_"))
        order[name] = module

    for name in MODULES:
        put(name)
    for number, (name, module) in enumerate(order.items()):
        (place / f"{number:03} {name}").write_bytes(module)


def main(suite: str, words: Sequence[str]) -> None:
    """Let the kernel of a suite search, and print what it says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kernel = emulator.get(suite, mirror(lambda program, _: shutil.which(program)), folder / "apt")
        (folder / "machine").mkdir()
        print(ask(kernel, folder / "machine", words=words, repeat=1))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
