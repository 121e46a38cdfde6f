"""System V IPC and POSIX message queues."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import struct
from pathlib import Path

from tests.live.witnesses import calls
from tests.live.witnesses.witness import witness

calls.NUMBERS.update(
    {"shmget": 29, "shmat": 30, "semget": 64, "semop": 65, "msgget": 68, "msgsnd": 69, "msgrcv": 70}
    | {"mq_open": 240, "mq_unlink": 241}
)
_PRIVATE, _CREAT, _RDONLY = 0, 0o1000, 0o10000
_RMID, _SET, _STAT = 0, 1, 2
_SHM_LOCK, _SHM_UNLOCK, _MSG_STAT_ANY, _SHM_STAT_ANY = 11, 12, 13, 15
_SETVAL, _GETVAL = 16, 12


def _segment(it):
    """Have a segment of root's that nobody else may touch."""
    it.keep(id=calls.call("shmget", _PRIVATE, 4096, _CREAT | 0o600))


def _own_segment(it):
    _segment(it)
    data = ctypes.create_string_buffer(256)
    calls.call("shmctl", it.id, _STAT, data)
    struct.pack_into("=II", data, 4, 1000, 1000)
    calls.call("shmctl", it.id, _SET, data)


def _queue(it):
    """Have a queue of root's with one message in it."""
    it.keep(id=calls.call("msgget", _PRIVATE, _CREAT | 0o600))
    calls.call("msgsnd", it.id, struct.pack("=l8s", 1, b"messages"), 8, 0)


def _semaphore(it):
    it.keep(id=calls.call("semget", _PRIVATE, 1, _CREAT | 0o600))


def _gone(call, id):
    try:
        calls.call(call, id, *([0] if call == "semctl" else []), _STAT, ctypes.create_string_buffer(256))
    except OSError as error:
        return error.errno in {errno.EINVAL, errno.EIDRM}
    return False


@witness("shmat", "ipc")
def shmat(it):
    calls.call("shmat", it.id, 0, _RDONLY)


shmat.prepare(_segment)


@witness("shmctl IPC_STAT", "ipc")
def shm_stat(it):
    calls.call("shmctl", it.id, _STAT, ctypes.create_string_buffer(256))


shm_stat.prepare(_segment)


@witness("shmctl SHM_STAT_ANY", "ipc")
def shm_stat_any(it):
    calls.call("shmctl", 0, _SHM_STAT_ANY, ctypes.create_string_buffer(256))


shm_stat_any.prepare(_segment)


@witness("shmctl IPC_SET", "ipc")
def shm_set(it):
    # the same owner, and another mode
    data = ctypes.create_string_buffer(256)
    struct.pack_into("=II", data, 4, 0, 0)
    struct.pack_into("=I", data, 20, 0o666)
    calls.call("shmctl", it.id, _SET, data)


shm_set.prepare(_segment)


@shm_set.effect
def _(it):
    data = ctypes.create_string_buffer(256)
    calls.call("shmctl", it.id, _STAT, data)
    return struct.unpack_from("=I", data, 20)[0] & 0o777 == 0o666


@witness("shmctl IPC_RMID", "ipc")
def shm_remove(it):
    calls.call("shmctl", it.id, _RMID, 0)


shm_remove.prepare(_segment)
shm_remove.effect(lambda it: _gone("shmctl", it.id))


def _no_locked_memory(it):
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))


def _is_locked(it):
    data = ctypes.create_string_buffer(256)
    calls.call("shmctl", it.id, _STAT, data)
    return bool(struct.unpack_from("=I", data, 20)[0] & 0o2000)


@witness("shmctl SHM_LOCK", "ipc")
def shm_lock(it):
    calls.call("shmctl", it.id, _SHM_LOCK, 0)


shm_lock.prepare(_segment)
shm_lock.effect(_is_locked)


@witness("shmctl SHM_LOCK, own segment beyond RLIMIT_MEMLOCK", "ipc")
def shm_lock_limit(it):
    calls.call("shmctl", it.id, _SHM_LOCK, 0)


@shm_lock_limit.prepare
def _(it):
    _own_segment(it)
    _no_locked_memory(it)


shm_lock_limit.effect(_is_locked)


@witness("shmctl SHM_LOCK, own segment", "ipc")
def shm_lock_own(it):
    calls.call("shmctl", it.id, _SHM_LOCK, 0)


@shm_lock_own.prepare
def _(it):
    _own_segment(it)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (1 << 16, 1 << 16))


shm_lock_own.effect(_is_locked)


@witness("shmctl SHM_UNLOCK", "ipc")
def shm_unlock(it):
    calls.call("shmctl", it.id, _SHM_UNLOCK, 0)


@shm_unlock.prepare
def _(it):
    _segment(it)
    calls.call("shmctl", it.id, _SHM_LOCK, 0)


shm_unlock.effect(lambda it: not _is_locked(it))


@witness("msgrcv", "ipc")
def msgrcv(it):
    calls.call("msgrcv", it.id, ctypes.create_string_buffer(64), 8, 0, 0o4000)


