"""Sockets and the network."""

from __future__ import annotations

import socket

from tests.live.witnesses.witness import witness


@witness("setsockopt SO_MARK", "network")
def so_mark(_it):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 7)
        return own.getsockopt(socket.SOL_SOCKET, socket.SO_MARK) == 7
