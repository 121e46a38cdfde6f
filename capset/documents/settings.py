"""Settings: what the configuration of a project says of lint."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from tomllib import loads
from typing import Any

from attrs import field, frozen

from capset.documents.finding import Silence
from capset.documents.rules import RULES
from capset.documents.silencing import Entry
from capset.errors import DocumentError, FormatError, TooLargeError, UnknownRuleError, require
from capset.formats.document import Node
from capset.printable import message

__all__ = ["Settings"]

_LONGEST = 2**20
_KEYS = ("select", "ignore", "exclude", "silence")
_OF_ENTRY = ("files", "rules", "reason")


@frozen(kw_only=True)
class Settings:
    """What ``[tool.capset.lint]`` of a ``pyproject.toml``, or ``[lint]`` of a ``capset.toml``, says.

    Attributes:
        name: The name of the file; empty where there is none.
        select: The rules that alone are told; all where there is none.
        ignore: The rules that are not told.
        exclude: Patterns of the files that are passed over where a folder is looked through.
    """

    name: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    _silenced: tuple[tuple[tuple[str, ...], Entry], ...] = field(default=(), alias="silenced")

    @classmethod
    def read(cls, text: str | bytes, name: str = "capset.toml") -> Settings | None:
        """Read a configuration.

        Args:
            text: The TOML itself; no file is opened.
            name: What it is called: a ``pyproject.toml`` is one of many tools.

        Returns:
            The settings; None where it says nothing of capset, as a ``pyproject.toml`` may.

        Raises:
            DocumentError: It is no TOML.
            TooLargeError: It is longer than a mebibyte.
            FormatError: A key is unknown, a value is none that it may have, or a rule is none.

        Examples:
            >>> from capset.documents import Settings
            >>> text = '''
            ... [lint]
            ... ignore = ["named-user"]
            ... [[lint.silence]]
            ... files = ["deploy/*.json"]
            ... rules = ["needs-root"]
            ... reason = "the entry point is setcap'd"
            ... '''
            >>> settings = Settings.read(text)
            >>> settings.ignore, [entry.rules for entry in settings.of("deploy/web.json")]
            (('named-user',), [('needs-root',)])
        """
        require(text, str | bytes, "a configuration as str or bytes")
        require(name, str, "the name of a configuration as str")
        if len(text) > _LONGEST:
            raise TooLargeError(name, _LONGEST, "characters or bytes of a configuration")
        try:
            document: dict[str, Any] = loads(text if isinstance(text, str) else text.decode())
        except UnicodeDecodeError as error:
            raise DocumentError(name, None, f"no UTF-8 text, at byte {error.start}") from None
        except (ValueError, RecursionError) as error:
            raise DocumentError(name, None, f"no TOML: {error}") from None
        shared = name.rpartition("/")[2] == "pyproject.toml"
        try:
            root = Node(document).at("tool", "capset") if shared else Node(document)
            if shared and root.value is None:
                return None
            return _settings(root, name)
        except FormatError as error:
            raise FormatError(message(f"{name}: {error.place}"), error.value, error.expected) from None

    def of(self, path: str) -> list[Entry]:
        """Return what is silenced in a file.

        Args:
            path: Its path as seen from the folder of the configuration, with ``/`` between folders.
        """
        return [entry for files, entry in self._silenced if _matches(path, files)]

    def excludes(self, path: str) -> bool:
        """Say whether a file is passed over where a folder is looked through; *path* is as in :meth:`of`."""
        return _matches(path, self.exclude)


def _settings(root: Node, name: str) -> Settings:
    _known(root, ("lint",), name)
    node = root["lint"]
    _known(node, _KEYS, name)
    return Settings(
        name=name,
        select=_rules(node["select"]),
        ignore=_rules(node["ignore"]),
        exclude=_texts(node["exclude"]),
        silenced=tuple(_silenced(node["silence"], name)),
    )


def _silenced(node: Node, name: str) -> Iterator[tuple[tuple[str, ...], Entry]]:
    for each in node:
        _known(each, _OF_ENTRY, name)
        files, rules, reason = _texts(each["files"]), _rules(each["rules"]), each["reason"].text().strip()
        for key, value in (("files", files), ("rules", rules), ("reason", reason)):
            if not value:
                raise each[key].error("a reason, in words" if key == "reason" else f"a list of {key}")
        silence = Silence(reason=reason, where=name, inside=False)
        yield files, Entry(rules=rules, silence=silence)


def _known(node: Node, keys: tuple[str, ...], name: str) -> None:
    for strange, hint in node.strange_keys(keys):
        raise DocumentError(name, None, f"there is no setting {strange.place}: {hint}")


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(each.text() for each in node.names("a text"))


def _rules(node: Node) -> tuple[str, ...]:
    found = _texts(node)
    for at, rule in enumerate(found):
        try:
            RULES[rule]
        except UnknownRuleError as error:
            raise FormatError(f"{node.place}[{at}]", rule, f"a rule ({error})") from None
    return found


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Say whether a path is one of those meant; in a pattern, * stands for slashes too."""
    meant = (each for pattern in patterns for each in (pattern, f"{pattern.rstrip('/')}/*"))  # and what is in a folder
    return any(fnmatchcase(path, each) for each in meant)
