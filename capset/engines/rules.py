"""The rules by which an engine turns a request into a set: which family, and with which names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from attrs import field, frozen

from capset.capability import Cap
from capset.engines.merging import MERGES, Merge, MergeError
from capset.engines.request import Request
from capset.engines.spelling import SPELLINGS, Asked, Spelling
from capset.errors import (
    ContradictionError,
    NotAllowedError,
    UnavailableError,
    UnknownCapabilityError,
    UnknownNameError,
    UnsupportedOptionError,
    shown,
)
from capset.sets import CapSet
from capset.summary import listed

__all__ = ["FAMILIES", "Family", "Options", "Resolution", "Rules"]


@frozen(kw_only=True)
class Family:
    """A family of engines that decide alike.

    Attributes:
        spelling: How they read names.
        merge: What becomes of the two lists.
        strange: What happens to a name that they do not know: refused, or passed on to the runtime,
            which ignores it, or skipped in either list; or skipped where it is to be added, and refused where it is
            to be dropped; or refused where it is to be added, and passed over where it is to be dropped.
        beyond: What happens to a capability that the engine does not hold itself: it goes to the
            runtime, which cannot give it, or it is left out without a word.
        asks_held: Whether every name in either list must be one that the engine holds.
        reads_first: The list whose names are looked at first, and refused first.
        all_swallows: Whether ALL makes the names beside it disappear.
        drop_all_ends: Whether the list to add is not even read once ALL is dropped.
        reads_for_privileged: Whether a privileged container's lists must be free of errors too,
            although they have no effect.
        replaces: Whether what is added takes the place of the default.
        changes_privileged: Whether a privileged container's lists have an effect, on all that there is.
        added_less_dropped: Whether what is added counts by itself only as far as it is not dropped.
    """

    spelling: Spelling
    merge: Merge
    strange: Literal["refused", "passed on", "skipped", "skipped if added", "refused to add"] = "refused"
    beyond: Literal["given to the runtime", "left out"] = "given to the runtime"
    asks_held: bool = False
    reads_first: Literal["add", "drop"] = "add"
    all_swallows: bool = False
    drop_all_ends: bool = False
    reads_for_privileged: bool = False
    replaces: bool = False
    changes_privileged: bool = False
    added_less_dropped: bool = False


def _family(spelling: str, merge: str, **differences: object) -> Family:
    return Family(spelling=SPELLINGS[spelling], merge=MERGES[merge], **differences)  # type: ignore[arg-type]


def _podman_1(spelling: str, merge: str, **differences: object) -> Family:
    return _family(spelling, merge, reads_first="drop", added_less_dropped=True, **differences)


_REFUSED = {
    "refused": ("add", "drop"),
    "passed on": (),
    "skipped": (),
    "skipped if added": ("drop",),
    "refused to add": ("add",),
}
"""The lists in which a name that an engine does not know is refused."""

FAMILIES = {
    "docker": _family("docker", "docker", asks_held=True, reads_for_privileged=True),
    "docker before 23.0": _family("docker", "docker", reads_for_privileged=True),
    "docker before 19.03": _family("docker before 19.03", "docker before 19.03", reads_first="drop"),
    "podman": _family("podman", "podman", beyond="left out", reads_first="drop"),
    "podman 3.1": _family("podman", "podman before 3.2", beyond="left out", reads_first="drop"),
    "podman before 3.1": _family("podman", "podman before 3.2", reads_first="drop"),
    "podman before 2.0": _podman_1("podman", "podman before 2.0", changes_privileged=True),
    "podman before 1.8.1": _podman_1("podman", "docker", changes_privileged=True),
    "podman before 1.7": _podman_1("podman", "docker"),
    "podman 1.1": _podman_1("podman 1.1", "docker before 19.03"),
    "podman 1.0": _podman_1("docker before 19.03", "docker before 19.03"),
    "containerd": _family("containerd", "kubernetes", strange="passed on"),
    "containerd before 1.3": _family("containerd", "kubernetes", strange="refused to add"),
    "cri-o": _family("cri-o", "kubernetes"),
    "cri-o before 1.21.1": _family("cri-o", "cri-o before 1.21.1"),
    "cri-o 1.11": _family("cri-o", "cri-o before 1.21.1", strange="skipped if added"),
    "nerdctl": _family("nerdctl", "nerdctl", strange="passed on"),
    "nerdctl before 0.15": _family("nerdctl before 0.15", "nerdctl", strange="passed on"),
    "nerdctl before 0.7.3": _family("nerdctl before 0.15", "nerdctl before 0.7.3", strange="passed on", replaces=True),
    "buildah run": _family("buildah", "buildah run", reads_first="drop", all_swallows=True, drop_all_ends=True),
    "nomad": _family("nomad", "nomad"),
    "nomad docker": _family("nomad", "docker", asks_held=True, all_swallows=True, reads_for_privileged=True),
    "nspawn": _family("nspawn", "nspawn", beyond="left out"),
    "nspawn before 209": _family("nspawn before 209", "nspawn", beyond="left out"),
    "bubblewrap": _family("bubblewrap", "bubblewrap", beyond="left out"),
    "swarm": _family("swarm", "docker", asks_held=True, all_swallows=True),
    "swarm before 23.0": _family("swarm", "docker", all_swallows=True),
    "ecs": _family("ecs", "docker", asks_held=True, reads_for_privileged=True),
    "lxc": _family("lxc", "lxc", beyond="left out", replaces=True),
    "lxc before 4.0.11": _family("lxc", "lxc before 4.0.11", beyond="left out", replaces=True),
    "apptainer": _family("apptainer", "nspawn", strange="skipped", all_swallows=True, added_less_dropped=True),
    "fixed": _family("oci", "fixed"),
}


@frozen(kw_only=True)
class Options:
    """How a request is written for an engine; empty where it has no such option.

    Attributes:
        add: The option that adds a name, with ``{}`` in its place; ``{,}`` stands for all of them, where of an option
            that stands twice only the last counts.
        drop: The option that drops one.
        privileged: The option for a privileged container.
    """

    add: str = ""
    drop: str = ""
    privileged: str = ""


@frozen(kw_only=True)
class Resolution:
    """What an engine makes of a request.

    Attributes:
        caps: The set that the container gets.
        warnings: What the engine or its runtime passes over, a sentence each.
    """

    caps: CapSet
    warnings: tuple[str, ...] = ()


@frozen(kw_only=True)
class Rules:
    """The rules of one version of an engine.

    Attributes:
        family: The family they belong to.
        names: The capabilities whose names it knows.
        all: What ALL stands for: the names of its own table, those of them that the kernel has, or
            those that the engine itself holds.
        options: How a request is written for it.
        allowed: What may be added, where that is restricted.
        privileged_alone: Whether a privileged container may have no names to add.
        withheld: What nobody gets, whatever is asked for.
    """

    family: Family
    names: CapSet
    all: Literal["table", "kernel", "held"]
    options: Options
    allowed: CapSet | None = None
    privileged_alone: bool = False
    withheld: CapSet = field(default=CapSet())

    def resolve(self, request: Request, default: CapSet, held: CapSet, engine: str) -> Resolution:
        """Return the list that the engine computes.

        Args:
            request: What is asked for.
            default: What the engine gives when nothing is asked for.
            held: What the engine holds itself.
            engine: Its name and version, for errors and warnings.

        Raises:
            RequestError: The engine refuses the request.
        """
        self._check_options(request, engine)
        add = drop = Asked()
        changes = not request.privileged or self.family.changes_privileged
        if changes or self.family.reads_for_privileged:
            if self.family.reads_first == "add":
                add = self._read(request.add, "add", held, engine)
            drop = self._read(request.drop, "drop", held, engine)
            if self.family.reads_first == "drop" and not (drop.all and self.family.drop_all_ends):
                add = self._read(request.add, "add", held, engine)
        caps = everything = self.everything(held)
        self._check_allowed(add, held, engine)
        if changes:
            try:
                caps = self.family.merge(add, drop, everything if request.privileged else default, everything)
            except MergeError as both:
                raise ContradictionError(engine, ", ".join(both.names), both.reason) from None
        caps -= self.withheld
        if self.family.beyond == "left out":
            caps &= held
        warnings = (*self._nothing_done(add, "add", engine), *self._nothing_done(drop, "drop", engine))
        return Resolution(caps=caps, warnings=warnings)

    def passed_over(self, text: str, side: str, held: CapSet, engine: str) -> tuple[str, ...]:
        """Say of an entry of a list what in it the engine takes for no capability and does not refuse.

        Raises:
            RequestError: The engine refuses it.
        """
        return tuple(self._nothing_done(self._read((text,), side, held, engine), side, engine))

    def added(self, request: Request, held: CapSet, engine: str) -> CapSet:
        """Return what the list to add stands for by itself."""
        add = self._read(request.add, "add", held, engine)
        everything = self.everything(held)
        caps = everything if add.all else add.caps
        if self.family.added_less_dropped:
            caps = self.family.merge(add, self._read(request.drop, "drop", held, engine), CapSet(), everything)
        return caps & held if self.family.beyond == "left out" else caps

    def base(self, request: Request, default: CapSet, held: CapSet) -> CapSet:
        """Return what a request that names nothing but ALL starts from, whether or not the engine has such options."""
        add, drop = (self.family.spelling.read(texts, self.names) for texts in (request.add, request.drop))
        return self.family.merge(add, drop, default, self.everything(held))

    def write(self, request: Request) -> list[str]:
        """Write a request as the engine takes it, what is dropped first."""
        options = self.options
        words: list[str] = []
        for option, names in ((options.drop, request.drop), (options.add, request.add)):
            place, texts = ("{,}", [",".join(names)] * bool(names)) if "{,}" in option else ("{}", names)
            words += [word.replace(place, text) for text in texts for word in option.split(" ")]
        return words + ([options.privileged] if request.privileged else [])

    def spell(self, cap: Cap) -> str:
        """Write a capability as the engine takes it, as a number where it has no name for it.

        Raises:
            UnknownCapabilityError: The engine takes no such number.
        """
        spelling = self.family.spelling
        return str(int(cap)) if spelling.unnamed and cap not in self.names else spelling.write(cap)

    def everything(self, held: CapSet) -> CapSet:
        """Return what ALL stands for, for an engine that holds *held*."""
        limits = {"table": self.names, "kernel": _kernel(held), "held": held}
        return limits[self.all] if self.family.spelling.unnamed else self.names & limits[self.all]

    def _read(self, texts: tuple[str, ...], side: str, held: CapSet, engine: str) -> Asked:
        names = self.names if self.all == "table" or self.family.asks_held else self.names & _kernel(held)
        strange, kernel = self.family.strange, _kernel(held)
        if side == "drop" and (word := self.family.spelling.nothing_in(texts)):
            raise UnknownNameError(engine, word, "only of what is kept it means something", side)
        known = CapSet.all() if strange == "passed on" else names
        asked = self.family.spelling.read(texts, known, kernel)
        if asked.all and self.family.all_swallows:
            return Asked(all=True, passed_over=asked.passed_over)
        # One that asks what it holds goes from name to name, and tells of the first that it does not take.
        for part in [(text,) for text in texts] if self.family.asks_held else [texts]:
            read = self.family.spelling.read(part, known, kernel)
            if read.strange and side in _REFUSED[strange]:
                raise UnknownNameError(engine, read.strange[0], self._advice(read.strange[0]), side)
            if self.family.asks_held and (beyond := read.caps - held):
                raise UnavailableError(engine, listed(beyond), "it knows the name, but does not hold that itself", side)
        return asked

    def _advice(self, text: str) -> str:
        """Say why a name is none to this engine, and what to write instead."""
        try:
            cap = Cap.parse(text.strip())
        except UnknownCapabilityError:
            return self.family.spelling.advice(text)
        spelling = self.family.spelling
        numbered = spelling.numbers and text.isdigit()
        if cap not in self.names and (cap.known or spelling.numbers):
            known = f"it knows no capability after {max(self.names)}"
            return f"{known} by name; write {self.spell(cap)}" if spelling.unnamed and not numbered else known
        if numbered or cap in spelling.read((text,), self.names).caps:
            return "the kernel has no such capability"
        return self.family.spelling.advice(text)

    def _nothing_done(self, asked: Asked, side: str, engine: str) -> Iterator[str]:
        for text in asked.passed_over:
            yield f"{engine} passes over {shown(text)}, which means something to docker service update alone"
        does, done = ("passes on", "added") if side == "add" else ("drops", "dropped")
        for text in asked.strange:
            told = f"{does} {shown(self._as_passed_on(text))}, which is no capability"
            if self.family.strange != "passed on":
                told = f"skips {shown(text)}, which it does not know"
            yield f"{engine} {told}: nothing is {done}"

    def _as_passed_on(self, text: str) -> str:
        added = self.family.spelling.prefix == "added" or not text.upper().startswith("CAP_")
        return f"CAP_{text.upper()}" if added else text.upper()

    def _check_options(self, request: Request, engine: str) -> None:
        for side in ("add", "drop", "privileged"):
            asked = getattr(request, side)
            if asked and not getattr(self.options, side):
                what = "privileged" if asked is True else ", ".join(asked)
                doing = {"add": "adds a capability", "drop": "drops a capability", "privileged": "lifts all limits"}
                raise UnsupportedOptionError(engine, what, f"it has no option that {doing[side]}")
        if request.privileged and request.add and self.privileged_alone:
            raise ContradictionError(
                engine, ", ".join(request.add), "it takes no names to add for a privileged container"
            )

    def _check_allowed(self, add: Asked, held: CapSet, engine: str) -> None:
        if self.allowed is None:
            return
        if refused := (self.everything(held) if add.all else add.caps) - self.allowed:
            what = "ALL" if add.all else listed(refused)
            raise NotAllowedError(engine, what, f"only these may be added: {listed(self.allowed)}", "add")


def _kernel(held: CapSet) -> CapSet:
    """Return what the kernel has, as far as *held* tells: a set without holes is all that an older one has."""
    return CapSet.all() if not held or held.mask & (held.mask + 1) else held
