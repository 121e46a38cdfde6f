"""Spelling: how an engine reads the name of a capability, and how it is written for it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from attrs import field, frozen

from capset.capability import Cap
from capset.errors import UnknownCapabilityError
from capset.sets import CapSet

__all__ = ["SPELLINGS", "Asked", "Spelling"]

_NONE = CapSet()
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,4}|0[0-7]{0,4}|[1-9][0-9]{0,4}")


@frozen
class Asked:
    """One of the two lists of a request, as the engine reads it.

    Attributes:
        caps: The capabilities it names.
        all: Whether ALL is in it.
        cleared: Whether it takes back what the engine would do by itself.
        strange: The names in it that are no capability to the engine.
        passed_over: The words in it that mean nothing here.
        nothing: Whether a word in it says that it is to give nothing, also where it names none.
    """

    caps: CapSet = field(default=CapSet())
    all: bool = False
    cleared: bool = False
    strange: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    nothing: bool = False


@frozen(kw_only=True, cache_hash=True)
class Spelling:
    """How an engine reads names.

    Attributes:
        prefix: What it makes of ``CAP_``. One that always adds it takes CAP_X for CAP_CAP_X.
        case: Which letters it takes: any, as Go folds them, to whom a long s is an S; any of ASCII's; or
            one case alone.
        all: The letters in which it takes the word ALL; empty where it has no such word.
        cap_all: Whether CAP_ALL is that word too.
        numbers: Whether it takes numbers, as C's strtol() reads them.
        unnamed: Whether a number may also be one that it has no name for, as long as the kernel has it.
        between: What stands between names where one text may hold several; empty where it may not.
        trims: Whether white space around a name does not matter.
        clears: Whether an empty text takes back what stands before it.
        passes_over: A word, in any case, that means nothing where a container is made; empty where there is none.
        nothing: A word that, in a list of what is added, takes back what stands before it and asks for nothing itself;
            empty where there is none.
    """

    prefix: Literal["optional", "required", "refused", "added"]
    case: Literal["any", "ascii", "upper", "lower"] = "any"
    all: Literal["any", "ascii", "upper", "lower", ""] = "any"
    cap_all: bool = False
    numbers: bool = False
    unnamed: bool = False
    between: Literal[",", " ", ""] = ""
    trims: bool = False
    clears: bool = False
    passes_over: str = ""
    nothing: str = ""

    @property
    def word_all(self) -> str:
        """ALL, as the engine takes it."""
        return "all" if self.all == "lower" else "ALL"

    def read(self, texts: tuple[str, ...], names: CapSet, kernel: CapSet = _NONE) -> Asked:
        """Read a list for an engine that knows *names* and runs on a kernel that has *kernel*."""
        return _read(self, texts, names, kernel if self.unnamed else _NONE)

    def nothing_in(self, texts: tuple[str, ...]) -> str:
        """Return the word that asks for nothing, if it is among some texts; else an empty text."""
        return self.nothing if self.nothing and any(self.nothing in self._names(text) for text in texts) else ""

    def write(self, cap: Cap) -> str:
        """Write a capability as the engine takes it.

        Raises:
            UnknownCapabilityError: It has no name, and the engine takes no numbers.
        """
        if not cap.known:
            if self.numbers:
                return str(int(cap))
            raise UnknownCapabilityError(int(cap), remedy="it has no name yet, and here only names are taken")
        name = str(cap) if self.prefix == "required" else cap.name
        return name.lower() if self.case == "lower" else name

    def rewrite(self, text: str) -> str:
        """Write a name as the engine takes it, from any spelling that :meth:`Cap.parse` takes, or ALL.

        Raises:
            UnknownCapabilityError: It is no capability, or one without a name, and only names are taken.
        """
        return self.word_all if self.all and text.strip().upper() == "ALL" else self.write(Cap.parse(text.strip()))

    def advice(self, text: str) -> str:
        """Say what to write instead of a name that the engine does not take."""
        return _advice(self, text)

    @property
    def _words(self) -> tuple[str, ...]:
        return ("ALL", "CAP_ALL") if self.cap_all else ("ALL",)

    def _look_up(self, text: str) -> str:
        if "," in text or len(text.split()) > 1:
            return "every name stands by itself, without commas or white space"
        if self.all and text.strip().upper() == "CAP_ALL":
            return f"write {self.word_all}"
        try:
            return f"write {self.rewrite(text)}"
        except UnknownCapabilityError as error:
            if isinstance(error.value, int):
                return error.remedy
            meant = [self.write(Cap.parse(name)) for name in error.close]
            return f"did you mean {' or '.join(meant)}?" if meant else f"expected a name such as {self.write(Cap(12))}"

    def _names(self, text: str) -> list[str]:
        match self.between:
            case ",":
                return text.split(",") if text else []
            case " ":
                return text.split() or [""]
            case _:
                return [text]

    def _cap(self, word: str) -> Cap | None:
        if self.numbers and _NUMBER.fullmatch(word):
            number = int(word, 16 if word[:2] in {"0x", "0X"} else 8 if word[0] == "0" else 10)
            return Cap(number) if number < 64 else None
        name = _fold(word, self.case)
        bare = name.removeprefix("CAP_")
        wrong = {"refused", "added"} if bare != name else {"required"}
        return None if self.prefix in wrong else Cap.__members__.get(bare)


# Kept, as whoever looks for the shortest request tries the same lists on every release and for every user.
@lru_cache(maxsize=256)
def _read(spelling: Spelling, texts: tuple[str, ...], names: CapSet, kernel: CapSet) -> Asked:
    caps = CapSet()
    every = cleared = nothing = False
    strange: list[str] = []
    passed_over: list[str] = []
    for name in (name for text in texts for name in spelling._names(text)):
        word = name.strip() if spelling.trims else name
        if spelling.clears and not word:
            caps, every, cleared, nothing = CapSet(), False, True, False
        elif spelling.nothing and word == spelling.nothing:
            caps, nothing = CapSet(), True
        elif spelling.all and _fold(word, spelling.all) in spelling._words:
            every = True
        elif spelling.passes_over and word.upper() == spelling.passes_over:
            passed_over.append(name)
        elif (cap := spelling._cap(word)) is not None and (cap in names or (word[0].isdigit() and cap in kernel)):
            caps |= {cap}
        else:
            strange.append(name)
    return Asked(caps, every, cleared, tuple(strange), tuple(passed_over), nothing)


@lru_cache(maxsize=4096)  # a mistake is seldom made once, and finding what looks like it takes long
def _advice(spelling: Spelling, text: str) -> str:
    return spelling._look_up(text)


def _fold(word: str, case: str) -> str:
    """Bring a word into upper case; one with other letters than *case* says is none."""
    if case == "any" and not word.isascii():  # letter by letter, as Go does
        return "".join(upper if len(upper := letter.upper()) == 1 else letter for letter in word)
    if case == "upper":
        return word
    return word.upper() if word.isascii() and (case != "lower" or word == word.lower()) else ""


# Side by side: a name that one engine takes is another one's error.
SPELLINGS = {
    "docker": Spelling(prefix="optional"),
    "docker before 19.03": Spelling(prefix="refused"),
    "podman": Spelling(prefix="optional", between=","),
    "podman 1.1": Spelling(prefix="refused", between=","),
    "containerd": Spelling(prefix="added"),
    "cri-o": Spelling(prefix="optional"),
    "nerdctl": Spelling(prefix="optional", between=","),
    "nerdctl before 0.15": Spelling(prefix="added", between=","),
    "buildah": Spelling(prefix="required", between=","),
    "nomad": Spelling(prefix="optional", trims=True),
    "nspawn": Spelling(prefix="required", case="ascii", all="lower", numbers=True, between=","),
    "nspawn before 209": Spelling(prefix="required", case="ascii", all="", numbers=True, between=","),
    "lxc": Spelling(
        prefix="refused", case="lower", all="", numbers=True, unnamed=True, between=" ", clears=True, nothing="none"
    ),
    "bubblewrap": Spelling(prefix="required", case="ascii", all="ascii", numbers=True),
    "swarm": Spelling(prefix="optional", trims=True, passes_over="RESET"),
    "ecs": Spelling(prefix="refused", case="upper", all="upper"),
    "systemd": Spelling(prefix="required", case="ascii", all="", numbers=True),
    "apptainer": Spelling(prefix="optional", cap_all=True, between=",", trims=True),
    "libcap": Spelling(prefix="required", case="ascii", all="", numbers=True),
    "oci": Spelling(prefix="required", case="upper", all=""),
}