msgrcv.prepare(_queue)


@witness("msgsnd", "ipc")
def msgsnd(it):
    calls.call("msgsnd", it.id, struct.pack("=l8s", 1, b"messages"), 8, 0)


msgsnd.prepare(_queue)


@witness("msgctl MSG_STAT_ANY", "ipc")
def msg_stat_any(it):
    calls.call("msgctl", 0, _MSG_STAT_ANY, ctypes.create_string_buffer(256))


msg_stat_any.prepare(_queue)


@witness("msgctl IPC_SET", "ipc")
def msg_set(it):
    data = ctypes.create_string_buffer(256)
    struct.pack_into("=II", data, 4, 0, 0)
    struct.pack_into("=I", data, 20, 0o666)
    struct.pack_into("=Q", data, 88, 4096)
    calls.call("msgctl", it.id, _SET, data)


msg_set.prepare(_queue)


@msg_set.effect
def _(it):
    data = ctypes.create_string_buffer(256)
    calls.call("msgctl", it.id, _STAT, data)
    return struct.unpack_from("=I", data, 20)[0] & 0o777 == 0o666


@witness("msgctl IPC_RMID", "ipc")
def msg_remove(it):
    calls.call("msgctl", it.id, _RMID, 0)


msg_remove.prepare(_queue)
msg_remove.effect(lambda it: _gone("msgctl", it.id))


@witness("semop", "ipc")
def semop(it):
    calls.call("semop", it.id, struct.pack("=Hhh", 0, 1, 0), 1)


semop.prepare(_semaphore)
semop.effect(lambda it: calls.call("semctl", it.id, 0, _GETVAL, 0) == 1)


@witness("semctl SETVAL", "ipc")
def semctl(it):
    calls.call("semctl", it.id, 0, _SETVAL, 3)


semctl.prepare(_semaphore)
semctl.effect(lambda it: calls.call("semctl", it.id, 0, _GETVAL, 0) == 3)


@witness("semctl IPC_RMID", "ipc")
def sem_remove(it):
    calls.call("semctl", it.id, 0, _RMID, 0)


sem_remove.prepare(_semaphore)
sem_remove.effect(lambda it: _gone("semctl", it.id))


# POSIX queues: files of a file system of their own, with a sticky root


@witness("mq_open", "ipc")
def mq_open(it):
    calls.call("mq_open", b"queue", os.O_RDONLY, 0, 0)


def _posix_queue(it):
    calls.call("mq_open", b"queue", os.O_RDWR | os.O_CREAT, 0o600, 0)


mq_open.prepare(_posix_queue)


@witness("mq_unlink", "ipc")
def mq_unlink(it):
    calls.call("mq_unlink", b"queue")


mq_unlink.prepare(_posix_queue)


@mq_unlink.effect
def _(it):
    try:
        calls.call("mq_open", b"queue", os.O_RDONLY, 0, 0)
    except OSError as error:
        return error.errno == errno.ENOENT
    return False


# Sysctls of an ipc namespace


def _sysctl(id, path, value):
    @witness(id, "ipc")
    def one(_it):
        descriptor = os.open(path, os.O_WRONLY)
        os.write(descriptor, value.encode())
        os.close(descriptor)
        return Path(path).read_text(encoding="ascii").strip() == value

    return one


_sysctl("write /proc/sys/kernel/msgmax", "/proc/sys/kernel/msgmax", "9000")


# What CAP_SYS_RESOURCE is for

_QBYTES = 88  # where msg_qbytes is in a msqid64_ds


@witness("msgctl IPC_SET, msg_qbytes beyond msgmnb", "ipc")
def larger_queue(_it):
    most = int(Path("/proc/sys/kernel/msgmnb").read_text(encoding="ascii"))
    id = calls.call("msgget", _PRIVATE, _CREAT | 0o600)
    data = ctypes.create_string_buffer(256)
    calls.call("msgctl", id, _STAT, data)
    struct.pack_into("=Q", data, _QBYTES, most + 1)
    calls.call("msgctl", id, _SET, data)
    calls.call("msgctl", id, _STAT, data)
    return struct.unpack_from("=Q", data, _QBYTES)[0] == most + 1


@witness("mq_open, attributes beyond the limits", "ipc")
def large_posix_queue(_it):
    most = int(Path("/proc/sys/fs/mqueue/msg_max").read_text(encoding="ascii"))
    attributes = (ctypes.c_long * 8)(0, most + 1, 8)
    os.close(calls.call("mq_open", b"witness", os.O_CREAT | os.O_RDWR, 0o600, attributes))


@witness("mq_open, more queues than the limit", "ipc")
def more_posix_queues(_it):
    os.close(calls.call("mq_open", b"witness", os.O_CREAT | os.O_RDWR, 0o600, None))


@more_posix_queues.prepare
def _(_it):
    Path("/proc/sys/fs/mqueue/queues_max").write_text("0", encoding="ascii")
