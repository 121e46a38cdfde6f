"""A value of every kind that goes into plain JSON types, for tests that take it there and back."""

from __future__ import annotations

from capset import (
    DOCKER_DEFAULT,
    Cap,
    CapDiff,
    CapSet,
    CapState,
    FileCaps,
    compare,
    documents,
    engines,
    kernel,
    live,
    operations,
    policy,
)
from capset.errors import AccessDeniedError, ProcessGoneError, StatusError
from capset.formats import libcap, limits, oci, systemd

DOCKER = engines.get("docker")
STATUS = live.parse_status(
    b"Name:\ta\xff\x1b\nTgid:\t7\nPid:\t8\nPPid:\t1\nUid:\t0\t1\t2\t3\nGid:\t4\t5\t6\t7\nGroups:\t8 9\n"
    b"CapInh:\t0000000000000001\nCapPrm:\t0000000000000003\nCapEff:\t0000000000000002\nCapBnd:\tffffffffffffffff\n"
)
SNAPSHOT = live.Snapshot(
    [STATUS],
    proc="/host/proc",
    gone=[ProcessGoneError("/proc/5/status", 5)],
    denied=[AccessDeniedError("/proc/5/status", 5, 6)],
    malformed=[StatusError("s", "CapEff", "hexadecimal digits", 3, "x")],
    failed=[OSError(5, "Input/output error", "/proc/6/status")],
)
INSIDE = kernel.unshare_user(kernel.Credentials(uids=1000, gids=1000, caps=CapState(bounding=DOCKER_DEFAULT)))
SCRIPT = kernel.Executable(mode=0o4755, caps=FileCaps(), script=kernel.Executable(path="/x"))
COMPOSE = "services: {web: {image: x, cap_add: [NET_ADMIN, FOO], user: www}}"
WORKLOADS = [
    *documents.read(COMPOSE, dialect="compose"),
    *documents.read("[Service]\nCapabilityBoundingSet=CAP_KILL\n"),
]
REPORT = documents.lint(WORKLOADS)
POD = {"spec": {"containers": [{"name": "web", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}}

RAISED = kernel.Credentials(uids=1000, gids=1000, caps=CapState(permitted=["net_raw"], bounding=["net_raw"]))
TRACED = documents.read(
    "type=AVC msg=audit(1.0:4): avc:  denied  { kill } for  pid=5 capability=5 tclass=capability\n"
    "type=SYSCALL msg=audit(1.0:5): syscall=59 success=yes pid=5 uid=5 euid=5 suid=5 fsuid=5 gid=0\n"
    "type=BPRM_FCAPS msg=audit(1.0:5): fver=2 fp=20 fi=0 fe=1 old_pp=0 old_pi=0 old_pe=0 old_pa=0 "
    "pp=20 pi=0 pe=20 pa=0 frootid=0\n",
    dialect="audit",
)

VALUES = [
    CapSet([63]), CapState(bounding=[63]), CapDiff.parse("+kill -63"), CapState().diff(DOCKER.container()),
    FileCaps(permitted=["kill"], rootid=5), STATUS, SNAPSHOT, engines.Request(["x"], ["ALL"], user="u"), DOCKER,
    engines.get("docker", "1.2"), engines.versions("podman")[2], *engines.recognise(DOCKER.container())[:3],
    engines.versions("docker")[0].releases[0], *DOCKER.facts, kernel.INITIAL, INSIDE.user_ns, INSIDE, SCRIPT,
    kernel.explain_execve(INSIDE, SCRIPT), kernel.explain_setuid(INSIDE, 55), kernel.explain_capbset_drop(INSIDE, 55),
    kernel.explain_ambient_raise(INSIDE, "kill"), kernel.why(INSIDE, "kill"), kernel.why(INSIDE, "kill").ways,
    *kernel.histories(INSIDE)[:1], kernel.RULES["root"], kernel.Rules.of("6.1"),
    kernel.explain_execve(INSIDE, SCRIPT).reasons[0],
    compare(a=CapSet(["kill"]), b=DOCKER, c=STATUS, d=CapState()).of("bounding").all(), Cap.SYSLOG.info,
    libcap.iab_from_text("^cap_kill"), systemd.from_unit("[Service]\nUser=5\nCapabilityBoundingSet=CAP_KILL"),
    oci.from_process({"capabilities": {"bounding": ["CAP_KIL"]}}), *WORKLOADS, *REPORT, *REPORT.outcomes,
    documents.convert(documents.read("docker run --cap-add NET_ADMIN x"), "kubernetes"), *policy.pod_security(POD),
    *documents.convert(documents.read(COMPOSE.replace("NET_ADMIN, FOO", "KILL")), "libcap").losses,
    *engines.aliases()[:2],
    *kernel.why(RAISED, "net_raw").ways, DOCKER.with_default(["kill"], allowed=["kill", "chown"]).setting,
    *engines.sysctls(DOCKER), *live.parse_rows("CapEff: 0000000000000020"), *TRACED[0].checks, TRACED[1].execution,
    documents.Silence(reason="it is known", where="line 5"),
    limits.from_constraints({"kind": "SecurityContextConstraints", "allowedCapabilities": ["KILL"]}),
    operations.get("io_uring_setup, io_uring_disabled 1"), operations.scope("rootless"),
    operations.can(DOCKER.container(), "mount", user_ns="rootless"), operations.Condition("port < 1024"),
    operations.Requirement.parse("kill | bpf & 63"), *operations.grants(operations.get("link"), DOCKER)[:1],
    operations.Evidence(release="6.1", date="2026-11-28", how="confirmed", needs=operations.Requirement()),
    live.Container(engine="docker", name="web", pid=5, assumed=("it runs",)),
]  # fmt: skip
VALUES = [each for value in VALUES for each in (value if type(value) is tuple else (value,))]
