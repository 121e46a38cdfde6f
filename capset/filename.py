"""The names of files where their texts are wanted: nothing here opens a file, and the error says how it is read."""

from __future__ import annotations

import re

__all__ = ["how_to_read"]

_ENDS = "ya?ml|json|sh|txt|conf|service|socket|mount|swap|container"
_NAME = re.compile(rf"(?![{{\[])(?:\S*/\S*|\S+\.(?:{_ENDS}))")


def how_to_read(text: str, call: str, name: str) -> str:
    """Say how a file is read, if a text is the name of one rather than what is in it; else nothing.

    Args:
        text: What was given.
        call: The function that takes what is in a file.
        name: Its argument for the name.

    Examples:
        >>> from capset.filename import how_to_read
        >>> how_to_read("web.service", "documents.read", "name")
        "'web.service' looks like the name of a file: documents.read(Path('web.service').read_bytes(), \
name='web.service')"
        >>> how_to_read("cap_kill=ep", "documents.read", "name")
        ''
        >>> how_to_read('{"cgroup": "/a"}', "documents.read", "name")
        ''
    """
    if not _NAME.fullmatch(text):
        return ""
    return f"{text!r} looks like the name of a file: {call}(Path({text!r}).read_bytes(), {name}={text!r})"
