"""The audit system and the log of the kernel."""

from __future__ import annotations

import errno
import os
import socket
import struct

from tests.live.witnesses import calls
from tests.live.witnesses.witness import NotHereError, witness

_NETLINK_AUDIT, _SOL_NETLINK, _ADD_MEMBERSHIP, _GROUP_READLOG = 9, 270, 1, 1
_GET, _SET, _LIST_RULES, _USER = 1000, 1001, 1013, 1107


def _audit():
    try:
        found = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_AUDIT)
    except OSError as error:
        if error.errno == errno.EPROTONOSUPPORT:
            raise NotHereError("this kernel has no audit") from None
        raise
    found.settimeout(3)
    return found


def _ask(kind, data=b""):
    """Send a message that is to be confirmed, and fail as the answer says."""
    with _audit() as own:
        own.send(struct.pack("=IHHII", 16 + len(data), kind, 5, 1, 0) + data)
        while True:
            answer = own.recv(65536)
            if struct.unpack_from("=H", answer, 4)[0] == 2:
                number = -struct.unpack_from("=i", answer, 16)[0]
                break
    if number:
        raise OSError(number, os.strerror(number))


# The kernel listens in the initial pid namespace alone.


@witness("audit AUDIT_GET", shared=("pid", "network"))
def status(_it):
    _ask(_GET)


@witness("audit AUDIT_SET", shared=("pid", "network"))
def configure(_it):
    # a mask of nothing sets nothing
    _ask(_SET, bytes(44))


@witness("audit AUDIT_LIST_RULES", shared=("pid", "network"))
def rules(_it):
    _ask(_LIST_RULES)


@witness("audit message of a user", shared=("pid", "network"))
def message(_it):
    # where nothing is audited it is taken and forgotten
    _ask(_USER, b"op=witness\0")


@witness("audit multicast", shared=("pid", "network"))
def listen(_it):
    with _audit() as own:
        own.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _GROUP_READLOG)


# syslog(2)


def _restricted(_it):
    with open("/proc/sys/kernel/dmesg_restrict", encoding="ascii") as setting:
        if setting.read().strip() != "1":
            raise NotHereError("kernel.dmesg_restrict is 0")


@witness("syslog SYSLOG_ACTION_READ_ALL")
def read_all(_it):
    calls.call("syslog", 3, bytes(64), 64)


read_all.prepare(_restricted)


@witness("syslog SYSLOG_ACTION_SIZE_BUFFER")
def size(_it):
    return calls.call("syslog", 10, 0, 0) > 0


size.prepare(_restricted)


@witness("syslog SYSLOG_ACTION_CONSOLE_LEVEL")
def level(_it):
    # a level that there is not is found after the check: EINVAL
    try:
        calls.call("syslog", 8, 0, 99)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


@witness("syslog SYSLOG_ACTION_READ")
def read(_it):
    # no room to read into is found after the check: EINVAL
    try:
        calls.call("syslog", 2, 0, 1)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


@witness("syslog SYSLOG_ACTION_OPEN")
def nothing(_it):
    calls.call("syslog", 1, 0, 0)
