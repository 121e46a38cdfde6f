"""capset(2) and the operations of prctl(2): what a thread may do to its own capabilities and securebits."""

from __future__ import annotations

import errno
from collections.abc import Iterable

from capset.capability import Cap
from capset.errors import shown
from capset.kernel.draft import Draft, explainer, system_call
from capset.kernel.releases import NEWEST, Rules
from capset.securebits import Securebits
from capset.sets import CapSet
from capset.summary import listed

__all__ = [
    "ambient_clear_all",
    "ambient_lower",
    "ambient_raise",
    "capbset_drop",
    "capset",
    "explain_ambient_clear_all",
    "explain_ambient_lower",
    "explain_ambient_raise",
    "explain_capbset_drop",
    "explain_capset",
    "explain_set_keepcaps",
    "explain_set_no_new_privs",
    "explain_set_securebits",
    "set_keepcaps",
    "set_no_new_privs",
    "set_securebits",
]

_EXEC_BITS = Securebits.EXEC_RESTRICT_FILE | Securebits.EXEC_DENY_INTERACTIVE
_UNPRIVILEGED = _EXEC_BITS | _EXEC_BITS.lock
_FLAGS = Securebits(0b010101010101)


@system_call
def capset(
    draft: Draft,
    *,
    effective: Iterable[Cap | int | str],
    permitted: Iterable[Cap | int | str],
    inheritable: Iterable[Cap | int | str],
    rules: Rules | str = NEWEST,
) -> None:
    """Replace three of the thread's sets: capset(2).

    Capabilities that the kernel does not have are dropped from all three without a word.

    Args:
        cred: The thread's credentials.
        effective: The new effective set.
        permitted: The new permitted set.
        inheritable: The new inheritable set.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: one of the sets may not have a capability.

    Source:
        Linux ``security/commoncap.c``, ``cap_capset()``.

    Examples:
        >>> from capset import CapState, kernel
        >>> cred = kernel.Credentials(caps=CapState(permitted=["kill"], bounding=["kill"]))
        >>> print(kernel.capset(cred, effective=["kill"], permitted=["kill"], inheritable=["kill"]).caps)
        effective: CAP_KILL
        permitted: CAP_KILL
        inheritable: CAP_KILL
        bounding: CAP_KILL
        ambient:
        >>> kernel.capset(cred, effective=[], permitted=["chown"], inheritable=[])
        Traceback (most recent call last):
        capset.errors.KernelError: EPERM: CAP_CHOWN cannot become permitted, as it is not \
(rule capset-permitted: P'(permitted) within P(permitted))
    """
    old, supported = draft.old.caps, draft.supported
    asked = {
        "effective": CapSet(effective) & supported,
        "permitted": CapSet(permitted) & supported,
        "inheritable": CapSet(inheritable) & supported,
    }
    beyond = asked["inheritable"] - old.inheritable - old.permitted
    if beyond and not draft.old.capable(Cap.SETPCAP):
        why = (
            f"{listed(beyond)} cannot become inheritable, as it is neither that nor permitted, and CAP_SETPCAP is not "
        )
        why += "effective"
        draft.refuse(errno.EPERM, "capset-inheritable", why, beyond)
    if beyond := asked["inheritable"] - old.inheritable - old.bounding:
        why = f"{listed(beyond)} cannot become inheritable, as it is neither that nor in the bounding set"
        draft.refuse(errno.EPERM, "capset-bounding", why, beyond)
    if beyond := asked["permitted"] - old.permitted:
        draft.refuse(errno.EPERM, "capset-permitted", f"{listed(beyond)} cannot become permitted, as it is not", beyond)
    if beyond := asked["effective"] - asked["permitted"]:
        why = f"{listed(beyond)} cannot become effective, as it is not to be permitted"
        draft.refuse(errno.EPERM, "capset-effective", why, beyond)
    for name, caps in asked.items():
        draft.give(name, caps, "asked", "capset(2) asks for it")
        draft.take(name, draft[name] - caps, "asked", "capset(2) leaves it out")
    lost = draft["ambient"] - (asked["permitted"] & asked["inheritable"])
    draft.take("ambient", lost, "capset-ambient", "what is ambient is permitted and inheritable too")


