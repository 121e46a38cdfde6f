"""OCI: the process of a runtime's ``config.json``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import field, frozen

from capset.capability import Cap
from capset.engines.engine import LAST_ID, user_id
from capset.engines.process import impossible
from capset.engines.request import yes_or_no
from capset.engines.spelling import SPELLINGS
from capset.errors import require, shown
from capset.formats.document import Node, depends, has_placeholder, ignored, refused
from capset.formats.wording import variable
from capset.plain import Plain
from capset.problem import Problem
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState, HasCaps, five_sets
from capset.summary import listed

__all__ = ["Process", "from_config", "from_process", "to_config", "to_process"]


def __dir__() -> list[str]:
    return sorted(__all__)


_SPELLING = SPELLINGS["oci"]
_OF_CRUN = SPELLINGS["libcap"]
_KEYS = ("capabilities", "noNewPrivileges", "user")


@frozen(kw_only=True)
class Process(Plain):
    """What ``config.json`` says of the credentials of a container's first process.

    The sets are those that the runtime sets before the process's execve(2);
    :meth:`Engine.container() <capset.engines.Engine.container>` tells those after it.

    Attributes:
        caps: The five sets.
        no_new_privs: Whether it is to gain no privileges.
        uid: Its user id.
        gid: Its group id.
        problems: What the document says and a runtime does not take; it does not count when two are compared.
    """

    caps: CapState = field(factory=CapState)
    no_new_privs: bool = False
    uid: int = 0
    gid: int = 0
    problems: tuple[Problem, ...] = field(default=(), eq=False)

    def __attrs_post_init__(self) -> None:
        yes_or_no(self.no_new_privs, "no_new_privs")
        user_id(self.uid)
        user_id(self.gid)


def from_config(config: Mapping[str, object]) -> CapState:
    """Read the five sets of a ``config.json``.

    Args:
        config: The parsed document, or its ``process`` alone.

    Raises:
        FormatError: It does not have that shape, has no ``capabilities`` (of which runtimes make different
            things), or names what is no capability, which runtimes pass over or refuse.
            :func:`from_process` reads such a document all the same.

    Source:
        opencontainers/runtime-spec ``config.md``, *Linux Process*. runc 1.1.5 and crun 1.8.1 were run; containers/crun
        2e822523e36333c36f3a9f3931cb0528a4fa420c, *reject invalid capabilities*, of 1.29.

    Examples:
        >>> from capset.formats import oci
        >>> print(oci.from_config({"process": {"capabilities": {"bounding": ["CAP_KILL"]}}}).bounding)
        CAP_KILL
        >>> oci.from_config({"process": {"capabilities": {"bounding": ["KILL"]}}})
        Traceback (most recent call last):
        capset.errors.FormatError: process.capabilities.bounding[0]: expected a capability (write CAP_KILL), got 'KILL'
    """
    node = _process(Node(config))
    capabilities = _member(node, "capabilities", None, _lists_or_none)
    if capabilities.value is None:
        _strange(node, _KEYS, None, close_only=True)
        raise capabilities.error("five lists of capabilities, as runtimes do not agree on what none means")
    return CapState(**{name: CapSet(caps) for name, caps in _sets(capabilities, None).items()})


def to_config(state: CapState | HasCaps) -> dict[str, object]:
    """Write five sets as a ``config.json`` has them; the rest of the document is the caller's.

    Args:
        state: A CapState or what has one as ``caps``.

    Raises:
        UnknownCapabilityError: A capability has no name yet.

    Examples:
        >>> from capset import CapState
        >>> from capset.formats import oci
        >>> oci.to_config(CapState(bounding=["kill"]))["process"]["capabilities"]["bounding"]
        ['CAP_KILL']
    """
    return {"process": {"capabilities": _lists(five_sets(state))}}


def from_process(process: Mapping[str, object]) -> Process:
    """Read the ``process`` of a ``config.json``, or the whole document.

    Returns:
        The process as runc makes it; what a runtime would refuse or ignore is in its ``problems``.

    Raises:
        FormatError: The document does not have that shape.

    Examples:
        >>> from capset.formats import oci
        >>> process = oci.from_process({"capabilities": {"bounding": ["CAP_KIL"]}, "noNewPrivileges": True})
        >>> process.no_new_privs, process.problems[0].message
        (True, "runc passes over 'CAP_KIL', and crun refuses it since 1.29: did you mean CAP_KILL?")
    """
    return read_process(Node(process))


def read_process(root: Node) -> Process:
    """Read the ``config.json`` that stands there."""
    node = _process(root)
    problems: list[Problem] = []
    _strange(node, _KEYS, problems, close_only=True)
    checks = (_lists_or_none, Node.truth, Node.mapping)
    capabilities, privileges, user = (
        _member(node, key, problems, check) for key, check in zip(_KEYS, checks, strict=True)
    )
    if capabilities.value is None:
        none = "runc 1.1 and crun give no capability then, newer releases of runc what they hold themselves"
        problems.append(depends(capabilities, "no-capabilities", none))
    caps = CapState(**{name: CapSet(found) for name, found in _sets(capabilities, problems).items()})
    problems += _impossible(capabilities, caps)
    _strange(user, ("uid", "gid"), problems, close_only=True)
    uid, gid = (_id(_member(user, key, problems, Node.number), problems) for key in ("uid", "gid"))
    return Process(caps=caps, no_new_privs=privileges.truth(), uid=uid, gid=gid, problems=tuple(problems))


def to_process(process: Process) -> dict[str, object]:
    """Write what it is about as the ``process`` of a ``config.json``; the rest of it is the caller's.

    Raises:
        UnknownCapabilityError: A capability has no name yet.
    """
    require(process, Process, "a Process")
    return {
        "user": {"uid": process.uid, "gid": process.gid},
        "capabilities": _lists(process.caps),
        "noNewPrivileges": process.no_new_privs,
    }


def _process(root: Node) -> Node:
    if "process" in root:
        return root["process"]
    if any(key in root.mapping() for key in _KEYS):
        return root
    raise root.error("a config.json, with process, or a process, with capabilities")


def _member(node: Node, key: str, problems: list[Problem] | None, check: Callable[[Node], object]) -> Node:
    """Return a value as runc finds it: under its key, in whatever case; of several, the last.

    Without a place for problems, another case is an error. Each of several has to pass *check*.
    """
    found = [other for other in node.mapping() if isinstance(other, str) and other.lower() == key.lower()]
    for other in found:
        check(node[other])
        if other == key:
            continue
        if problems is None:
            raise node[other].error(f"the key {key}")
        problems.append(depends(node[other], "key-case", f"runc takes the key for {key}, and crun passes over it"))
    return node[found[-1] if found else key]


def _strange(node: Node, known: tuple[str, ...], problems: list[Problem] | None, *, close_only: bool) -> None:
    """Add keys that are none to *problems*; without a place for them, the first is an error."""
    for strange, advice in node.strange_keys(known, close_only=close_only):
        if strange.place.rpartition(".")[2].lower() in (key.lower() for key in known):
            continue  # runc takes it
        if problems is None:
            raise strange.error(f"a key that there is ({advice})")
        problems.append(ignored(strange, "unknown-key", f"runtimes pass over what they do not know: {advice}"))


def _lists_or_none(node: Node) -> object:
    if isinstance(node.value, list):
        raise node.error("five lists, which they are since 1.0.0-rc5")
    return node.mapping()


def _sets(node: Node, problems: list[Problem] | None) -> dict[str, list[Cap]]:
    """Read the five lists."""
    found = {name: list(_caps(_member(node, name, problems, Node.names).names(), problems)) for name in THREAD_SETS}
    _strange(node, THREAD_SETS, problems, close_only=False)
    return found


def _caps(nodes: Iterable[Node], problems: list[Problem] | None) -> Iterable[Cap]:
    for node in nodes:
        text = str(node.value)
        asked = _SPELLING.read((text,), CapSet.all())
        yield from asked.caps
        if not asked.strange:
            continue
        if problems is None:
            raise node.error(f"a capability ({_SPELLING.advice(text)})")
        if has_placeholder(text):
            problems.append(variable(node))
            continue
        runc = f"runc passes over {shown(text)}"
        if takes := _OF_CRUN.read((text,), CapSet.all()).caps:
            told = f"{runc}, and crun takes it for {takes}: {_SPELLING.advice(text)}"
        else:
            told = f"{runc}, and crun refuses it since 1.29: {_SPELLING.advice(text)}"
        problems.append(depends(node, "unknown-capability", told))


def _impossible(node: Node, caps: CapState) -> Iterable[Problem]:
    """List what the kernel refuses, or what runtimes pass over, of sets as they stand."""
    if beyond := impossible(caps, CapSet.all()):
        rule = "effective is always a subset of permitted, and inheritable here of bounding"
        yield refused(
            Node(str(beyond), node.place),
            "impossible-sets",
            f"the kernel refuses these sets for {listed(beyond)}: {rule}",
        )
    if lost := caps.ambient - (caps.permitted & caps.inheritable):
        rule = "ambient is always a subset of permitted and of inheritable"
        yield ignored(
            Node(str(lost), node["ambient"].place), "not-ambient", f"{listed(lost)} does not become ambient: {rule}"
        )


def _id(node: Node, problems: list[Problem]) -> int:
    number = node.number() or 0
    if not 0 <= number <= LAST_ID:
        raise node.error(f"an id from 0 to {LAST_ID}")
    if number >= 2**31:
        problems.append(depends(node, "id-out-of-range", "runc 1.1 refuses ids from 2**31 on, and crun takes them"))
    return number


def _lists(state: CapState) -> dict[str, list[str]]:
    return {name: [_SPELLING.write(cap) for cap in getattr(state, name)] for name in THREAD_SETS}
