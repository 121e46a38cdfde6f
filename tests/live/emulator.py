"""Other kernels: those of Debian's suites, in a machine of nothing but a processor, memory and a script to play.

QEMU emulates the processor, so that neither hardware nor root is needed to run one. Only the packages come from
outside: from the mirror that this system's own apt uses.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

__all__ = ["KEYRING", "SUITES", "Kernel", "boot", "get", "play"]

SUITES = ["bullseye", "bookworm", "trixie", "forky"]
"""Of each the newest kernel for clouds is run, which boots fast: 5.10, 6.1, 6.12 and 7.2."""

HERE = Path(__file__).parent
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MOST_SECONDS = 3000  # a machine that hangs ends then
HEADER_VERSION, AFTER_BOOT_SECTOR = 0x20E, 0x200  # Documentation/arch/x86/boot.rst, kernel_version


@frozen
class Kernel:
    """A kernel that can be booted.

    Attributes:
        suite: Debian's suite that it is of.
        image: Its file.
        root: The folder that its packages are unpacked in.
        release: What ``uname -r`` prints there, as the kernel's header says.
    """

    suite: str
    image: Path
    root: Path
    release: str


def get(suite: str, mirror: str, folder: Path) -> Kernel:
    """Get the newest kernel for clouds of a suite from a mirror of Debian; nothing is installed."""
    for name in ("lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "root"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    # A stored copy of a suite that still changes is older than its makers allow it to be; it is signed all the same.
    source = f"deb [signed-by={KEYRING} check-valid-until=no] {mirror} {suite} main\n"
    (folder / "etc/sources.list").write_text(source, "utf-8")
    options = {
        "Dir::Etc": folder / "etc",
        "Dir::State": folder,
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Architecture": "amd64",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    settings = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]

    def apt(program: str, *words: str) -> str:
        command = [f"apt-{program}", *settings, "-qq", *words]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, f"{suite}: {run.stderr[-2000:]}"
        return run.stdout

    apt("get", "update")
    listed = apt("cache", "depends", "--recurse", "--important", "linux-image-cloud-amd64")
    packages = re.findall(r"^linux-(?:image|binary|modules)-[0-9]\S*", listed, re.MULTILINE)
    apt("get", "download", *packages)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder / "root"], check=True)
    [image] = folder.glob("root/**/vmlinuz*")
    return Kernel(suite, image, folder / "root", release_of(image.read_bytes()))


def release_of(image: bytes) -> str:
    """Return the release that the header of a kernel's image tells."""
    start = int.from_bytes(image[HEADER_VERSION : HEADER_VERSION + 2], "little") + AFTER_BOOT_SECTOR
    return image[start : image.index(b"\0", start)].decode("ascii").split()[0]


def build(folder: Path) -> None:
    """Compile what runs in the machine, statically, as there is no library."""
    for name, program in (("player", "init"), ("puppet", "puppet")):
        source = HERE / f"{name}.c"
        command = ["gcc", "-O1", "-Wall", "-static", "-o", folder / program, source]
        subprocess.run(command, check=True, capture_output=True)


def play(kernel: Kernel, lines: Sequence[str], folder: Path, *, lsm: str = "capability") -> str:
    """Boot a kernel, let it play a script, and return what it answered.

    Args:
        kernel: Which one.
        lines: The script.
        folder: An empty folder.
        lsm: The security modules that it has.
    """
    root = folder / "root"
    root.mkdir()
    build(root)
    (root / "script").write_text("\n".join([*lines, ""]), "utf-8")
    return boot(kernel, root, folder, f"audit=0 lsm={lsm}")


def boot(
    kernel: Kernel,
    root: Path,
    folder: Path,
    words: str,
    *,
    mebibytes: int = 512,
    answers_by: str = "-debugcon",
) -> str:
    """Boot a kernel whose first process is the ``/init`` of a root, and return what that answered.

    Args:
        kernel: Which one.
        root: What its files are. The first line that is written must be the release, and the last two an empty one and
            ``the end``.
        folder: Where files may be made.
        words: What the kernel is told.
        mebibytes: How much memory it has.
        answers_by: What it answers by: ``-debugcon``, QEMU's port for it, or ``-serial``, the second serial port.
    """
    archive, log, answers = folder / "initrd", folder / "log", folder / "answers"
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    with archive.open("wb") as file:
        command = ["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"]
        subprocess.run(command, cwd=root, input=names.encode(), stdout=file, check=True)
    machine = ["-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", str(mebibytes)]
    machine += ["-nodefaults", "-no-reboot", "-display", "none"]
    machine += ["-kernel", kernel.image, "-initrd", archive, "-serial", f"file:{log}", answers_by, f"file:{answers}"]
    # The check that the timer ticks is a matter of microseconds, and fails where the machine has other work.
    words = f"console=ttyS0 quiet panic=-1 mitigations=off no_timer_check {words}"
    command = [shutil.which("qemu-system-x86_64") or "qemu-system-x86_64", *machine, "-append", words]
    subprocess.run(command, stdin=subprocess.DEVNULL, timeout=MOST_SECONDS, check=True, capture_output=True)
    release, _, text = answers.read_text("utf-8").partition("\n")
    said, ended, _ = text.rpartition("\n\nthe end\n")
    assert ended, (
        f"{kernel.release} did not play to the end: {text[-500:]}\n{log.read_text('utf-8', 'replace')[-2000:]}"
    )
    assert release == kernel.release, f"{release} is running, and the header of the image says {kernel.release}"
    return said
