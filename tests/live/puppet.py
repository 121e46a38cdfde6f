"""A child process that does what it is told, and says what its credentials are afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from attrs import evolve

from capset import live
from capset.kernel import INITIAL, Credentials, Executable, Rules, UserNamespace

__all__ = ["Answer", "Puppet", "Stage", "build"]

SYSCALLS = {"prctl": 157, "setuid": 105, "setgid": 106, "setreuid": 113, "setregid": 114, "setresuid": 117}
SYSCALLS |= {"setresgid": 119, "setfsuid": 122, "setfsgid": 123, "unshare": 272}
SYSCALLS_ARM = {"prctl": 167, "setuid": 146, "setgid": 144, "setreuid": 145, "setregid": 143, "setresuid": 147}
SYSCALLS_ARM |= {"setresgid": 149, "setfsuid": 151, "setfsgid": 152, "unshare": 97}
NUMBERS = SYSCALLS if os.uname().machine == "x86_64" else SYSCALLS_ARM

PR_GET_DUMPABLE, PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = (
    3,
    8,
    24,
    28,
    38,
    47,
)
CLONE_NEWUSER = 0x10000000


class Answer(NamedTuple):
    """What a puppet says, and what is seen of it from outside."""

    result: int
    errno: int
    secure: bool
    securebits: int
    inside: live.ProcStatus
    outside: live.ProcStatus


def build(folder: Path) -> Path:
    """Compile the puppet, statically, so that nothing but its own file counts."""
    program = folder / "puppet"
    source = Path(__file__).with_name("puppet.c")
    subprocess.run(["gcc", "-O1", "-Wall", "-static", "-o", program, source], check=True, capture_output=True)
    return program


class Puppet:
    """A thread, its only one, of a process that was started with the program."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env={})
        self.pid = self.process.pid
        self.first = self._answer()

    def tell(self, line: str) -> Answer:
        """Let it do something."""
        assert self.process.stdin is not None
        data = f"{line}\n".encode()
        while data:
            data = data[self.process.stdin.write(data) :]
        return self._answer()

    def call(self, name: str, *arguments: int) -> Answer:
        """Let it make a system call."""
        return self.tell(" ".join(map(str, ["S", NUMBERS[name], *(argument % 2**64 for argument in arguments)])))

    def write_outside(self, file: str, text: str) -> Answer:
        """Write one of its files in /proc from here; the errno of the answer is that of the writing."""
        number = 0
        try:
            handle = os.open(f"/proc/{self.pid}/{file}", os.O_WRONLY)
            try:
                os.write(handle, text.encode())
            finally:
                os.close(handle)
        except OSError as error:
            number = error.errno or 0
        return self.call("prctl", PR_GET_DUMPABLE)._replace(errno=number)

    def _answer(self) -> Answer:
        assert self.process.stdout is not None
        data = b""
        while not data.endswith(b"\0"):
            more = self.process.stdout.read(1 << 20)
            assert more, "the puppet has died"
            data += more
        head, _, status = data.removesuffix(b"\0").partition(b"\n")
        result, errno, secure, bits = map(int, head.split())
        outside = live.read(self.pid)
        return Answer(result, errno, bool(secure), bits, live.parse_status(status), outside)

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


class Stage:
    """The programs that a puppet executes: itself, in files whose owner, mode and capabilities change.

    Attributes:
        program: With what a puppet is started; it never changes.
        ordinary: On an ordinary mount.
        nosuid: On a mount with nosuid; None where none can be made.
        teller: The credentials of this process, who tells.
        rules: Those of the kernel.
    """

    def __init__(self, folder: Path, program: Path, rules: Rules) -> None:
        self.program = program
        self.rules = rules
        self.ordinary = folder / "ordinary"
        self.mount = folder / "mount"
        self.mount.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "nosuid,mode=755", "tmpfs", self.mount], check=False, capture_output=True
        )
        self.nosuid = self.mount / "nosuid" if mounted.returncode == 0 else None
        self.scripts = {}
        for path in filter(None, [self.ordinary, self.nosuid]):
            shutil.copy(program, path)
            script = folder / f"{path.name}-script"
            script.write_text(f"#! {path} -x\n")
            script.chmod(0o6755)  # which does nothing
            self.scripts[path] = script
        self.teller = live.credentials("self")

    @property
    def has_nosuid(self) -> bool:
        """Whether files may lie on a mount with nosuid."""
        return self.nosuid is not None

    def start(self) -> Puppet:
        """Start a puppet."""
        return Puppet(self.program)

    def set(self, executable: Executable) -> str:
        """Make a file of that kind; return what is executed."""
        path = self._made(executable)
        if self.teller.user_ns == INITIAL:  # from elsewhere it is not seen whose capabilities they are
            assert live.executable(path) == executable
        return str(path)

    def _made(self, executable: Executable) -> Path:
        path = self.nosuid if executable.nosuid else self.ordinary
        own = self.teller.user_ns
        uid, gid = own.visible_uid(executable.uid), own.visible_gid(executable.gid)
        os.chown(path, uid, gid)  # which takes the capabilities away
        os.chmod(path, executable.mode)
        if executable.caps is not None:
            seen = evolve(executable.caps, rootid=own.visible_uid(executable.caps.rootid))
            os.setxattr(path, "security.capability", seen.to_xattr())
        if executable.script is None:
            return path
        script = self.scripts[path]
        os.chown(script, own.visible_uid(executable.script.uid), own.visible_gid(executable.script.gid))
        os.chmod(script, executable.script.mode)
        return script

    def close(self) -> None:
        """Take the mount back."""
        if self.nosuid is not None:
            subprocess.run(["umount", self.mount], check=True)


def map_text(extents: Iterable[Sequence[int]]) -> str:
    """Write a map as the kernel reads it."""
    return "\n".join(" ".join(map(str, extent)) for extent in extents) + "\n"


def credentials_of(answer: Answer, own: UserNamespace) -> Credentials:
    """Return what a puppet begins with."""
    status = answer.outside
    return Credentials(
        uids=[own.outside_uid(uid) for uid in status.uids],
        gids=[own.outside_gid(gid) for gid in status.gids],
        groups=[own.outside_gid(gid) for gid in status.groups if own.outside_gid(gid) is not None],
        caps=status.caps,
        securebits=answer.securebits,
        no_new_privs=bool(status.no_new_privs),
        user_ns=own,
    )
