"""Keys and keyrings."""

from __future__ import annotations

import ctypes
import errno

from tests.live.witnesses import calls
from tests.live.witnesses.witness import witness

_GET_KEYRING, _JOIN, _UPDATE, _REVOKE, _CHOWN, _SETPERM, _READ = 0, 1, 2, 3, 4, 5, 11
_SET_TIMEOUT, _GET_PERSISTENT = 15, 22
_PROCESS, _SESSION = -2, -3
_ALL = 0x3F3F3F3F
_POSSESSOR_ALL = 0x3F000000


def _key(name=b"witness", content=b"secret", ring=_SESSION):
    return calls.call("add_key", b"user", name, content, len(content), ring)


def _keyctl(command, *arguments):
    return calls.call("keyctl", command, *(arguments + (0,) * (4 - len(arguments))))


def _session(it):
    """Have a session of one's own with a key of root's, which who follows possesses."""
    _keyctl(_JOIN, None)
    key = _key()
    _keyctl(_SETPERM, key, _ALL)
    it.keep(key=key)


@witness("keyctl KEYCTL_CHOWN, another user")
def chown(_it):
    _keyctl(_CHOWN, _key(ring=_PROCESS), 2000, -1)


@witness("keyctl KEYCTL_CHOWN, another group")
def chgrp(_it):
    _keyctl(_CHOWN, _key(ring=_PROCESS), -1, 2000)


@witness("keyctl KEYCTL_SETPERM, another's key")
def set_permissions(it):
    _keyctl(_SETPERM, it.key, _POSSESSOR_ALL)


set_permissions.prepare(_session)


@witness("keyctl KEYCTL_READ, another's key")
def read(it):
    room = ctypes.create_string_buffer(16)
    _keyctl(_READ, it.key, ctypes.byref(room), 16)
    return room.value == b"secret"


@read.prepare
def _(it):
    _session(it)
    _keyctl(_SETPERM, it.key, 0x00010000)  # its owner may see that it is there, nobody more


@witness("keyctl KEYCTL_GET_PERSISTENT, another user")
def persistent(_it):
    try:
        _keyctl(_GET_PERSISTENT, 2000, 0x7FFFFFFF)
    except OSError as e:
        if e.errno in {errno.ENOKEY, errno.EINVAL}:
            return True  # there is no such keyring to link it to, so that nothing is made; the capability comes before
        raise


@witness("add_key beyond kernel.keys.maxbytes")
def quota(_it):
    for number in range(2):
        _key(b"witness %d" % number, bytes(1 << 14), _PROCESS)


@witness("add_key")
def add(_it):
    return _keyctl(_READ, _key(ring=_PROCESS), None, 0) == len(b"secret")
