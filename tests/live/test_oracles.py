"""What others say of the same: capget(2) through python-prctl, libcap's programs."""

from __future__ import annotations

import os
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capset import Cap, CapSet, live
from tests.strategies import masks

SETS = {"effective": 0, "permitted": 1, "inheritable": 2}


@pytest.fixture(scope="module")
def prctl():
    return pytest.importorskip("prctl", reason="needs python-prctl (pip install 'capset[prctl]'; gcc and libcap-dev)")


def known_to(prctl) -> dict[Cap, int]:
    """Map our capabilities to python-prctl's constants; it knows none above 39, and one that is not."""
    numbers = {getattr(prctl, f"CAP_{cap.name}", None): cap for cap in Cap}
    return {cap: number for number, cap in numbers.items() if number is not None}


@pytest.mark.parametrize("name", SETS)
def test_proc_agrees_with_capget(prctl, name):
    """The text of /proc and capget(2) describe the same thread."""
    known = known_to(prctl)
    flag = getattr(prctl, f"CAP_{name.upper()}")
    told = prctl.get_caps(*((number, flag) for number in known.values()))[flag]
    expected = CapSet(cap for cap, number in known.items() if told[number])

    assert getattr(live.read("thread-self").caps, name) & CapSet(known) == expected
    assert len(known) >= 38


def test_proc_agrees_with_the_bounding_set(prctl):
    """prctl(PR_CAPBSET_READ) and CapBnd."""
    known = known_to(prctl)
    expected = CapSet(cap for cap, number in known.items() if prctl.capbset_read(number))

    assert live.read("thread-self").caps.bounding & CapSet(known) == expected


def test_the_numbers_are_those_of_libcap(prctl):
    """Ours against the header that python-prctl was compiled with."""
    assert all(int(cap) == number for cap, number in known_to(prctl).items())


def test_capsh_decodes_alike(tool):
    """All 64 numbers, each alone and many together."""
    capsh = tool("capsh", "libcap2-bin")

    @settings(max_examples=60, deadline=None)
    @given(st.one_of(masks, st.integers(0, 63).map(lambda number: 1 << number)))
    def compare(mask: int) -> None:
        run = subprocess.run([capsh, f"--decode={mask:x}"], capture_output=True, text=True, check=True)
        _, _, names = run.stdout.strip().partition("=")
        assert CapSet.from_mask(mask) == CapSet.parse(names)
        assert str(CapSet.from_mask(mask)).lower() == names

    compare()


def test_setcap_takes_what_str_writes(tool, holding, tmp_path):
    """str(caps) is text for setcap, and the attribute that it writes has the same mask."""
    holding("setfcap")
    setcap = tool("setcap", "libcap2-bin")
    program = tmp_path / "program"
    program.touch()

    @settings(max_examples=25, deadline=None)
    @given(st.sets(st.sampled_from(Cap), min_size=1, max_size=30))
    def compare(members: set[Cap]) -> None:
        caps = CapSet(members)
        subprocess.run([setcap, f"{caps}=p", program], check=True)
        _, low, _, high, _ = struct.unpack("<5I", os.getxattr(program, "security.capability"))
        assert caps.mask == high << 32 | low

    compare()


def test_capsh_drops_what_str_writes(tool, holding):
    """str(caps) is text for capsh --drop, and what is left is what the algebra says."""
    holding("setpcap")
    capsh = tool("capsh", "libcap2-bin")
    drop = CapSet.parse("net_raw,mknod,sys_admin")
    run = subprocess.run(
        [capsh, f"--drop={drop}", "--", "-c", "cat /proc/self/status"], capture_output=True, check=True
    )
    before, after = live.read().caps, live.parse_status(run.stdout).caps

    assert before.bounding - drop == after.bounding
    assert str(before.bounding.diff(after.bounding)) == "-CAP_NET_RAW -CAP_SYS_ADMIN -CAP_MKNOD"


def test_syslog_is_not_implied_by_sys_admin(holding):
    """capabilities(7) says that CAP_SYS_ADMIN still permits it; the kernel has stopped to."""
    import ctypes
    import threading

    holding("syslog", "sys_admin")
    libc = ctypes.CDLL(None, use_errno=True)
    outcomes = []

    def work() -> None:
        size_unread = 9  # SYSLOG_ACTION_SIZE_UNREAD: privileged whatever dmesg_restrict says, and harmless
        outcomes.append(libc.klogctl(size_unread, None, 0) >= 0)
        header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        assert libc.capget(header, data) == 0
        data[3] &= ~(Cap.SYSLOG.mask >> 32)
        assert libc.capset(header, data) == 0, os.strerror(ctypes.get_errno())
        outcomes.append(libc.klogctl(size_unread, None, 0) >= 0)
        outcomes.append(Cap.SYS_ADMIN in live.read("thread-self").caps.effective)

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()

    if outcomes == [True, True, True]:
        pytest.skip("needs a kernel that no longer takes CAP_SYS_ADMIN for CAP_SYSLOG, as Linux 6.18 does not")
    assert outcomes == [True, False, True]
    assert Cap.SYSLOG.info.implied_by is None


def test_an_unused_capability_that_is_used(holding):
    """capabilities(7) calls CAP_NET_BROADCAST unused; the kernel asks for it all the same."""
    import ctypes
    import socket
    import threading

    holding("net_broadcast")
    libc = ctypes.CDLL(None, use_errno=True)
    outcomes = []

    def listen_to_all_namespaces() -> None:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
            try:
                sock.setsockopt(270, 8, 1)  # SOL_NETLINK, NETLINK_LISTEN_ALL_NSID
                outcomes.append("allowed")
            except PermissionError:
                outcomes.append("refused")

    def work() -> None:
        listen_to_all_namespaces()
        header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        assert libc.capget(header, data) == 0
        data[0] &= ~Cap.NET_BROADCAST.mask
        assert libc.capset(header, data) == 0, os.strerror(ctypes.get_errno())
        listen_to_all_namespaces()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()

    assert outcomes == ["allowed", "refused"]
