"""Whose credentials are read, and what execve(2) would see of a file."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from attrs import evolve

from capset import CapSet, FileCaps, Securebits, kernel, live
from capset.errors import ProcessGoneError
from capset.kernel import INITIAL, Executable

OWN = (
    "the parent of this process's user namespace is the initial one, and who is root in it made it; "
    "ids that it does not map, and shows as 65534, are that"
)


@pytest.fixture
def prctl():
    """Find python-prctl, or skip."""
    return pytest.importorskip("prctl", reason="needs python-prctl (pip install 'capset[prctl]'; gcc and libcap-dev)")


def in_a_child(code: str, *unshare: str) -> str:
    """Run Python elsewhere; return what it prints."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [*unshare, sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.strip()


def test_ones_own(prctl):
    """All of it, with nothing assumed."""
    cred, status = live.credentials(), live.read("thread-self")

    assert (cred.uids, cred.gids, cred.groups) == (status.uids, status.gids, tuple(sorted(status.groups)))
    assert (cred.caps, cred.no_new_privs) == (status.caps, status.no_new_privs)
    assert cred.securebits == live.securebits() == prctl.get_securebits()
    if cred.user_ns == INITIAL:
        assert cred.assumed == ()


def test_securebits(prctl):
    """What prctl(2) sets is read."""
    code = "import prctl; prctl.set_keepcaps(True); from capset import live; print(int(live.credentials().securebits))"

    assert Securebits(int(in_a_child(code))) == Securebits.KEEP_CAPS


def test_without_python_prctl(monkeypatch):
    """The error says what to install; another thread is read without it."""
    monkeypatch.setitem(sys.modules, "prctl", None)

    with pytest.raises(ModuleNotFoundError, match=r"reading securebits needs prctl: pip install 'capset\[prctl\]'"):
        live.credentials()
    assert (
        live.credentials("self").assumed[-1]
        == "the securebits are 0, as only a thread itself can read its own, with the extra prctl"
    )


def test_inside_a_user_namespace(tool, prctl):
    """The ids of the outside, as far as the maps tell them."""
    unshare = tool("unshare", "util-linux")
    code = (
        "from capset import live; cred = live.credentials(); "
        "print(cred.visible_uids.effective, cred.user_ns.level, cred.user_ns.setgroups, cred.uids.effective, "
        "*cred.assumed)"
    )

    told = in_a_child(code, unshare, "-Ur")
    assert told == f"0 1 deny {os.geteuid()} {OWN}"


def test_one_in_another_user_namespace(tool, holding):
    """Its maps are read from outside; what they do not tell is assumed."""
    holding("sys_ptrace")
    unshare = tool("unshare", "util-linux")
    with subprocess.Popen([unshare, "-U", "sleep", "60"]) as child:
        try:
            own = live.read("self", user_ns=True).user_ns
            while live.read(child.pid, user_ns=True).user_ns == own:
                time.sleep(0.01)
            before = live.credentials(child.pid)
            for name, text in (("uid_map", "0 1000 5"), ("gid_map", "7 0 1")):
                with open(f"/proc/{child.pid}/{name}", "w") as file:
                    file.write(text)
            after = live.credentials(child.pid)
        finally:
            child.kill()

    assert before.user_ns.uid_map == ()
    assert after.user_ns.uid_map == ((0, 1000, 5),)
    assert (after.user_ns.owner, after.user_ns.parent, after.user_ns.setgroups) == (1000, INITIAL, "allow")
    assert after.visible_gids.effective == 7
    assert any("a child of that of this process" in text for text in after.assumed)


