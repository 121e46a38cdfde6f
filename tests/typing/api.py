"""How the public names look to a type checker. Checked by mypy and pyright, never run."""

from collections.abc import Collection, Container, Iterator, Set
from typing import Any, assert_type

from matplotlib.axes import Axes

import capset
from capset import (
    Cap,
    CapDiff,
    CapInfo,
    CapSet,
    CapState,
    Comparison,
    FileCaps,
    Ids,
    Securebits,
    StateDiff,
    arrays,
    compare,
    documents,
    engines,
    formats,
    kernel,
    live,
    policy,
)
from capset.records import Records

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
assert_type("CAP_KILL" in a, bool)
assert_type("CAP_KILL" not in a, bool)
assert_type(5 in a, bool)
as_set: Set[Cap] = a
as_collection: Collection[Cap] = a
as_container: Container[Cap] = a
assert_type(list(a), list[Cap])
assert_type(frozenset(a), frozenset[Cap])
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
assert_type(engines.recognise(state), engines.Matches)
assert_type(engines.recognise(state)[0].engine, engines.Engine)
assert_type(engines.versions("docker")[0].releases, tuple[engines.Release, ...])

request = formats.docker.from_flags(["--privileged"])
assert_type(request, engines.Request)
assert_type(request.uid, int | None)
assert_type(request.problems, tuple[formats.Problem, ...])
assert_type(formats.docker.to_flags(request), list[str])
assert_type(formats.docker.from_inspect([{}]), engines.Request)
assert_type(formats.compose.from_service({}), engines.Request)
assert_type(formats.compose.to_service(request), dict[str, object])
assert_type(formats.kubernetes.from_container({}, pod_security_context=None), engines.Request)
assert_type(formats.kubernetes.from_pod({}), dict[str, engines.Request])
assert_type(formats.kubernetes.to_container(request), dict[str, object])
assert_type(formats.oci.from_config({}), CapState)
assert_type(formats.oci.to_config(state), dict[str, object])
assert_type(formats.oci.from_process({}).caps, CapState)
assert_type(formats.systemd.from_unit("", version=252).bounding, CapSet | None)
assert_type(formats.systemd.to_unit(formats.systemd.Unit(ambient=["kill"])), str)
assert_type(formats.libcap.from_text("="), CapState)
assert_type(formats.libcap.to_text(state), str)
assert_type(formats.libcap.iab_from_text("").blocked, CapSet)
assert_type(formats.libcap.iab_to_text(formats.libcap.IAB(ambient=["kill"])), str)
assert_type(FileCaps(permitted=["kill"]).to_xattr(), bytes)
assert_type(FileCaps.from_xattr(b"").revision, int)
assert_type(live.file_caps("/bin/ping", follow_symlinks=False), FileCaps | None)
assert_type(next(live.scan_files("/usr")).caps, FileCaps)
assert_type(policy.pod_security({}, level="restricted", version="1.25"), policy.Findings)
assert_type(policy.beyond_default(request), CapDiff)

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
policy.pod_security({}, level="strict")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
formats.docker.from_flags(5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]

