"""Messages to the kernel over netlink, and what its answer says."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import closing

__all__ = [
    "ACK",
    "CREATE",
    "DUMP",
    "EXCL",
    "GENERIC",
    "NETFILTER",
    "ROUTE",
    "SOCK_DIAG",
    "UEVENT",
    "XFRM",
    "asked",
    "attribute",
    "family",
    "index",
    "link",
    "link_up",
    "message",
    "sent",
]

ROUTE, SOCK_DIAG, XFRM, NETFILTER, UEVENT, GENERIC = 0, 4, 6, 12, 15, 16
REQUEST, ACK, EXCL, CREATE, DUMP = 1, 4, 0x200, 0x400, 0x300
_ERROR, _DONE = 2, 3


def attribute(kind: int, value: bytes | int | str | list[bytes]) -> bytes:
    """Write one attribute: bytes, a number of 32 bits, a text, or attributes within it."""
    if isinstance(value, int):
        value = struct.pack("=I", value)
    elif isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, list):
        value, kind = b"".join(value), kind | 0x8000
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def message(kind: int, flags: int, *parts: bytes) -> bytes:
    """Write one message."""
    body = b"".join(parts)
    return struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 1, 0) + body


def asked(protocol: int, kind: int, flags: int, *parts: bytes) -> bytes:
    """Send one message and return what comes back.

    Raises:
        OSError: The kernel's error.
    """
    return sent(protocol, message(kind, flags, *parts))


def sent(protocol: int, data: bytes, port: int = 0) -> bytes:
    """Send messages, and return the first answer that is no success."""
    with closing(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)) as own:
        own.settimeout(2)
        own.sendto(data, (port, 0))
        answer = own.recv(1 << 16)
    _, kind = struct.unpack_from("=IH", answer)
    if kind == _ERROR:
        number = -struct.unpack_from("=i", answer, 16)[0]
        if number:
            raise OSError(number, os.strerror(number))
    return answer


def index(name: str) -> int:
    """Return the number of an interface."""
    return socket.if_nametoindex(name)


def link(number: int = 0, flags: int = 0, change: int = 0) -> bytes:
    """Write the head of a message of links."""
    return struct.pack("=BxHiII", 0, 0, number, flags, change)


def link_up(name: str = "lo") -> None:
    """Set an interface up."""
    asked(ROUTE, 16, ACK, link(index(name), 1, 1))


def family(name: str) -> int:
    """Return the number of a family of generic netlink."""
    answer = asked(GENERIC, 16, 0, struct.pack("=BBH", 3, 1, 0), attribute(2, name))
    at = 20
    while at < len(answer):
        size, kind = struct.unpack_from("=HH", answer, at)
        if kind == 1:
            return int(struct.unpack_from("=H", answer, at + 4)[0])
        at += size + -size % 4
    raise LookupError(name)