@system_call
def capbset_drop(draft: Draft, cap: Cap | int | str, *, rules: Rules | str = NEWEST) -> None:
    """Drop a capability from the bounding set: ``prctl(PR_CAPBSET_DROP)``.

    Args:
        cred: The thread's credentials.
        cap: The capability. The other sets keep it.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: CAP_SETPCAP is not effective. EINVAL: the kernel has no such capability.

    Source:
        Linux ``security/commoncap.c``, ``cap_prctl_drop()``.

    Examples:
        >>> from capset import CapState, kernel
        >>> root = kernel.Credentials(caps=CapState(effective=["setpcap"], permitted=["setpcap"], bounding=["kill"]))
        >>> kernel.capbset_drop(root, "kill").caps.bounding
        CapSet()
    """
    draft.needs(Cap.SETPCAP, "bounding-drop", "dropping from the bounding set")
    draft.take("bounding", _one(draft, cap), "asked", "prctl(2) asks for it to be dropped")


@system_call
def ambient_raise(draft: Draft, cap: Cap | int | str, *, rules: Rules | str = NEWEST) -> None:
    """Make a capability ambient: ``prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE)``.

    Args:
        cred: The thread's credentials.
        cap: The capability, which must be permitted and inheritable.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: it is not permitted or not inheritable, or SECBIT_NO_CAP_AMBIENT_RAISE is set.
            EINVAL: the kernel has no such capability, or no ambient set.

    Source:
        Linux ``security/commoncap.c``, ``cap_task_prctl()``.

    Examples:
        >>> from capset import CapState, kernel
        >>> cred = kernel.Credentials(caps=CapState(permitted=["kill"], inheritable=["kill"]))
        >>> kernel.ambient_raise(cred, "kill").caps.ambient
        CapSet.parse('CAP_KILL')
    """
    _check_ambient_set(draft)
    one = _one(draft, cap)
    for name in ("permitted", "inheritable"):
        if not one <= draft[name]:
            draft.refuse(errno.EPERM, "ambient-raise", f"{one} cannot become ambient, as it is not {name}", one)
    if draft.securebits & Securebits.NO_CAP_AMBIENT_RAISE:
        draft.refuse(errno.EPERM, "ambient-raise", "SECBIT_NO_CAP_AMBIENT_RAISE is set")
    draft.give("ambient", one, "asked", "prctl(2) asks for it to be raised")


@system_call
def ambient_lower(draft: Draft, cap: Cap | int | str, *, rules: Rules | str = NEWEST) -> None:
    """Take a capability out of the ambient set: ``prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER)``.

    Args:
        cred: The thread's credentials.
        cap: The capability.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EINVAL: the kernel has no such capability, or no ambient set.

    Source:
        Linux ``security/commoncap.c``, ``cap_task_prctl()``.

    Examples:
        >>> from capset import CapState, kernel
        >>> caps = CapState(permitted=["kill"], inheritable=["kill"], ambient=["kill"])
        >>> kernel.ambient_lower(kernel.Credentials(caps=caps), "kill").caps.ambient
        CapSet()
    """
    _check_ambient_set(draft)
    draft.take("ambient", _one(draft, cap), "ambient-lower", "prctl(2) asks for it to be lowered")


@system_call
def ambient_clear_all(draft: Draft, *, rules: Rules | str = NEWEST) -> None:
    """Empty the ambient set: ``prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)``.

    Args:
        cred: The thread's credentials.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EINVAL: the kernel has no ambient set.

    Source:
        Linux ``security/commoncap.c``, ``cap_task_prctl()``.

    Examples:
        >>> from capset import CapState, kernel
        >>> caps = CapState(permitted=["kill"], inheritable=["kill"], ambient=["kill"])
        >>> kernel.ambient_clear_all(kernel.Credentials(caps=caps)).caps.ambient
        CapSet()
    """
    _check_ambient_set(draft)
    draft.take("ambient", draft["ambient"], "ambient-lower", "prctl(2) asks for the set to be cleared")


