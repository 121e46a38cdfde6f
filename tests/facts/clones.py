"""A local clone, read with git alone: no work tree is needed, and nothing is fetched."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from capset.engines.releases import key

__all__ = ["Clone", "find"]


class Clone:
    """The repository of one project.

    Its objects are read through one ``git cat-file --batch``, because there are thousands to read.
    """

    def __init__(self, git_dir: Path) -> None:
        self.git_dir = git_dir
        # What a partial clone lacks is missing here: it is not to be fetched in the middle of a walk.
        self._reader = subprocess.Popen(
            ["git", "--git-dir", str(git_dir), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"GIT_NO_LAZY_FETCH": "1"},
        )

    def __enter__(self) -> Clone:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.communicate()

    @cached_property
    def tags(self) -> list[str]:
        """List every tag."""
        command = ["git", "--git-dir", str(self.git_dir), "tag", "--list"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()

    def releases(self, pattern: str) -> dict[str, str]:
        """Return the tag of every release, ascending; the first group of *pattern* is the version in a tag."""
        found: dict[str, str] = {}
        for tag in self.tags:
            if match := re.fullmatch(pattern, tag):
                found.setdefault(match[1].replace("_", "."), tag)
        return dict(sorted(found.items(), key=lambda release: key(release[0], 0)))

    def text(self, commit: str, path: str) -> str | None:
        """Return a file as it was at a commit or tag; None if it was not there."""
        found = self._object(f"{commit}:{path}")
        return found[1] if found and found[0] == "blob" else None

    def has_path(self, commit: str, path: str) -> bool:
        """Say whether a file or folder was there."""
        return self._object(f"{commit}:{path}") is not None

    def day(self, commit: str) -> str | None:
        """Return the day of a commit, where it was made; None if the commit is not there."""
        found = self._object(f"{commit}^{{commit}}")
        if found is None:
            return None
        [seconds, zone] = re.findall(r"^committer .* (\d+) ([+-]\d{4})$", found[1], re.MULTILINE)[0]
        east = int(f"{zone[0]}1") * (int(zone[1:3]) * 3600 + int(zone[3:]) * 60)
        return datetime.fromtimestamp(int(seconds) + east, UTC).date().isoformat()

    def _object(self, name: str) -> tuple[str, str] | None:
        assert self._reader.stdin
        assert self._reader.stdout
        self._reader.stdin.write(f"{name}\n".encode())
        self._reader.stdin.flush()
        head = self._reader.stdout.readline().split()
        if len(head) != 3 or head[-1] in (b"missing", b"ambiguous"):
            return None
        content = self._reader.stdout.read(int(head[2]) + 1)[:-1]
        return head[1].decode(), content.decode("utf-8", "replace")


def find(folder: Path, project: str) -> Path | None:
    """Find the clone of ``owner/name`` below a folder, bare or with a work tree; None if there is none.

    It may lie in ``owner/name``, ``owner+name``, ``owner-name`` or ``name``, with ``.git`` behind or not, or in a
    folder ``repo`` there.
    """
    owner, _, name = project.partition("/")
    for place in (f"{owner}/{name}", f"{owner}+{name}", f"{owner}-{name}", name):
        for start in (folder / place, folder / f"{place}.git"):
            for git_dir in (start, start / ".git", start / "repo", start / "repo" / ".git"):
                if (git_dir / "HEAD").is_file() and (git_dir / "objects").is_dir():
                    return git_dir
    return None
