"""What reading a saved file asks of Windows, where a file is opened as text unless it is said otherwise."""

from __future__ import annotations

import os
import runpy

from capset.live import reading

BINARY = 1 << 40  # no flag of this system


def test_a_saved_file_is_opened_as_it_is(tmp_path, monkeypatch):
    """Not as text, which would end at a Ctrl-Z and have other ends of lines; where there is such a flag."""
    saved = tmp_path / "status"
    saved.write_bytes(b"Name:\ta\x1ab\r\n")
    asked = []

    def opened(path, flags, opening=os.open):
        asked.append(flags)
        return opening(path, flags & ~BINARY)

    monkeypatch.setattr(os, "O_BINARY", BINARY, raising=False)
    there = runpy.run_path(reading.__file__)["contents"]
    monkeypatch.setattr(os, "open", opened)

    assert there(str(saved)) == reading.contents(str(saved)) == b"Name:\ta\x1ab\r\n"
    assert [bool(flags & BINARY) for flags in asked] == [True, False]
    assert asked[0] == asked[1] | BINARY
