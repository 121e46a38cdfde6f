"""The real libcap.so.2, driven through ctypes."""

from __future__ import annotations

import ctypes
from typing import Any

__all__ = ["Libcap"]

_FLAGS = {"effective": 0, "permitted": 1, "inheritable": 2}
_VECTORS = {"inheritable": 2, "ambient": 3, "blocked": 4}
_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "cap_free": (_INT, [_POINTER]),
    "cap_from_name": (_INT, [ctypes.c_char_p, ctypes.POINTER(_INT)]),
    "cap_from_text": (_POINTER, [ctypes.c_char_p]),
    "cap_get_flag": (_INT, [_POINTER, _INT, _INT, ctypes.POINTER(_INT)]),
    "cap_iab_compare": (_INT, [_POINTER, _POINTER]),
    "cap_iab_from_text": (_POINTER, [ctypes.c_char_p]),
    "cap_iab_get_vector": (_INT, [_POINTER, _INT, _INT]),
    "cap_iab_to_text": (_POINTER, [_POINTER]),
    "cap_init": (_POINTER, []),
    "cap_max_bits": (_INT, []),
    "cap_set_flag": (_INT, [_POINTER, _INT, _INT, ctypes.POINTER(_INT), _INT]),
    "cap_to_name": (_POINTER, [_INT]),
    "cap_to_text": (_POINTER, [_POINTER, _POINTER]),
}


class Libcap:
    """What the library says, as masks by the names of the sets; None where it refuses."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL("libcap.so.2")
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(self.library, name)
            function.restype, function.argtypes = result, arguments

    def max_bits(self) -> int:
        return self.library.cap_max_bits()

    def from_text(self, text: str) -> dict[str, int] | None:
        caps = self.library.cap_from_text(text.encode())
        if not caps:
            return None
        value = _INT()
        masks = dict.fromkeys(_FLAGS, 0)
        for name, flag in _FLAGS.items():
            for number in range(64):
                assert self.library.cap_get_flag(caps, number, flag, ctypes.byref(value)) == 0
                masks[name] |= value.value << number
        self.library.cap_free(caps)
        return masks

    def to_text(self, masks: dict[str, int]) -> str:
        caps = self.library.cap_init()
        for name, mask in masks.items():
            for number in range(64):
                if mask >> number & 1:
                    assert self.library.cap_set_flag(caps, _FLAGS[name], 1, ctypes.byref(_INT(number)), 1) == 0
        text = self._string(self.library.cap_to_text(caps, None))
        self.library.cap_free(caps)
        return text

    def from_name(self, text: str) -> int | None:
        value = _INT()
        return None if self.library.cap_from_name(text.encode(), ctypes.byref(value)) else value.value

    def to_name(self, number: int) -> str:
        return self._string(self.library.cap_to_name(number))

    def iab_from_text(self, text: str) -> tuple[dict[str, int], str] | None:
        """Return the sets, as far as the library tells them, and its text of them."""
        iab = self.library.cap_iab_from_text(text.encode())
        if not iab:
            return None
        masks = {
            name: sum(self.library.cap_iab_get_vector(iab, vector, number) << number for number in range(64))
            for name, vector in _VECTORS.items()
        }
        written = self._string(self.library.cap_iab_to_text(iab))
        self.library.cap_free(iab)
        return masks, written

    def same_iab(self, text: str, other: str) -> bool:
        """Say whether the library takes both texts for the same, in all 64 bits."""
        both = [self.library.cap_iab_from_text(one.encode()) for one in (text, other)]
        same = all(both) and self.library.cap_iab_compare(*both) == 0
        for iab in both:
            self.library.cap_free(iab)
        return same

    def _string(self, pointer: int) -> str:
        text = ctypes.string_at(pointer).decode()
        self.library.cap_free(pointer)
        return text