cred = kernel.Credentials(uids=1000, gids=[1, 2, 3, 4], caps=CapState(), securebits=5)
program = kernel.Executable(mode=0o4755, caps=FileCaps(permitted=["kill"]))
assert_type(cred.uids, Ids)
assert_type(cred.securebits, Securebits)
assert_type(cred.capable("kill", kernel.INITIAL), bool)
assert_type(kernel.execve(cred, program, rules=kernel.Rules(set_id="not real")), kernel.Credentials)
assert_type(kernel.setresuid(cred, 0, -1, 0), kernel.Credentials)
assert_type(kernel.setresuid(cred, 0, -1, 0, rules="5.10.223"), kernel.Credentials)
assert_type(kernel.explain_ambient_clear_all(cred, rules=kernel.Rules.of("6.1")), kernel.Explanation)
assert_type(kernel.why(cred, 5, rules="6.1").assumed, tuple[str, ...])
assert_type(kernel.changes(), tuple[kernel.Change, ...])
assert_type(live.kernel_rules(), kernel.Rules)
assert_type(engines.get("docker").container(rules="4.4.302"), CapState)
kernel.setuid(cred, 5, rules=5.10)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
assert_type(kernel.capset(cred, effective=[], permitted=[1], inheritable={"kill"}), kernel.Credentials)
assert_type(kernel.write_uid_map(cred, [(0, 1000, 1)], by="outside"), kernel.Credentials)
assert_type(kernel.explain_setgroups(cred, [1]), kernel.Explanation)
assert_type(kernel.explain_execve(cred, program).reasons, tuple[kernel.Reason, ...])
assert_type(status.diff(state), StateDiff)
assert_type(state.diff(status), StateDiff)
assert_type(engines.recognise(status), engines.Matches)
assert_type(kernel.execve(status, program), kernel.Credentials)
assert_type(kernel.why(status, 5), kernel.Answer)
assert_type(kernel.why(cred, 5).ways, tuple[kernel.Way, ...])
assert_type(kernel.histories(cred), kernel.Histories)
assert_type(kernel.histories(cred)[:1], kernel.Histories)
assert_type(live.credentials(), kernel.Credentials)
assert_type(live.read().credentials(), kernel.Credentials)
assert_type(live.securebits(), Securebits)
assert_type(live.executable("/bin/sh"), kernel.Executable)
assert_type(engines.get("docker").credentials(uid=5), kernel.Credentials)
a.diff(status)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
state.diff(a)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
kernel.why(docker, 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
kernel.setuid(cred, "root")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

comparison = compare(docker=docker, mine=status, state=state, **{"a set": a})
assert_type(comparison, Comparison)
assert_type(comparison.sets, dict[str, CapSet])
assert_type(comparison.rows, tuple[Cap, ...])
assert_type(comparison.of("bounding").all(), Comparison)
assert_type(comparison.plot(ax=None), Axes)
host = live.scan().snapshot()
assert_type(host, live.Snapshot)
assert_type(host[0], live.ProcStatus)
assert_type(host[1:], live.Snapshot)
assert_type(live.Snapshot(each for each in host), live.Snapshot)
assert_type(host.plot_tree("bounding"), Axes)
assert_type(host.to_records(), Records)
assert_type(host.to_records()[0], dict[str, Any])
assert_type(a.to_records()[:1], Records)
assert_type(engines.versions("docker"), engines.Versions)
assert_type(engines.versions("docker")[1:], engines.Versions)
assert_type(engines.recognise(state)[:5], engines.Matches)
host.plot(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

[workload] = documents.read("docker run web", name="run.sh")
assert_type(documents.dialect_of(b""), str)
assert_type(workload, documents.Workload)
report = documents.lint(workload, engine=engines.get("podman"), policy="baseline", systemd=252)
assert_type(report, documents.Report)
assert_type(report[0], documents.Finding)
assert_type(report[1:], documents.Report)
assert_type(report.outcomes[0].gets, CapState | None)
assert_type(report.to_records(), Records)
assert_type(documents.convert([workload], "compose", writes=engines.get("cri-o")).losses[0].rule, str)
assert_type(documents.DIALECTS["docker"].engine, str)

found = arrays.prevalence([a, 1, None], counts=[1, 2, 3])
assert_type(found["net_raw"], int)
assert_type(found.share(1), float)
assert_type(found.plot(), Axes)
assert_type(arrays.unique([a])[0], tuple[CapSet, int])
assert_type(arrays.unique([a])[1:], arrays.Unique)
assert_type(arrays.names([a]).labels, list[str])
assert_type(arrays.diff([1], a).to_records(), Records)
arrays.holds([1], all=[1.5])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
