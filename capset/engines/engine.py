"""Engine: what one version of a container engine gives, and how to ask it for a set."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from capset import kernel
from capset.capability import Cap
from capset.engines.behaviour import Behaviour, Fact
from capset.engines.process import Placement, after_execve, before_execve, impossible
from capset.engines.releases import Release, key
from capset.engines.request import Request, yes_or_no
from capset.engines.rules import Resolution
from capset.engines.setting import GIVEN, Setting
from capset.engines.shortest import candidates, shortest
from capset.errors import ArgumentError, RequestError, UnavailableError, require, shown
from capset.plain import Plain
from capset.problem import Problem
from capset.sets import CapSet
from capset.shown import Shown
from capset.source import Source
from capset.state import CapState
from capset.summary import listed

if TYPE_CHECKING:
    from capset.engines.judging import Judge

__all__ = ["LAST_ID", "Engine", "user_id"]

_ALL = CapSet.all()
LAST_ID = 2**32 - 2
"""The last user id; the one after it means none."""


@frozen(kw_only=True, repr=False)
class Engine(Plain, Shown):
    """A container engine, as some of its releases behave.

    Attributes:
        name: Its name, in lower case.
        title: Its name as its makers write it, and how it is set up where that matters.
        about: What is meant by it, in a sentence or two.
        version: The version that was asked for; empty for the newest that there are facts about.
        releases: The releases that behave alike, in stretches; empty where the facts name no release.
        read_to: The newest of all releases whose source or documents were read, such as ``"29.7.2"``; None where the
            facts name no release.
        facts: Where its default, its sets and its rules come from, in this order.
        setting: What :meth:`with_default` was told; None for the engine as it was released.
    """

    name: str
    title: str
    about: str
    version: str
    releases: tuple[Release, ...]
    read_to: str | None = None
    facts: tuple[Fact, ...]
    _behaviour: Behaviour = field(alias="behaviour")
    setting: Setting | None = None

    _plain = ("name", "version", "releases", "setting")

    @classmethod
    def _of_plain(cls, **entries: Any) -> Engine:
        from capset.engines.catalogue import find

        setting = entries.pop("setting")
        released = find(**entries)
        return released if setting is None else released._as_set(setting)

    def __str__(self) -> str:
        if self.setting is None or not self.setting.source:
            return self._released
        from capset.printable import printable

        return f"{self._released} ({printable(self.setting.source)})"

    @property
    def _released(self) -> str:
        return f"{self.title} {self.version}".rstrip()

    @property
    def assumed(self) -> tuple[str, ...]:
        """What is not known of this version and was assumed, a sentence each: that it is newer than all that was read.

        Examples:
            >>> from capset import engines
            >>> engines.get("docker", "28.5.2").assumed
            ()
            >>> engines.get("docker", "99").assumed
            ('Docker Engine 99 is newer than ..., the newest release that was read, and is taken to do the same',)
        """
        if not self.version or self.read_to is None or key(self.version, 0) <= key(self.read_to):
            return ()
        newest = f"{self.read_to}, the newest release that was read"
        return (f"{self._released} is newer than {newest}, and is taken to do the same",)

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names that people type for it, beside its own: those of :func:`capset.engines.aliases` that stand for it.

        Examples:
            >>> from capset import engines
            >>> engines.get("cri-o").aliases
            ('crio', 'openshift', 'ocp', 'okd')
        """
        from capset.engines.alias import aliases

        return tuple(alias.name for alias in aliases() if alias.engines == (self.name,))

    @property
    def default(self) -> CapSet:
        """What a container gets when nothing is asked for, by an engine that holds every known capability."""
        return self._behaviour.default(_ALL)

    @property
    def placements(self) -> dict[str, Placement]:
        """What is written into the five sets of the container's configuration, by whom it is for."""
        does = self._behaviour
        placements = {
            "root": does.root,
            "another user": does.other,
            "privileged": does.privileged,
            "privileged, another user": does.privileged_other,
        }
        return {user: placement for user, placement in placements.items() if placement}

    @property
    def source(self) -> Source:
        """Where the default was read."""
        return self.facts[0].sources[0]

    def with_default(
        self,
        caps: Iterable[Cap | int | str],
        *,
        allowed: Iterable[Cap | int | str] | None = None,
        inheritable: bool | None = None,
    ) -> Engine:
        """Return the engine as its configuration sets it.

        :mod:`capset.formats.configuration` reads ``containers.conf``, ``crio.conf`` and the ``allow_caps`` of Nomad.

        Args:
            caps: What a container gets when nothing is asked for.
            allowed: What may be added. If not given, what may be added to containers of this engine anyway, which
                for most is everything; ``CapSet.all()`` lifts a restriction.
            inheritable: Whether what is on a container's list is inheritable too, as CRI-O's
                ``add_inheritable_capabilities`` makes it. If not given, as of this engine.

        Raises:
            UnknownCapabilityError: A name is no capability.
            TypeError: A set is a single text, or *inheritable* no bool.

        Examples:
            >>> from capset import engines
            >>> ours = engines.get("podman").with_default(["chown", "setuid", "setgid"])
            >>> print(ours.resolve(add=["NET_RAW"]))
            CAP_CHOWN,CAP_SETGID,CAP_SETUID,CAP_NET_RAW
            >>> ours.flags(["chown"])
            ['--cap-drop=ALL', '--cap-add=CHOWN']
            >>> engines.get("docker").with_default([], allowed=["chown"]).resolve(add=["KILL"])
            Traceback (most recent call last):
            capset.errors.NotAllowedError: Docker Engine refuses to add 'CAP_KILL': only these may be added: CAP_CHOWN
        """
        if inheritable is not None:
            yes_or_no(inheritable, "inheritable")
        before = self.setting
        may_add = None if allowed is None else CapSet(allowed)
        return self._as_set(
            Setting(
                default=CapSet(caps),
                allowed=before.allowed if may_add is None and before else may_add,
                inheritable=before.inheritable if inheritable is None and before else inheritable,
            )
        )

    def _as_set(self, setting: Setting) -> Engine:
        given = Fact(about="default", confidence="given", sources=(GIVEN,))
        facts = (given, *self.facts[1:])
        return evolve(self, facts=facts, behaviour=self._behaviour.as_set(setting), setting=setting)

    def resolve(
        self,
        add: Iterable[str | Cap] | Request = (),
        drop: Iterable[str | Cap] = (),
        *,
        privileged: bool = False,
        available: CapSet | None = None,
    ) -> CapSet:
        """Return the set that a container gets.

        Args:
            add: The names to add, as they are written for this engine, or capabilities, which are
                written as it takes them. Or a whole :class:`Request`, and nothing else.
            drop: The names to drop.
            privileged: Whether the container is a privileged one.
            available: What the engine holds itself, which limits what it can give: by default all
                that capset knows. ``CapSet.all(n)`` stands for a kernel whose last capability is *n*.

        Raises:
            UnknownNameError: The engine knows no capability of that name.
            UnavailableError: The engine does not hold a capability that it was to give.
            ContradictionError: It refuses a name that stands in both lists.
            NotAllowedError: Its configuration allows only some capabilities to be added.
            UnsupportedOptionError: It has no option that adds, or drops, or makes privileged.
            UnknownCapabilityError: A capability is given that has no name to be written with.
            TypeError: A list is a single text, or holds something else than names and capabilities.

        Examples:
            >>> from capset import engines
            >>> docker = engines.get("docker")
            >>> print(docker.default.diff(docker.resolve(add=["net_admin"], drop=["CAP_MKNOD"])))
            +CAP_NET_ADMIN -CAP_MKNOD
            >>> print(docker.resolve(add=["chown"], drop=["ALL"]))
            CAP_CHOWN
        """
        held = _ALL if available is None else CapSet(available)
        caps = self.resolution(add, drop, privileged=privileged, available=held).caps
        if beyond := caps - held:
            raise self._unavailable(beyond, held)
        return caps

    def resolution(
        self,
        add: Iterable[str | Cap] | Request = (),
        drop: Iterable[str | Cap] = (),
        *,
        privileged: bool = False,
        available: CapSet | None = None,
    ) -> Resolution:
        """Return the list that the engine computes and hands to its runtime, with what it passes over on the way.

        The arguments are those of :meth:`resolve`, and so are the errors, except that a capability
        which the engine does not hold is the runtime's matter: it fails for root, and for another user
        who is to have it permitted.

        Examples:
            >>> from capset import engines
            >>> resolution = engines.get("containerd").resolution(add=["CAP_NET_ADMIN"])
            >>> len(resolution.caps)
            14
            >>> resolution.warnings
            ("containerd (CRI) passes on 'CAP_CAP_NET_ADMIN', which is no capability: nothing is added",)
        """
        held = _ALL if available is None else CapSet(available)
        request = self._request(add, drop, privileged)
        return self._behaviour.rules.resolve(request, self._behaviour.default(held), held, str(self))

    def problems(
        self,
        add: Iterable[str | Cap] | Request = (),
        drop: Iterable[str | Cap] = (),
        *,
        privileged: bool = False,
    ) -> list[Problem]:
        """List which names of a request the engine refuses, and which have no effect, name by name.

        The arguments are those of :meth:`resolve`. The place of a problem is such as ``add[0]``. An engine that lacks
        an option altogether, or does not allow a capability, refuses in :meth:`resolve` alone.

        Examples:
            >>> from capset import engines
            >>> for problem in engines.get("podman").problems(add=["KILL", "NET_RAWW"], drop=["KILL"]):
            ...     print(problem)
            add[1]: refused: Podman knows no capability 'NET_RAWW': did you mean NET_RAW?
            add[0]: refused: it is dropped as well, which Podman refuses
            drop[0]: refused: it is added as well, which Podman refuses
        """
        return self.judge.problems(self._request(add, drop, privileged))

    @property
    def judge(self) -> Judge:
        """What it makes of the names of a request, one by one."""
        from capset.engines.judging import Judge

        return Judge(rules=self._behaviour.rules, default=self.default, title=str(self))

    def configured(
        self,
        add: Iterable[str | Cap] | Request = (),
        drop: Iterable[str | Cap] = (),
        *,
        privileged: bool = False,
        uid: int | None = None,
        available: CapSet | None = None,
    ) -> CapState:
        """Return the five sets that the engine writes into the container's configuration (OCI's ``config.json``).

        The arguments and errors are those of :meth:`container`; these are the sets before the
        container's first execve(2).

        Examples:
            >>> from capset import engines
            >>> print(engines.get("podman").configured(add=["net_admin"], drop=["ALL"], uid=1000).ambient)
            CAP_NET_ADMIN
        """
        held = _ALL if available is None else CapSet(available)
        request = self._request(add, drop, privileged)
        listed = self._behaviour.rules.resolve(request, self._behaviour.default(held), held, str(self)).caps
        placement = self._behaviour.placement(self._uid(request, uid), request.privileged)
        added = self._behaviour.rules.added(request, held, str(self)) if placement.uses_added else CapSet()
        state = placement.fill(listed, added, held)
        if beyond := impossible(state, held):
            raise self._unavailable(beyond, held)
        return state

    def container(
        self,
        add: Iterable[str | Cap] | Request = (),
        drop: Iterable[str | Cap] = (),
        *,
        privileged: bool = False,
        uid: int | None = None,
        no_new_privs: bool | None = None,
        available: CapSet | None = None,
        rules: kernel.Rules | str | None = None,
    ) -> CapState:
        """Return what ``/proc/<pid>/status`` shows for a container's first process.

        That is after its execve(2) of a program that has no file capabilities and is not set-user-ID.

        Args:
            add: As in :meth:`resolve`.
            drop: As in :meth:`resolve`.
            privileged: As in :meth:`resolve`.
            uid: The user id of the process, in the container's user namespace: 0, or another. If not
                given, the one of the request.
            no_new_privs: Whether the process is to gain no privileges (``no-new-privileges``). If not
                given, what the request says.
            available: As in :meth:`resolve`; if not given, all that the kernel has.
            rules: Which kernel's rules: its release, or :class:`~capset.kernel.Rules`; if not given, the newest.

        Raises:
            RequestError: As in :meth:`resolve`; or the request names a user whose number is needed.
            ArgumentError: *uid* is negative or larger than 2**32 - 2.
            TypeError: *uid* is no number, or *no_new_privs* no bool.

        Examples:
            >>> from capset import engines
            >>> print(engines.get("docker").container(add=["net_admin"], drop=["all"], uid=1000))
            effective:
            permitted:
            inheritable:
            bounding: CAP_NET_ADMIN
            ambient:
        """
        cred = self.credentials(
            add, drop, privileged=privileged, uid=uid, no_new_privs=no_new_privs, available=available, rules=rules
        )
        return after_execve(cred, rules)

    def credentials(
        self,
        add: Iterable[str | Cap] | Request = (),
        drop: Iterable[str | Cap] = (),
        *,
        privileged: bool = False,
        uid: int | None = None,
        no_new_privs: bool | None = None,
        available: CapSet | None = None,
        rules: kernel.Rules | str | None = None,
    ) -> kernel.Credentials:
        """Return the credentials with which the runtime executes a container's first program.

        The arguments and errors are those of :meth:`container`. Its user namespace is taken for the initial
        one, so that it can be put before :mod:`capset.kernel`, together with any program. What is
        :attr:`assumed` of the engine goes with them.

        Examples:
            >>> from capset import FileCaps, engines, kernel
            >>> cred = engines.get("docker").credentials(uid=1000)
            >>> ping = kernel.Executable(caps=FileCaps(permitted=["net_raw"], effective=True))
            >>> print(kernel.execve(cred, ping).caps.effective)
            CAP_NET_RAW
        """
        request = self._request(add, drop, privileged)
        gains_nothing = request.no_new_privs if no_new_privs is None else no_new_privs
        yes_or_no(gains_nothing, "no_new_privs")
        by = kernel.NEWEST if rules is None else kernel.Rules.of(rules)
        every = _ALL if by.last_cap is None else CapSet.all(by.last_cap)
        held = every if available is None else CapSet(available)
        cred = before_execve(
            self.configured(request, uid=uid, available=held),
            held=held,
            uid=self._uid(request, uid),
            no_new_privs=gains_nothing or self._behaviour.no_new_privs,
            rules=by,
        )
        return evolve(cred, assumed=self.assumed) if self.assumed else cred

    def request(self, target: Iterable[Cap | int | str], *, available: CapSet | None = None) -> Request:
        """Return the request with the fewest names for which the list is exactly *target*.

        Of two that are as short, the one that drops ALL is chosen: it says what the container has, and
        still does when the engine's default changes. Privileged is never chosen where lists will do, as
        it lifts other limits too.

        It is the list of :meth:`resolve` that is meant, which a container for root gets; what another user
        has of it, and what a few engines give root instead, is told by :meth:`container`.

        Args:
            target: The capabilities that are wanted.
            available: As in :meth:`resolve`.

        Raises:
            UnreachableError: No request gives exactly that; the error says why.

        Examples:
            >>> from capset import CapSet, engines
            >>> docker = engines.get("docker")
            >>> docker.request(CapSet.parse("net_bind_service"))
            Request(add=('NET_BIND_SERVICE',), drop=('ALL',))
            >>> docker.request(docker.default - {"net_raw"})
            Request(drop=('NET_RAW',))
        """
        held = _ALL if available is None else CapSet(available)
        return shortest(self._behaviour.rules, CapSet(target), self._behaviour.default(held), held, str(self))

    def flags(self, target: Iterable[Cap | int | str], *, available: CapSet | None = None) -> list[str]:
        """Return the shortest request as it is written for the engine: :meth:`request` in its words.

        These are options of its command line where it has such, else settings and their values.

        Examples:
            >>> from capset import CapSet, engines
            >>> engines.get("docker").flags(CapSet.parse("net_bind_service"))
            ['--cap-drop=ALL', '--cap-add=NET_BIND_SERVICE']
        """
        return self.write(self.request(target, available=available))

    def write(self, request: Request) -> list[str]:
        """Write what is added and dropped as the engine takes it, what is dropped first.

        The user is left out, and so is *no_new_privs*: :mod:`capset.formats` writes both for Docker.
        """
        require(request, Request, "a Request")
        return self._behaviour.rules.write(request)

    def __repr__(self) -> str:
        from capset.engines.catalogue import place

        return place(self) or f"<Engine {str(self)!r}, which capset has no facts about>"

    def _candidates(
        self, targets: Iterable[CapSet], added: CapSet, *, available: CapSet | None = None
    ) -> Iterator[Request]:
        """List requests among which is the shortest for each target, without and with *added* among what they add."""
        held = _ALL if available is None else CapSet(available)
        yield Request()  # there are containers that get the same whatever is asked for
        for target in dict.fromkeys(targets):
            for also in dict.fromkeys((CapSet(), added)):
                yield from candidates(self._behaviour.rules, target, self._behaviour.default(held), held, also)

    def _uid(self, request: Request, uid: int | None) -> int:
        if uid is not None:
            return user_id(uid)
        if request.uid is None:
            raise RequestError(str(self), request.user, "only the image knows the number of that user; give a uid")
        if not 0 <= request.uid <= LAST_ID:
            raise RequestError(str(self), request.user, f"user ids go from 0 to {LAST_ID}")
        return request.uid

    def _unavailable(self, beyond: CapSet, held: CapSet) -> UnavailableError:
        if lacking := beyond - held:
            return UnavailableError(
                str(self), listed(lacking), "the engine does not hold it; the container does not start"
            )
        reason = (
            "it is dropped, and so not in the bounding set, and yet it is to be inheritable for another user than "
            "root, which no runtime can set; the container does not start: do not drop it, or add by name what is "
            "needed instead of ALL"
        )
        return UnavailableError(str(self), listed(beyond), reason)

    def _request(self, add: Iterable[str | Cap] | Request, drop: Iterable[str | Cap], privileged: bool) -> Request:
        if isinstance(add, Request):
            if drop or privileged:
                raise TypeError("a Request holds all that is asked for; give it alone")
            return add
        return Request(self._spelled(add), self._spelled(drop), privileged=privileged)

    def _spelled(self, names: Iterable[str | Cap]) -> Iterable[str]:
        if isinstance(names, str) or not isinstance(names, Iterable):
            return names
        return [self._behaviour.rules.spell(name) if isinstance(name, Cap) else name for name in names]


def user_id(uid: int) -> int:
    """Return a user id that may be one."""
    if isinstance(uid, bool) or not hasattr(uid, "__index__"):
        raise TypeError(f"expected a user id as a number, got {shown(uid)}")
    number = operator.index(uid)
    if not 0 <= number <= LAST_ID:
        raise ArgumentError(f"expected a user id from 0 to 2**32 - 2, got {shown(uid)}", uid)
    return number
