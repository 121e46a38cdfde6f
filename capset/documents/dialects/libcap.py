"""libcap: its text, IAB tuples, and the attribute of a file."""

from __future__ import annotations

import re

from attrs import evolve

from capset.documents.dialect import Dialect, Part, Text
from capset.documents.meaning import OF_FILES, Meaning, Sets, after_execve, executed, of_file, of_state
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import DocumentError
from capset.filecaps import FileCaps
from capset.formats import libcap
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["DIALECTS"]

_WHO = frozenset({"user", "no_new_privs"})
_OF_IAB = ("inheritable", "bounding", "ambient")


def _names_none(text: Text) -> str:
    """Refuse what may be anything, such as a lone number: here every name has cap_ in front."""
    return "" if "cap_" in text.text.lower() else "no name in it begins with cap_"


# -- the text of three sets -------------------------------------------------------------------------


_DECODED = re.compile(r"0x[0-9a-f]{16}=")


def _refuses_text(text: Text) -> str:
    if _DECODED.match(text.text.lstrip()):  # for libcap that of no capability is a text too, about number 0
        return "it begins with a mask, as what capsh --decode prints"
    libcap.from_text(text.text)
    return "" if "=" in text.text else _names_none(text)


def _read_text(text: Text) -> list[Workload]:
    return [Workload(dialect="libcap", source=text.source, state=libcap.from_text(text.text), says=OF_FILES)]


def _write_text(meaning: Meaning, engine: Engine) -> Part:
    state = after_execve(meaning, engine)
    return Part(
        value=libcap.to_text(state), says=of_state(evolve(state, ambient=CapSet(), bounding=CapSet()), OF_FILES)
    )


# -- IAB --------------------------------------------------------------------------------------------


def _refuses_iab(text: Text) -> str:
    libcap.iab_from_text(text.text.strip())
    return _names_none(text)


def _read_iab(text: Text) -> list[Workload]:
    state = _state(libcap.iab_from_text(text.text.strip()))
    return [Workload(dialect="iab", source=text.source, state=state, says=_OF_IAB)]


def _state(iab: libcap.IAB) -> CapState:
    """Return the sets of an IAB tuple, with what they make effective and permitted."""
    return CapState(
        effective=iab.ambient,
        permitted=iab.ambient,
        inheritable=iab.inheritable,
        bounding=CapSet.all() - iab.blocked,
        ambient=iab.ambient,
    )


def _write_iab(meaning: Meaning, engine: Engine) -> Part:
    iab = libcap.IAB.from_state(after_execve(meaning, engine))
    caps = _state(iab)
    if isinstance(meaning, Request) or meaning.user:
        # Whoever it is, what is effective and permitted comes of the three sets by itself.
        caps = executed(evolve(caps, effective=caps.bounding, permitted=caps.bounding), meaning)
    return Part(value=str(iab), says=of_state(caps, _OF_IAB))


# -- the attribute of a file ------------------------------------------------------------------------


def _file_caps(text: Text) -> FileCaps:
    try:
        data = bytes.fromhex("".join(text.text.split()).removeprefix("0x"))
    except ValueError:
        expected = "expected the attribute in hexadecimal digits alone; what getfattr prints is in the dialect getfattr"
        raise DocumentError(text.source, None, expected) from None
    return FileCaps.from_xattr(data)


def _refuses_xattr(text: Text) -> str:
    _file_caps(text)
    return ""


def _read_xattr(text: Text) -> list[Workload]:
    return [Workload(dialect="xattr", source=text.source, file_caps=_file_caps(text), says=OF_FILES)]


def _write_xattr(meaning: Meaning, engine: Engine) -> Part:
    file = meaning.file if isinstance(meaning, Sets) else None
    file = file or FileCaps.from_state(after_execve(meaning, engine))
    return Part(value=file.to_xattr().hex(), says=of_file(file))


DIALECTS = (
    Dialect(
        name="libcap",
        about="libcap's text, such as cap_net_raw=ep",
        lacks=_WHO | {"bounding", "ambient", "rootid"},
        signs=re.compile(r"""(?i)cap_[a-z_]{1,40}[=+-]"""),
        refuses=_refuses_text,
        reader=_read_text,
        writer=_write_text,
    ),
    Dialect(
        name="iab",
        about="an IAB tuple of libcap, such as !cap_sys_admin",
        lacks=_WHO | {"effective", "permitted", "rootid"},
        signs=re.compile(r"""(?i)[!^%]cap_"""),
        refuses=_refuses_iab,
        reader=_read_iab,
        writer=_write_iab,
    ),
    Dialect(
        name="xattr",
        about="the security.capability attribute, in hexadecimal digits",
        lacks=_WHO | {"bounding", "ambient"},
        signs=re.compile(r"""[0-9a-fA-F]{24}|security\.capability"""),
        refuses=_refuses_xattr,
        reader=_read_xattr,
        writer=_write_xattr,
    ),
)
