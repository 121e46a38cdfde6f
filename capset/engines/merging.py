"""What becomes of the two lists: one small function a family of engines.

Each takes the list to add, the list to drop, the engine's default and what ALL stands for. They
differ in what ALL does to the rest of its list, in whether add or drop has the last word, and in what
they refuse. Names that an engine does not know never get here.
"""

from __future__ import annotations

from collections.abc import Callable

from capset.engines.spelling import Asked
from capset.sets import CapSet

__all__ = ["MERGES", "Merge", "MergeError"]

Merge = Callable[[Asked, Asked, CapSet, CapSet], CapSet]

_NONE = CapSet()


class MergeError(Exception):
    """The two lists contradict each other.

    Attributes:
        names: What stands in both, or cannot stand there.
        reason: Why the engine does not take that.
    """

    def __init__(self, *names: str, reason: str = "it stands in both lists") -> None:
        super().__init__(*names)
        self.names = names
        self.reason = reason


def _docker(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    if add.all:
        return everything - drop.caps  # ALL among the dropped does not count
    return (_NONE if drop.all else default - drop.caps) | add.caps


def _docker_before_19_03(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    base = everything if add.all else default
    return (_NONE if drop.all else base - drop.caps) | add.caps


def _podman(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    if add.all and drop.all:
        raise MergeError("ALL")
    if drop.all:
        return add.caps  # even those that are dropped by name as well
    if add.all:
        return everything - drop.caps
    if both := add.caps & drop.caps:
        raise MergeError(*both.names())
    return (default | add.caps) - drop.caps


def _podman_before_3_2(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    if add.all and not drop.all:
        return everything  # whatever is dropped by name
    return _podman(add, drop, default, everything)


def _podman_before_2(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    if add.all and drop.all:
        raise MergeError("ALL")
    if both := add.caps & drop.caps:
        raise MergeError(*both.names())  # before anything else, so even where ALL is dropped
    return _docker(add, drop, default, everything)


def _cri_o_before_1_21_1(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    # The default was among what is added, so not even dropping ALL took it away.
    base = everything if add.all and not drop.all else _NONE
    return (base | default | add.caps) - drop.caps


def _kubernetes(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    base = everything if add.all else default
    return ((_NONE if drop.all else base) | add.caps) - drop.caps


def _nerdctl(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    base = _NONE if drop.all else default
    granted = everything if add.all else base | add.caps
    return granted if drop.all else granted - drop.caps


def _nerdctl_before_0_7_3(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    if add == drop == Asked():
        return default
    granted = everything if add.all else add.caps  # in place of the default, also where nothing is added
    return granted if drop.all else granted - drop.caps


def _buildah_run(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    if drop.all:
        return _NONE  # whatever is added
    return (everything if add.all else default | add.caps) - drop.caps


def _nomad(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    return (_NONE if drop.all else default - drop.caps) | (everything if add.all else add.caps)


def _nspawn(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    granted = everything if add.all else default | add.caps
    return _NONE if drop.all else granted - drop.caps


def _bubblewrap(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    # It goes by the order on its command line; here what is dropped stands first.
    return (_NONE if drop.all else default - drop.caps) | (everything if add.all else add.caps)


def _lxc(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    if add.cleared:  # an empty lxc.cap.keep takes back what is dropped too, and that stands before it
        return add.caps if add.caps or add.nothing else everything
    return _lxc_before_4_0_11(add, drop, default, everything)


def _lxc_before_4_0_11(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    if not (add.caps or add.nothing):
        return (everything if drop.cleared else default) - drop.caps
    if drop.caps or (default != everything and not drop.cleared):
        raise MergeError(
            *(add.caps.names() or ["none"]), reason="lxc.cap.keep cannot stand beside lxc.cap.drop, also of common.conf"
        )
    return add.caps


def _fixed(add: Asked, drop: Asked, default: CapSet, everything: CapSet) -> CapSet:
    return default


MERGES: dict[str, Merge] = {
    "docker": _docker,
    "docker before 19.03": _docker_before_19_03,
    "podman": _podman,
    "podman before 3.2": _podman_before_3_2,
    "podman before 2.0": _podman_before_2,
    "kubernetes": _kubernetes,
    "cri-o before 1.21.1": _cri_o_before_1_21_1,
    "nerdctl": _nerdctl,
    "nerdctl before 0.7.3": _nerdctl_before_0_7_3,
    "buildah run": _buildah_run,
    "nomad": _nomad,
    "nspawn": _nspawn,
    "bubblewrap": _bubblewrap,
    "lxc": _lxc,
    "lxc before 4.0.11": _lxc_before_4_0_11,
    "fixed": _fixed,
}