def test_as_seen_from_inside(monkeypatch):
    """Whose namespace cannot be read is in the own one, and ids are translated outwards, by assumption."""
    from capset.live import identity

    inner = kernel.UserNamespace(parent=INITIAL, uid_map=[(os.geteuid(), 5000, 10)])
    monkeypatch.setattr(identity, "own_namespace", lambda: inner)
    monkeypatch.setattr(identity, "read", lambda *args, **options: evolve(live.read("self"), user_ns=None))
    cred = live.credentials("self")

    assert (cred.user_ns, cred.uids.effective) == (inner, 5000)
    assert cred.assumed == (
        OWN,
        "the securebits are 0, as only a thread itself can read its own, with the extra prctl",
        "the user namespace is that of this process, as it cannot be read",
    )


def test_one_in_the_initial_namespace(monkeypatch):
    """The initial namespace is known by its number, from wherever it is seen."""
    from capset.live import identity

    seen = iter([4026531837, 7])
    monkeypatch.setattr(identity, "own_namespace", lambda: kernel.UserNamespace(parent=INITIAL))
    monkeypatch.setattr(identity, "read", lambda *args, **options: evolve(live.read("self"), user_ns=next(seen)))

    assert live.credentials("self").user_ns == INITIAL


@pytest.mark.parametrize("kernel_release", ["4.4", "6.18"])
def test_of_saved_files(tmp_path, kernel_release):
    """A tree of status files: what they do not have is assumed."""
    saved = Path(__file__).parent.parent / "data" / "status" / f"{kernel_release}.txt"
    (tmp_path / "7").mkdir()
    shutil.copy(saved, tmp_path / "7" / "status")
    cred = live.credentials(7, proc=tmp_path)

    assert cred.caps == live.read(7, proc=tmp_path).caps
    assert cred.assumed[:2] == (
        "the securebits are 0, as a status file does not have them",
        "the user namespace is the initial one, as a status file does not say",
    )
    assert (len(cred.assumed) == 3) == (kernel_release == "4.4")


# -- programs ----------------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path):
    """A file that anybody may execute."""
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF")
    path.chmod(0o755)
    return path


def script(path, head: bytes, mode: int = 0o755):
    path.write_bytes(head)
    path.chmod(mode)
    return path


def test_a_program(program, holding):
    """Owner, mode and capabilities; a link is followed."""
    holding("setfcap", "chown")
    os.chown(program, 1000, 50)
    program.chmod(0o2711)
    os.setxattr(program, "security.capability", FileCaps(permitted=["kill"]).to_xattr())
    link = program.with_name("link")
    link.symlink_to(program)

    expected = Executable(uid=1000, gid=50, mode=0o2711, caps=FileCaps(permitted=["kill"]))
    assert live.executable(program) == live.executable(link) == expected
    assert live.executable(program).path == str(program)


@pytest.mark.parametrize("head", [b"#!%s\n", b"#! \t%s -x y\nmore", b"#!%s", b"#!%s\t\0\n", b"#!%s\0\n"])
def test_scripts(program, tmp_path, head):
    """The interpreter in the place of a script, and of a script that a script names."""
    inner = script(tmp_path / "inner", head % bytes(program))
    outer = script(tmp_path / "outer", head % bytes(inner), 0o6755)

    found = live.executable(outer)
    assert (found.path, found.script.path, found.script.script.path) == (str(program), str(inner), str(outer))
    assert (found.script.script.mode, found.assumed) == (0o6755, ())


def number_of(call, *arguments) -> int | None:
    """Return the errno with which a call fails."""
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
    return None


HEADS = {
    b"#!  \n": errno.ENOEXEC,
    b"#!\n": errno.ENOEXEC,
    b"#!/" + b"a" * 300: errno.ENOEXEC,
    b"#!" + b" " * 300 + b"/bin/true\n": errno.ENOEXEC,
    b"#!/no/such/interpreter\n": errno.ENOENT,
    b"#!/bin/true\r\n": errno.ENOENT,
    b"#!/bin/true\v-x\n": errno.ENOENT,
    b"#!\0/bin/true\n": errno.EACCES,
}


@pytest.mark.parametrize(("head", "number"), HEADS.items())
def test_scripts_that_cannot_be_executed(tmp_path, head, number):
    """Each as the kernel refuses it."""
    path = script(tmp_path / "script", head)

    assert number_of(live.executable, path) == number
    assert number_of(os.execve, path, ["x"], {}) == number


