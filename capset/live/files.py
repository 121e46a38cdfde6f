"""Reading the capabilities of program files, of one and of a whole tree."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from capset.errors import FileCapsError, shown
from capset.filecaps import FileCaps
from capset.live.keeping import Kept
from capset.live.reading import Root, without_null
from capset.shown import Tabular

__all__ = ["CapFile", "FileScan", "file_caps", "path_text", "scan_files"]

_ATTRIBUTE = "security.capability"
# Without the attribute, or on a file system that has none, a file has no capabilities.
_ABSENT = {errno.ENODATA, errno.ENOTSUP}
# What stands in the way of reading anything at all, not of reading this.
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def file_caps(path: Root, *, follow_symlinks: bool = True) -> FileCaps | None:
    """Read the capabilities of a program file.

    Args:
        path: The file.
        follow_symlinks: Whether to read the file that a symbolic link leads to; a link itself has no
            capabilities.

    Returns:
        What its ``security.capability`` attribute holds; None if it has none. An attribute without any
        capability is not None: it has an effect of its own.

    Raises:
        OSError: The file cannot be read: that of the system call, such as FileNotFoundError. With
            EOVERFLOW, the attribute is of a user namespace whose root has no id in the own one. With
            ENOTSUP, the system is not Linux.
        FileCapsError: The attribute is none that capset, or the kernel, can read.
        TypeError: *path* is no path as str.

    Source:
        Linux ``security/commoncap.c``, ``cap_inode_getsecurity()``: what a process sees depends on its
        user namespace.

    Examples:
        >>> from capset import live
        >>> live.file_caps("/proc/self/status") is None
        True
    """
    name = path_text(path)
    _only_on_linux(name)
    try:
        data = os.getxattr(name, _ATTRIBUTE, follow_symlinks=follow_symlinks)
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        if error.errno == errno.EINVAL:  # the kernel looks into what it hands out
            expected = "one that the kernel hands out; what it does not may count at an execve(2) all the same"
            raise FileCapsError(None, expected, name) from None
        raise
    return FileCaps.from_xattr(data, source=name)


def _only_on_linux(path: str) -> None:
    """Refuse to read where no file has capabilities, and none can be said to have none."""
    if not hasattr(os, "getxattr"):
        raise OSError(errno.ENOTSUP, "only Linux has file capabilities", path)


class CapFile(NamedTuple):
    """A file that has capabilities.

    Attributes:
        path: The file.
        caps: Its capabilities.
    """

    path: str
    caps: FileCaps


class FileScan(Kept[CapFile], Tabular):
    """The files of a tree that have capabilities, found one by one as one iterates.

    Made by :func:`scan_files`. It can be gone through once. What could not be read is kept beside it, and
    is complete when the iteration ends. It is shown and made rows of by going on to its end, which takes nothing from
    whoever iterates. Each file is a row of :meth:`to_records`: ``path``, ``permitted``, ``inheritable``, ``effective``,
    ``rootid`` and ``revision``.

    Attributes:
        root: Where it started.
        seen: How many files were looked at so far.
        gone: One error for each file or folder that vanished before it was read.
        denied: One error for each that this process may not read.
        malformed: One error for each attribute that is none.
        failed: Any other error of a single file or folder.
    """

    def __init__(self, root: Root, *, progress: Callable[[int, str], None] | None) -> None:
        # Without it a link would be followed.
        name = path_text(root)
        _only_on_linux(name)
        self.root = name.rstrip("/") or name[:1]
        self.seen = 0
        self.gone: list[FileNotFoundError] = []
        self.denied: list[PermissionError] = []
        self.malformed: list[FileCapsError] = []
        self.failed: list[OSError] = []
        self._progress = progress
        super().__init__(self._walk(os.lstat(self.root).st_mode))

    def __repr__(self) -> str:
        return (
            f"<FileScan of {self.root}: {self.seen} files so far, {len(self.gone)} gone, {len(self.denied)} denied, "
            f"{len(self.malformed)} malformed, {len(self.failed)} failed{self._ended}>"
        )

    def _walk(self, mode: int) -> Iterator[CapFile]:
        if not stat.S_ISDIR(mode) and not stat.S_ISLNK(mode):
            yield from self._look(self.root)
        folders = [self.root] if stat.S_ISDIR(mode) else []
        while folders:
            folder = folders.pop()
            if self._progress:
                self._progress(self.seen, folder)
            inner: list[str] = []
            for entry in self._entries(folder):
                try:
                    if entry.is_dir(follow_symlinks=False):
                        inner.append(entry.path)
                    elif not entry.is_symlink():
                        yield from self._look(entry.path)
                except OSError as error:
                    self._keep(error)
            folders += reversed(inner)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self._keep(error)
            return []

    def _look(self, path: str) -> Iterator[CapFile]:
        self.seen += 1
        try:
            caps = file_caps(path, follow_symlinks=False)
        except (OSError, FileCapsError) as error:
            self._keep(error)
        else:
            if caps is not None:
                yield CapFile(path, caps)

    def _keep(self, error: OSError | FileCapsError) -> None:
        match error:
            case FileNotFoundError():
                self.gone.append(error)
            case PermissionError():
                self.denied.append(error)
            case FileCapsError():
                self.malformed.append(error)
            case _ if error.errno in _EXHAUSTED:
                raise error
            case _:
                self.failed.append(error)


def scan_files(root: Root, *, progress: Callable[[int, str], None] | None = None) -> FileScan:
    """Find every file with capabilities under a folder.

    As ``getcap -r`` does it, mounts inside are entered, symbolic links are not followed, and whatever is
    neither a folder nor a link is looked at. Files that vanish meanwhile or may not be read do not stop it;
    the scan keeps them apart.

    Args:
        root: A folder, or a file.
        progress: Called for each folder before it is read, with the number of files looked at so far and
            the path of the folder.

    Returns:
        An iterator over path and capabilities, folder by folder, ordered by name.

    Raises:
        OSError: There is no such folder or file. With ENOTSUP, the system is not Linux.
        TypeError: *root* is no path as str.

    Examples:
        >>> from capset import live
        >>> scan = live.scan_files("/etc")
        >>> [file.path for file in scan]
        []
        >>> scan.seen > 0
        True
    """
    return FileScan(root, progress=progress)


def path_text(path: Root) -> str:
    """Return a path as text."""
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError(f"expected a path as str, got {shown(path)}")
    return without_null(name)
