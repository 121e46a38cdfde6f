"""How the public names look to a type checker. Checked by mypy and pyright, never run."""

from collections.abc import Iterator
from typing import assert_type

import capset
from capset import Cap, CapDiff, CapInfo, CapSet, CapState, Ids, Securebits, StateDiff, engines, live

a, b = CapSet(), CapSet.parse("kill")

assert_type(Cap.KILL.mask, int)
assert_type(Cap.parse("kill"), Cap)
assert_type(Cap(41), Cap)
assert_type(Cap.KILL.info, CapInfo)
assert_type(Cap.KILL.info.split_from, Cap | None)
assert_type(capset.LAST_CAP, Cap)

assert_type(a | b, CapSet)
assert_type(a & {Cap.KILL}, CapSet)
assert_type(a - {"kill"}, CapSet)
assert_type(a ^ frozenset({5}), CapSet)
assert_type(a <= b, bool)
assert_type(Cap.KILL in a, bool)
assert_type(iter(a), Iterator[Cap])
assert_type(a.union([1], {"kill"}, b), CapSet)
assert_type(a.names(), list[str])
assert_type(a.unknown, CapSet)
assert_type(a.diff(b), CapDiff)
assert_type(CapSet.from_mask(1), CapSet)
assert_type(CapSet.all(last_cap=36), CapSet)
assert_type(capset.DOCKER_DEFAULT, CapSet)

assert_type(a.diff(b).apply(a), CapSet)
assert_type(CapDiff.parse("+kill").then(CapDiff(dropped=["kill"])), CapDiff)

state = CapState(effective=["kill"], permitted=b)
assert_type(state.effective, CapSet)
assert_type(state.diff(state), StateDiff)
assert_type(state.diff(state).effective, CapDiff)
assert_type(state.violations(), list[str])

assert_type(Securebits(5).locked, Securebits)

status = live.read("self", tid=None, proc="/proc", user_ns=True)
assert_type(status, live.ProcStatus)
assert_type(status.uids, Ids)
assert_type(status.uids.effective, int)
assert_type(status.caps, CapState)
assert_type(status.no_new_privs, bool | None)
assert_type(live.parse_status(b""), live.ProcStatus)
assert_type(next(live.scan(threads=True)), live.ProcStatus)
assert_type([error.pid for error in live.scan().gone], list[int | str])
assert_type(live.last_cap(), Cap)
assert_type(live.supported(proc="/host/proc"), CapSet)
docker = engines.get("docker", version=None)
assert_type(docker.default, CapSet)
assert_type(docker.source.commit, str)
assert_type(docker.resolve(add=["ALL"], drop=(Cap.KILL,), available=CapSet.all()), CapSet)
assert_type(docker.resolve(engines.Request(["ALL"])), CapSet)
assert_type(docker.resolution(["kill"]).warnings, tuple[str, ...])
assert_type(docker.container(add=a, uid=1000, no_new_privs=True, privileged=False), CapState)
assert_type(docker.request({"kill"}), engines.Request)
assert_type(docker.flags(a), list[str])
assert_type(engines.recognise(state), list[engines.Match])
assert_type(engines.recognise(state)[0].engine, engines.Engine)
assert_type(engines.versions("docker")[0].releases, tuple[engines.Release, ...])

CapSet.from_mask("ff")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
CapSet.from_hex(255)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
CapSet([1.5])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
CapState(CapSet())  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
a | [1]  # type: ignore[operator] # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
a.mask = 5  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
status.pid = 5  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
docker.resolve(add=5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
engines.get("docker", 20.10)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
live.read("init")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