def test_scripts_that_lead_nowhere(tmp_path, program):
    """A loop, a script that nobody may execute, and which script it was whose interpreter is gone."""
    loop = tmp_path / "loop"
    script(loop, b"#!%s\n" % bytes(loop))
    closed = script(tmp_path / "closed", b"#!%s\n" % bytes(program), 0o644)

    assert number_of(live.executable, loop) == number_of(os.execve, loop, ["x"], {}) == errno.ELOOP
    assert number_of(os.execve, closed, ["x"], {}) == errno.EACCES
    with pytest.raises(kernel.KernelError, match=r"the mode 0644 of .*closed does not let"):
        kernel.execve(live.credentials("self"), live.executable(closed))
    with pytest.raises(FileNotFoundError, match=r"No such file or directory, as the interpreter of .*gone"):
        live.executable(script(tmp_path / "gone", b"#!/no/such/interpreter\n"))


def test_what_is_no_program(tmp_path):
    """Folders, and paths that are none."""
    with pytest.raises(PermissionError, match="no regular file"):
        live.executable(tmp_path)
    with pytest.raises(FileNotFoundError):
        live.executable(tmp_path / "nothing")
    with pytest.raises(TypeError, match="expected a path as str"):
        live.executable(b"/bin/sh")


def test_a_program_that_may_not_be_read(program, monkeypatch):
    """It is taken for a program, as the kernel would not hand out its head."""
    from capset.live import programs

    def refuse(*args):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(programs, "open", refuse, raising=False)
    found = live.executable(program)
    assert (found.path, found.assumed) == (
        str(program),
        (f"{program} is a program and no script, as it may not be read",),
    )


def test_capabilities_of_other_namespaces(program, monkeypatch):
    """What the kernel does not hand out does not count here; another error is told."""
    from capset.live import programs

    def fail_with(number):
        def fail(name):
            raise OSError(number, os.strerror(number), name)

        return fail

    monkeypatch.setattr(programs, "file_caps", fail_with(errno.EOVERFLOW))
    assert live.executable(program).caps is None
    monkeypatch.setattr(programs, "file_caps", fail_with(errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        live.executable(program)


def test_root_ids_as_they_are_outside(program, monkeypatch):
    """Inside a user namespace ids are those of the inside; the model has those of the outside."""
    from capset.live import programs

    inner = kernel.UserNamespace(parent=INITIAL, uid_map=[(0, 1000, 10)])
    monkeypatch.setattr(programs, "own_namespace", lambda: inner)
    monkeypatch.setattr(programs, "file_caps", lambda name: FileCaps(permitted=["kill"], rootid=5))
    found = live.executable(program)

    assert found.caps == FileCaps(permitted=["kill"], rootid=1005)
    assert found.uid == (1000 + os.geteuid() if os.geteuid() < 10 else os.geteuid())
    monkeypatch.setattr(programs, "file_caps", lambda name: FileCaps(permitted=["kill"], rootid=50))
    assert live.executable(program).caps.rootid == 50
    assert CapSet(["kill"]) == live.executable(program).caps.permitted


def test_a_file_that_cannot_be_read_at_all():
    """The error names it."""
    with pytest.raises(OSError, match="Input/output error: '/proc/self/mem'"):
        live.executable("/proc/self/mem")


def test_one_that_ends_meanwhile(monkeypatch):
    """Its maps are gone before they are read."""
    from capset.live import identity

    monkeypatch.setattr(
        identity, "read", lambda *args, **options: evolve(live.read("self"), pid=2**22 + 5, user_ns=next(seen))
    )
    monkeypatch.setattr(identity, "own_namespace", lambda: INITIAL)
    seen = iter([7, 8])

    with pytest.raises(ProcessGoneError, match="no such process or thread, or it has ended: '/proc/4194309'"):
        live.credentials(5)