@system_call
def set_securebits(draft: Draft, bits: Securebits | int, *, rules: Rules | str = NEWEST) -> None:
    """Set all securebits: ``prctl(PR_SET_SECUREBITS)``.

    Args:
        cred: The thread's credentials.
        bits: The new securebits, of which the kernel looks at 64.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: a locked bit or a lock would change, the kernel does not know a bit, or
            CAP_SETPCAP is not effective.

    Source:
        Linux ``security/commoncap.c``, ``cap_task_prctl()``.

    Examples:
        >>> from capset import CapState, Securebits, kernel
        >>> root = kernel.Credentials(caps=CapState(effective=["setpcap"], permitted=["setpcap"]))
        >>> locked = kernel.set_securebits(root, Securebits.NOROOT | Securebits.NOROOT_LOCKED)
        >>> kernel.set_securebits(locked, 0)
        Traceback (most recent call last):
        capset.errors.KernelError: EPERM: SECBIT_NOROOT is locked \
(rule securebits-locked: a bit whose lock is set cannot change, and a lock stays)
    """
    if not isinstance(bits, int) or isinstance(bits, bool):
        raise TypeError(f"securebits are Securebits or a number, got {shown(bits)}")
    old, new = int(draft.securebits), int(bits) % 2**64
    changed = old ^ new
    if locked := Securebits(draft.securebits.locked & changed):
        draft.refuse(errno.EPERM, "securebits-locked", f"{locked} is locked")
    if unlocked := Securebits(old & _FLAGS.lock & changed):
        draft.refuse(errno.EPERM, "securebits-locked", f"{unlocked} cannot be taken back")
    if unknown := new & ~int(draft.rules.securebits):
        draft.refuse(errno.EPERM, "securebits-known", f"the kernel knows no securebits {unknown:#x}")
    only_unprivileged = changed and not changed & ~int(_UNPRIVILEGED) and draft.rules.exec_securebits
    if not only_unprivileged:
        draft.needs(Cap.SETPCAP, "securebits-setpcap", "changing these securebits, or none,")
    draft.securebits = Securebits(new)
    draft.notes.append(f"the securebits become {draft.securebits}")


@system_call
def set_keepcaps(draft: Draft, on: bool | int, *, rules: Rules | str = NEWEST) -> None:
    """Set or clear SECBIT_KEEP_CAPS: ``prctl(PR_SET_KEEPCAPS)``.

    Args:
        cred: The thread's credentials.
        on: True or False; 1 or 0.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: the bit is locked. EINVAL: *on* is another number.

    Source:
        Linux ``security/commoncap.c``, ``cap_task_prctl()``.

    Examples:
        >>> from capset import kernel
        >>> kernel.set_keepcaps(kernel.Credentials(), True).securebits
        Securebits.KEEP_CAPS
    """
    if not isinstance(on, int):
        raise TypeError(f"keepcaps is True or False, got {shown(on)}")
    if on not in {0, 1}:
        draft.refuse(errno.EINVAL, "keepcaps", f"keepcaps is 0 or 1, not {shown(on)}")
    if draft.securebits & Securebits.KEEP_CAPS_LOCKED:
        draft.refuse(errno.EPERM, "keepcaps", "SECBIT_KEEP_CAPS is locked")
    kept = draft.securebits & ~Securebits.KEEP_CAPS
    draft.securebits = kept | Securebits.KEEP_CAPS if on else kept
    draft.notes.append(f"SECBIT_KEEP_CAPS is {'set, until the next execve(2)' if on else 'cleared'}")


@system_call
def set_no_new_privs(draft: Draft, *, rules: Rules | str = NEWEST) -> None:
    """Set no_new_privs, which stays: ``prctl(PR_SET_NO_NEW_PRIVS, 1)``.

    Args:
        cred: The thread's credentials.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Source:
        Linux ``kernel/sys.c``, ``prctl()``; prctl(2), PR_SET_NO_NEW_PRIVS.

    Examples:
        >>> from capset import kernel
        >>> kernel.set_no_new_privs(kernel.Credentials()).no_new_privs
        True
    """
    draft.no_new_privs = True
    draft.notes.append("no_new_privs is set, and stays: execve(2) gives nothing more than the thread has")


def _check_ambient_set(draft: Draft) -> None:
    if not draft.rules.ambient:
        draft.refuse(errno.EINVAL, "ambient-set", "the kernel has no ambient set")


def _one(draft: Draft, cap: Cap | int | str) -> CapSet:
    """Return a capability that the kernel has; refuse another one."""
    if not isinstance(cap, int | str) or isinstance(cap, bool):
        raise TypeError(f"expected one capability, got {shown(cap)}")
    number = Cap.parse(cap) if isinstance(cap, str) else int(cap)
    if not 0 <= number <= max(draft.supported):
        draft.refuse(errno.EINVAL, "capability", f"the kernel has no capability {shown(int(number))}", number)
    return CapSet([number])


explain_capset = explainer(capset)
explain_capbset_drop = explainer(capbset_drop)
explain_ambient_raise = explainer(ambient_raise)
explain_ambient_lower = explainer(ambient_lower)
explain_ambient_clear_all = explainer(ambient_clear_all)
explain_set_securebits = explainer(set_securebits)
explain_set_keepcaps = explainer(set_keepcaps)
explain_set_no_new_privs = explainer(set_no_new_privs)
