"""What the other tracers print: those of BPF, the audit log and strace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capset import CapSet, observed
from capset.errors import ArgumentError
from capset.observed import Call, Check, Use
from capset.observed.auditing import from_audit
from capset.observed.bpftrace import from_bpftrace
from capset.observed.call import errno_of
from capset.observed.cap_audit import from_cap_audit
from capset.observed.capable import from_capable
from capset.observed.gadget import from_gadget
from capset.observed.strace import from_strace
from capset.observed.tetragon import from_tetragon
from capset.observed.tracing import from_perf, from_trace

TRACES = Path(__file__).parent.parent.parent / "examples/traces"


def read(name: str) -> Use:
    return observed.read((TRACES / name).read_text("utf-8"))


def task(event, comm="a", pid=7):
    return f"  {comm}-{pid} [000] ..... 1.5: {event}\n"


def check(cap, ret=0, **task_):
    return task(f"cap_capable: cred 1, target_ns 2, capable_ns 2, cap {cap}, ret {ret}", **task_)


def stack(*names, **task_):
    return task("<stack trace>", **task_) + "".join(f" => {name}\n" for name in names)


# -- every recording -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tracer", "checks"),
    [
        ("bpftrace.txt", "bpftrace", 7),
        ("capable.txt", "capable", 70),
        ("capable-libbpf.txt", "capable", 72),
        ("capable-stacks.txt", "capable", 6),
        ("apparmor.txt", "audit", 9),
        ("cap-audit.json", "cap-audit", 4),
        ("cap-audit-capset.json", "cap-audit", 5),
        ("inspektor-gadget.jsonl", "gadget", 3),
        ("tetragon.jsonl", "tetragon", 2),
        ("trace-pipe.txt", "trace", 106),
        ("perf-script.txt", "perf", 55),
        ("refused-calls.txt", "trace", 70),
    ],
)
def test_what_was_recorded(name, tracer, checks):
    """All of it is understood, and nothing is lost on the way through JSON."""
    use = read(name)
    assert (use.tracer, use.unread, len(use.checks)) == (tracer, (), checks)
    again = observed.read(use.to_jsonl())
    assert (again.checks, again.calls, again.configured) == (use.checks, use.calls, use.configured)
    assert Use.from_dict(use.as_dict()) == use
    assert type(use.least()).from_dict(use.least().as_dict()) == use.least()


# -- capable ---------------------------------------------------------------------------------------


def test_threads_of_capable():
    """What capable.py calls PID is the thread, as the recorded thread of another name shows."""
    [one] = [each for each in read("capable.txt").checks if each.command == "a worker 7"]
    assert (one.pid, one.tid) == (558, 559)
    assert {each.verdict for each in read("capable.txt").checks} == {"not known"}
    other = read("capable-libbpf.txt")
    [one] = [each for each in other.checks if each.command == "a worker 7"]
    assert one.tid == one.pid + 1
    assert {each.verdict for each in other.checks} == {"granted", "denied"}


def test_stacks_of_programs():
    """With -U they stand below those of the kernel; where there is none of the kernel nothing is told."""
    row = "22:11:23  0      7      ping             13   CAP_NET_RAW          1\n"
    header = "TIME      UID    PID    COMM             CAP  NAME                 AUDIT\n"
    kernel = "        b'ns_capable+0x2 [kernel]'\n        b'f+0x1 [ip]'\n        b'inet_create+0x3 [kernel]'\n"
    program = "        b'socket+0x3 [libc.so.6]'\n        b'[unknown]'\n"
    one, two = from_capable(header + row + kernel + program + row + program).checks
    assert (one.function, one.stack) == ("f", ("ns_capable", "f", "inet_create"))
    assert (two.function, two.stack) == ("", ())
    [bare] = from_capable(header + row + "        ns_capable+2\n        inet_create+3\n").checks
    assert bare.function == "inet_create"
    missed = from_capable(header + row + "    [Missed Kernel Stack]\n")
    assert (missed.unread, missed.checks[0].stack) == ((), ())


def test_stacks_of_libbpf():
    """They are of checks long ago too, so that they belong to none."""
    header = "TIME     UID   PID     COMM             CAP     NAME                 AUDIT   VERDICT\n"
    row = "02:50:59 0     249     grep             34      CAP_SYSLOG           0       allow  \n"
    frames = "    security_capable\n    #0  0xffffffff81a7ff03 f+0x1\n    -                grep (249)\n"
    use = from_capable(header + row + frames)
    assert (use.unread, use.checks[0].stack, use.checks[0].audited) == ((), (), False)


# -- bpftrace --------------------------------------------------------------------------------------


def test_a_map_of_bpftrace():
    """Each entry is a check, as often as it was seen, with its stack."""
    use = read("bpftrace.txt")
    [chown] = [each for each in use.checks if str(each.cap) == "CAP_CHOWN"]
    assert (chown.verdict, chown.syscall, chown.function, chown.count) == (
        "denied",
        "fchownat",
        "setattr_prepare",
        1,
    )
    assert use.least().denied == CapSet(["chown"])


def test_entries_of_bpftrace():
    """A command may have commas; an entry without a stack is one line; what is no entry is told."""
    use = from_bpftrace("@[a, 5, 7, 13, 0]: 4\n@n[b, 8, 12, -1, \n    f+1\n\n]: 2\nLost 3 events\n")
    one, two = use.checks
    assert (one.command, one.pid, int(one.cap), one.count, one.line) == ("a, 5", 7, 13, 4, 1)
    assert (two.command, two.function, two.verdict, two.count, two.line) == ("b", "f", "denied", 2, 2)
    assert (use.lost, use.unread) == (3, ())
    broken = "@[a, 7, 64, 0]: 1\n@[a, 7, 1, 0]: 0\n@[a, 7, 1, 0, \n    f+1\n@[a, 7, 1, 0, \nx y\n@[a, 7, 1, 0, "
    assert [each.line for each in from_bpftrace(broken).unread] == [1, 2, 3, 5, 6, 7]
    assert from_bpftrace(broken).checks == ()


# -- calls that were refused -----------------------------------------------------------------------


def test_calls_that_were_refused():
    """Recorded with sys_exit of each call: what was asked in it, and where nothing was."""
    use = read("refused-calls.txt")
    told = {(each.syscall, each.errno, str(each.asked)) for each in use.calls}
    assert ("openat", "EACCES", "") in told  # swappiness, which no capability opens
    assert ("fchownat", "EPERM", "CAP_CHOWN") in told
    sentences = use.least().sentences()
    assert any(
        "openat() came to EACCES and no capability was asked for in it: none would mend" in each for each in sentences
    )
    assert "fchownat() came to EPERM; asked for in it: CAP_CHOWN" in sentences


def test_what_was_asked_in_a_call():
    """That of its own thread and call since the last that returned, but what is asked for memory."""
    memory = check(21, -1) + stack("cap_capable", "security_vm_enough_memory_mm", "do_mmap")
    other = check(5, -1) + stack("cap_capable", "f", "__x64_sys_kill")
    mine = check(0, -1) + stack("cap_capable", "f", "__x64_sys_chown")
    use = from_trace(memory + other + check(1, -1, pid=8) + mine + task("sys_chown -> 0xffffffffffffffff"))
    [call] = use.calls
    assert (call.syscall, call.errno, call.asked, call.command, call.line) == ("chown", "EPERM", CapSet([0]), "a", 17)
    twice = from_trace(mine + task("sys_chown -> 0x0") + task("sys_chown -> 0xfffffffffffffff3"))
    assert [(each.errno, each.asked) for each in twice.calls] == [("EACCES", CapSet())]
    unknown = from_trace(check(0, -1) + task("sys_chown -> 0xffffffffffffffff"))  # without stacks
    assert unknown.calls[0].asked == CapSet([0])
    assert from_trace(task("sys_chown -> nothing")).unread[0].line == 1


def test_calls_of_perf():
    event = "a  7 [001]  1.5: capability:cap_capable: cred 0x1, target_ns 0x2, capable_ns (nil), cap 0, ret -1\n"
    left = (
        "a  7 [001]  1.6: syscalls:sys_exit_fchownat: 0xffffffffffffffff\n\t  f95aa fchownat+0xa (/lib/libc.so.6)\n\n"
    )
    use = from_perf(event + left + left)
    assert [(each.syscall, each.errno, each.asked) for each in use.calls] == [
        ("fchownat", "EPERM", CapSet([0])),
        ("fchownat", "EPERM", CapSet()),
    ]
    assert (use.unread, observed.tracer_of(event + left)) == ((), "perf")


@pytest.mark.parametrize(
    ("returned", "errno"),
    [(-1, "EPERM"), (-13, "EACCES"), (2**64 - 1, "EPERM"), (2**64 - 13, "EACCES"), (0, ""), (1, "")],
)
def test_what_a_call_returns(returned, errno):
    assert errno_of(returned) == errno


def test_sentences_of_calls():
    """How often, what was asked, and what the table knows."""

    def told(**call):
        use = Use(tracer="strace", calls=(Call(errno="EPERM", **call),) * 2)
        return use.least().sentences()[-1]

    assert told(syscall="sethostname").startswith(
        "sethostname() came to EPERM 2 times; of CAP_SYS_ADMIN something may be missing, if that was sethostname"
    )
    assert told(syscall="getpid").endswith("the table has no operation of that call")
    assert told(syscall="165") == (
        "system call 165 came to EPERM 2 times; which call that is the log does not say, and ausearch -i does"
    )
    assert " or one of " in told(syscall="mount")
    assert str(Call(syscall="mount", errno="EPERM", command="a\x1b", asked=CapSet())) == (
        "a\\x1b: mount() came to EPERM, asked for no capability"
    )
    assert str(Call(syscall="mount", errno="EPERM", asked=CapSet([21]))).endswith(", asked for CAP_SYS_ADMIN")


# -- cap-audit -------------------------------------------------------------------------------------


def test_a_report_of_cap_audit():
    """What was granted and denied, the calls, and what was put into sets."""
    use = read("cap-audit.json")
    assert (use.granted, use.denied) == (CapSet(["fowner", "fsetid"]), CapSet(["chown", "sys_nice"]))
    denied = [each for each in use.checks if each.verdict == "denied"]
    assert [(each.syscall, each.errno) for each in denied] == [("fchownat", "EPERM"), ("setpriority", "EACCES")]
    assert [(each.syscall, each.errno, each.asked) for each in use.calls] == [
        ("fchownat", "EPERM", CapSet(["chown"])),
        ("setpriority", "EACCES", CapSet(["sys_nice"])),
    ]
    assert "cap-audit leaves out what it takes for noise itself" in use.least().sentences()
    configured = read("cap-audit-capset.json").least().configured
    assert CapSet(["kill", "sys_admin"]) <= configured
    assert not configured & CapSet(["fowner"])


def test_both_of_cap_audit():
    """One that was granted and denied is two checks; what a program has printed before it is told."""
    both = {"number": 13, "name": "net_raw", "checks": {"total": 3, "granted": 2, "denied": 1}}
    report = {"application": {"pid": 5, "comm": "a"}, "required_capabilities": [both]}
    use = from_cap_audit("[*] Capability auditor started\nhello\n" + json.dumps(report))
    assert [(each.verdict, each.count, each.line) for each in use.checks] == [("granted", 2, 3), ("denied", 1, 3)]
    assert [(each.line, each.text) for each in use.unread] == [(1, "hello")]
    succeeded = {"syscall": "f", "outcome_class": "success", "return_name": None, "errno": None, "count": 3}
    denied = {"number": 13, "name": "net_raw", "not_granted_checks": 3, "syscall_outcomes": [succeeded]}
    use = from_cap_audit(json.dumps({"required_capabilities": [], "denied_capabilities": [denied]}))
    assert (use.checks[0].errno, use.checks[0].count, use.calls) == ("0", 3, ())
    other = {"number": 13, "denied_syscalls": [], "syscall_outcomes": [{"outcome_class": "other_failure", "errno": 5}]}
    use = from_cap_audit(json.dumps({"required_capabilities": [], "denied_capabilities": [other]}))
    assert (use.checks[0].errno, use.calls) == ("5", ())


@pytest.mark.parametrize(
    "report",
    [
        {"required_capabilities": 5},
        {"required_capabilities": [5]},
        {"required_capabilities": [{"number": 99, "checks": {"granted": 1}}]},
        {"required_capabilities": [{"number": 13, "name": "kill", "checks": {"granted": 1}}]},
        {"required_capabilities": [{"name": "net_raw"}]},
        {"required_capabilities": [], "denied_capabilities": [{}]},
        {"required_capabilities": [], "capset_only_capabilities": [{"number": True}]},
        {},
    ],
)
def test_what_is_no_report(report):
    use = from_cap_audit(json.dumps(report))
    assert (use.checks, len(use.unread)) == ((), 1)


# -- Inspektor Gadget ------------------------------------------------------------------------------

GADGET = {
    "cap": "CAP_SYS_CHROOT",
    "cap_raw": 18,
    "capable": True,
    "audit": 1,
    "current_userns": 4026531837,
    "target_userns": 4026531837,
    "kstack": "[0]cap_capable; [1]security_capable; [2]ns_capable; [3]__x64_sys_chroot; [4]do_syscall_64; ",
    "syscall": "SYS_CHROOT",
    "proc": {"comm": "a b", "pid": 7, "tid": 8, "creds": {"uid": 5, "gid": 6}},
    "k8s": {"namespace": "default", "podName": "web", "containerName": "nginx"},
}


def test_inspektor_gadget():
    [one] = from_gadget(json.dumps([GADGET])).checks
    assert (one.command, one.pid, one.tid, one.uid, one.verdict, one.audited) == ("a b", 7, 8, 5, "granted", True)
    assert (one.syscall, one.function, one.container) == ("chroot", "__x64_sys_chroot", "default/web/nginx")
    assert (one.user_ns, one.outside) == ("4026531837", False)
    flat = {"comm": "a", "pid": 7, "uid": 5, "cap_raw": 0, "capable": False, "runtime": {"containerName": "x"}}
    [one] = from_gadget(json.dumps(flat)).checks
    assert (one.command, one.uid, str(one.cap), one.verdict, one.container) == ("a", 5, "CAP_CHOWN", "denied", "x")


def test_inspektor_gadget_of_before():
    """It leaves out what is 0, and so the number of CAP_CHOWN."""
    event = {"type": "normal", "capName": "CAP_CHOWN", "verdict": "Deny", "comm": "a", "namespace": "n", "pod": "p"}
    ready = {"type": "ready", "message": "all gadgets ready"}
    use = from_gadget(json.dumps(event) + "\n" + json.dumps(ready))
    [one] = use.checks
    assert (str(one.cap), one.verdict, one.audited, one.container, use.unread) == (
        "CAP_CHOWN",
        "denied",
        False,
        "n/p",
        (),
    )
    assert observed.tracer_of(json.dumps(event)) == "gadget"


def test_the_initial_user_namespace():
    """What is asked for there by a thread of another is not had, and no capability would mend that."""
    event = {**GADGET, "current_userns": 4026532000, "capable": False}
    use = from_gadget(json.dumps(event))
    assert use.checks[0].outside is True
    assert [rule.name for _, rule in use.noise()] == ["namespaces"]
    assert use.least().denied == CapSet()
    assert from_gadget(json.dumps({**event, "target_userns": 4026532001})).checks[0].outside is None


@pytest.mark.parametrize(
    "event", [{"capable": True}, {"capable": True, "cap": "CAP_X"}, {"cap_raw": 5, "cap": "CAP_CHOWN"}]
)
def test_what_is_no_event_of_a_gadget(event):
    use = from_gadget(json.dumps(event) + "\nnonsense")
    assert (use.checks, [each.line for each in use.unread]) == ((), [1, 2])


# -- Tetragon --------------------------------------------------------------------------------------


def kprobe(function="cap_capable", ret=0, **more):
    args = [
        {"user_ns_arg": {"level": 0, "ns": {"inum": 4026531837, "is_host": True}}},
        {"capability_arg": {"value": 34, "name": "CAP_SYSLOG"}},
    ]
    process = {"binary": "/bin/dmesg", "pid": 7, "tid": 8, "uid": 0, "ns": {"user": {"inum": 4026532000}}}
    return {
        "process_kprobe": {
            "process": process,
            "function_name": function,
            "args": args,
            "return": {"int_arg": ret},
            **more,
        }
    }


def test_tetragon():
    """Of cap_capable 0 is granted, of the functions that answer a bool 1 is; other events are passed over."""
    stack = [{"symbol": "cap_capable"}, {"symbol": "do_syslog"}, {"symbol": "__x64_sys_syslog"}]
    [one] = from_tetragon(json.dumps(kprobe(ret=-1, kernel_stack_trace=stack))).checks
    assert (one.command, one.pid, one.tid, one.uid, str(one.cap)) == ("/bin/dmesg", 7, 8, 0, "CAP_SYSLOG")
    assert (one.verdict, one.function, one.syscall, one.outside) == ("denied", "do_syslog", "syslog", True)
    for function, ret, verdict in (
        ("cap_capable", 0, "granted"),
        ("security_capable", -1, "denied"),
        ("ns_capable", 1, "granted"),
        ("capable", 0, "denied"),
        ("something", 0, "not known"),
    ):
        assert from_tetragon(json.dumps(kprobe(function, ret))).checks[0].verdict == verdict
    assert from_tetragon(json.dumps(kprobe(**{"return": None}))).checks[0].verdict == "not known"
    other = json.dumps({"process_exec": {"process": {"pid": 5}}}) + json.dumps(kprobe("fd_install", args=[]))
    assert from_tetragon(other) == Use(tracer="tetragon")
    assert observed.tracer_of(other) == "tetragon"


@pytest.mark.parametrize(
    "event",
    [
        kprobe(args=[]),
        kprobe(args=[{"capability_arg": {}}]),
        kprobe(args=[{"capability_arg": {"value": 5, "name": "CAP_CHOWN"}}]),
        {"x": 5},
    ],
)
def test_what_is_no_event_of_tetragon(event):
    """A function of capabilities without one is told."""
    use = from_tetragon(json.dumps(event))
    assert (use.checks, len(use.unread)) == ((), 1)


def test_containers():
    """Of pods, and of engines; a trace can be about one of them alone."""
    use = read("tetragon.jsonl")
    assert {each.container for each in use.checks} == {"default/xwing/spaceship", "cfb961400ff2"}
    assert len(use.of(containers=["cfb961400ff2"]).checks) == 1
    with pytest.raises(TypeError, match="expected names of containers, got 'x'"):
        use.of(containers="x")


# -- the audit log ---------------------------------------------------------------------------------

AVC = (
    'type=AVC msg=audit(1.2:3): avc:  denied  {{ sys_admin }} for  pid=5 comm="x" capability=21 scontext=u:r:t_t:s0 '
    "tcontext=u:r:t_t:s0 tclass=capability permissive={}\n"
)
SYSCALL = 'type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall={} success=no exit={} ppid=1 pid=5 uid=0 comm="x"\n'


def test_what_a_module_refused():
    """The thread had it; adding it mends nothing, and that is told."""
    use = from_audit(AVC.format(0) + SYSCALL.format("mount", "-13"))
    [one] = use.checks
    assert (one.verdict, one.module, one.syscall, one.errno, one.command) == (
        "denied",
        "SELinux",
        "mount",
        "EACCES",
        "x",
    )
    assert [(each.syscall, each.errno, each.asked) for each in use.calls] == [("mount", "EACCES", None)]
    advice = use.least(held=CapSet(["sys_admin"]))
    assert (advice.refused, advice.denied, advice.unseen) == (CapSet(["sys_admin"]), CapSet(), CapSet())
    assert "held, and refused by the policy of a module: CAP_SYS_ADMIN" in advice.sentences()


def test_what_a_module_would_have_refused():
    """Where it does not enforce, the thread had it and used it."""
    assert observed.read(AVC.format(1)).tracer == "audit"
    assert from_audit(AVC.format(1)).granted == CapSet(["sys_admin"])
    line = (
        'audit: type=1400 audit(1.2:3): apparmor="{}" operation="capable" profile="w" pid=7 comm="w" capname="net_raw"'
    )
    assert from_audit(line.format("ALLOWED")).granted == CapSet(["net_raw"])
    assert from_audit(line.format("DENIED")).denied == CapSet(["net_raw"])


def test_what_apparmor_logs():
    """What was used under a profile that complains, with what was asked without audit; and what was lost."""
    use = read("apparmor.txt")
    advice = use.least()
    assert advice.least == CapSet(
        ["dac_override", "fowner", "chown", "sys_admin", "net_raw", "net_bind_service", "sys_ptrace"]
    )
    assert advice.perhaps == advice.least - {"sys_ptrace"}
    assert advice.refused
    text = "[   13.0] audit: audit_lost=1 audit_rate_limit=0\n[   13.1] audit: kauditd hold queue overflow\n"
    lost = from_audit(AVC.format(1) + text + "[   13.2] audit: audit_lost=7 audit_rate_limit=0\n")
    assert (lost.lost, lost.unread) == (7, ())
    assert from_audit(AVC.format(1) + "[   13.1] audit: kauditd hold queue overflow\n").lost == 1


def test_calls_and_sets_of_the_audit():
    """Numbers of calls are told as such; whatever capset(2) put into a set has to be there for it."""
    capset = "type=CAPSET msg=audit(1.2:4): pid={} cap_pi=0 cap_pp={} cap_pe=0 cap_pa=0\n"
    use = from_audit(
        SYSCALL.format("165", "-1")
        + SYSCALL.format("165", "EPERM(Operation not permitted)")
        + SYSCALL.format("165", "-2").replace("success=no", "success=yes")
        + capset.format(5, "0000000000002000")
        + capset.format(5, "0000000000000001")
        + capset.format(6, "0000000000000020")
        + "----\ntime->Sat Nov 28\n\n"
    )
    assert [(each.syscall, each.errno) for each in use.calls] == [("165", "EPERM")] * 2
    assert (use.configured, use.unread) == (CapSet(["chown", "kill", "net_raw"]), ())
    assert str(use.least()).startswith("what is needed is not known; the audit shows no check but those")


def test_what_is_no_record():
    broken = 'type=AVC msg=audit(1.2:3): apparmor="X" operation="capable" capname="kill"\n'
    unknown = 'type=AVC msg=audit(1.2:3): apparmor="DENIED" operation="capable" capname="new_one"\n'
    use = from_audit("nonsense\n" + broken + unknown + "type=CAPSET msg=audit(1.2:4): pid=5 cap_pp=new_one\n")
    assert ([each.line for each in use.unread], use.checks) == ([1, 2, 3, 4], ())


# -- strace ----------------------------------------------------------------------------------------


def test_strace():
    """The calls that were refused, with the thread; what is put in by capset counts as it was last."""
    text = (
        '[pid 7] mount("a", "b = -1 EPERM (Operation not permitted)", "c", 0, NULL) = 0\n'
        '12:01:02.5 sethostname("x", 1) = -1 EPERM (Operation not permitted) <0.1>\n'
        '9 openat(AT_FDCWD, "x", O_RDONLY <unfinished ...>\n'
        "9 <... openat resumed>) = -1 EACCES (Permission denied)\n"
        "--- SIGCHLD {si_signo=SIGCHLD} ---\n+++ exited with 0 +++\n"
        "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_KILL, "
        "permitted=1<<CAP_KILL|1<<CAP_CHOWN, inheritable=0}) = 0\nhello\n"
    )
    use = from_strace(text)
    assert [(each.syscall, each.errno, each.pid, each.asked, each.line) for each in use.calls] == [
        ("sethostname", "EPERM", None, None, 2),
        ("openat", "EACCES", 9, None, 3),
    ]
    assert use.configured == CapSet(["kill", "chown"])
    assert [(each.line, each.text) for each in use.unread] == [(8, "hello")]
    advice = use.least()
    assert (advice.needs, advice.least) == (None, None)
    assert observed.tracer_of(text) == "strace"


def test_sets_that_strace_cannot_tell():
    line = (
        "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_NEW, permitted=0, inheritable=0}) = 0"
    )
    use = from_strace(line)
    assert ([each.line for each in use.unread], use.configured) == ([1], CapSet())
    failed = from_strace(line.replace("CAP_NEW", "CAP_KILL").replace("= 0", "= -1 EPERM (Operation not permitted)"))
    assert (failed.unread, failed.configured, len(failed.calls)) == ((), CapSet(), 1)


def test_below_what_a_program_has_printed():
    """The objects tell which tracer it was; objects that nobody prints tell nothing."""
    report = {"required_capabilities": [{"number": 13, "name": "net_raw", "checks": {"granted": 1}}]}
    use = observed.read("hello\n" + json.dumps(report, indent=2))
    assert (use.tracer, [each.text for each in use.unread], len(use.checks)) == ("cap-audit", ["hello"], 1)
    for text in ('{"x": 1}', '{"x": 1}\n' * 3000, "hello\n{}", "[5]"):
        with pytest.raises(ArgumentError, match="what none of the known tracers prints"):
            observed.read(text)
    assert observed.tracer_of('{"x": 1}\n{"cap": 5}') == "jsonl"
    assert len(from_tetragon("nonsense").unread) == 1


# -- what is doubtful ------------------------------------------------------------------------------


def test_what_is_seldom_needed():
    """It stays in what would do, and it is told what may do without it."""
    fsetid = Check(cap="fsetid", verdict="granted", syscall="fchmodat", function="setattr_prepare")
    fowner = Check(cap="fowner", verdict="granted", syscall="fchmodat", function="setattr_prepare")
    use = Use(tracer="trace", checks=(fsetid, fowner))
    advice = use.least()
    assert (advice.least, advice.perhaps) == (CapSet(["fowner", "fsetid"]), CapSet(["fowner"]))
    assert [(each.rule, each.caps) for each in advice.doubtful] == [("set-group-ID", CapSet(["fsetid"]))]
    assert (
        "perhaps CAP_FOWNER would, to be tried, as there is what is seldom needed: CAP_FSETID as set-group-ID"
        in advice.sentences()
    )
    assert use.least(off=["set-group-ID"]).perhaps is None
    assert use.noise() == []
    assert Use(tracer="trace", checks=(fsetid,)).least().perhaps == CapSet()


def test_what_does_not_do_together():
    """Of three any two of which do, none may be replaced, as two at once would leave one."""
    from capset.observed.advice import _instead
    from capset.operations import Requirement

    any_two = Requirement.parse("CAP_CHOWN & CAP_KILL | CAP_CHOWN & CAP_BPF | CAP_KILL & CAP_BPF")
    [cap, *_] = any_two.caps
    assert _instead(any_two, cap) == Requirement([[cap]])
    either = Requirement.parse("CAP_SYS_ADMIN | CAP_NET_ADMIN & CAP_BPF")
    [*caps] = CapSet(["bpf"])
    assert _instead(either, caps[0]) == Requirement.parse("CAP_SYS_ADMIN | CAP_BPF")


# -- lines of JSON ---------------------------------------------------------------------------------


def test_the_rest_in_lines_of_json():
    """Calls, sets, what was not understood and what was lost are written and read too."""
    use = Use(
        tracer="jsonl",
        calls=(Call(syscall="mount", errno="EPERM", asked=CapSet(), line=3),),
        configured=CapSet(["kill"]),
        unread=(observed.Unread(line=5, text="x", why="y"),),
        lost=7,
    )
    assert observed.read(use.to_jsonl()) == use
    for line in (
        '{"lost": -1}',
        '{"lost": true}',
        '{"call": 5}',
        '{"call": {"x": 1}}',
        '{"configured": "X"}',
        '{"unread": 1}',
    ):
        assert len(observed.read(line).unread) == 1
    assert str(use) == "0 checks of nothing, 1 refused call, 1 line not understood, 7 events lost"
    both = use + use
    assert (len(both.calls), both.configured) == (2, CapSet(["kill"]))
    assert use.of(commands=["x"]).calls == ()


# -- what may not be lost --------------------------------------------------------------------------


def test_events_that_were_overwritten():
    """An instance of tracefs says how many it has of those that were written."""
    header = "# entries-in-buffer/entries-written: 1/90000   #P:4\n"
    use = from_trace(header + check(13))
    assert use.lost == 89999
    assert "lost, and may have had more: 89999 events" in use.least().sentences()
    assert from_trace("# entries-in-buffer/entries-written: 5/5   #P:4\n" + check(13)).lost == 0


def test_names_that_look_like_a_frame():
    """No thread of perf hides its check behind one."""
    row = "{} 8 [001] 1.6: capability:cap_capable: cred 0x1, target_ns 0x2, capable_ns 0x2, cap 21, ret 0\n"
    left = row.format("sh").replace("cap 21", "cap 5")
    use = from_perf(left + row.format("   a b (    "))
    assert (str(use.asked), use.unread) == ("CAP_KILL,CAP_SYS_ADMIN", ())


def test_lines_of_json_say_what_they_are_of():
    """So that what is not known stays that."""
    for use in (from_strace("f(1) = -1 EPERM (Operation not permitted)"), Use(tracer="strace"), read("cap-audit.json")):
        again = observed.read(use.to_jsonl())
        assert again == use
        assert str(again.least()) == str(use.least())
    for line in ('{"tracer": 5}', '{"tracer": "x"}'):
        assert len(observed.read(line).unread) == 1
    assert (from_strace("") + read("cap-audit.json")).tracer == "strace, cap-audit"


def test_names_that_set_nothing_aside():
    """Anybody may be called as a runtime is; and seccomp(2) asks what memory does."""
    use = from_trace(check(21, comm="runc"))
    assert (use.noise(), use.least().least, use.least().perhaps) == ([], CapSet(["sys_admin"]), CapSet())
    rows = "TIME UID PID COMM CAP NAME AUDIT\n22:11:23 0 6990 run 21 CAP_SYS_ADMIN 0\n"
    assert from_capable(rows).least().least == CapSet(["sys_admin"])


def test_what_capset_needs():
    """It fails without what it puts in, whatever the rest of the trace says of that."""
    for verdict in ("granted", "denied"):
        asked = Check(cap="sys_admin", verdict=verdict, function="cap_vm_enough_memory")
        advice = Use(tracer="jsonl", checks=(asked,), configured=CapSet(["sys_admin"])).least()
        assert advice.configured == CapSet(["sys_admin"])
    line = "capset({{version=_LINUX_CAPABILITY_VERSION_3, pid=0}}, {{effective=0, permitted={}, inheritable=0}}) = 0\n"
    assert from_strace(line.format("1<<CAP_NET_RAW") + line.format("0")).configured == CapSet(["net_raw"])


def test_stacks_of_what_was_not_read():
    """They are of no check before it."""
    rows = "TIME UID PID COMM CAP NAME AUDIT\n22:11:23 0 1 victim 21 CAP_SYS_ADMIN 1\n"
    rows += "22:11:23 0 2 a\nb 21 CAP_SYS_ADMIN 0\n"
    frames = "    cap_capable\n    cap_vm_enough_memory\n    __x64_sys_mmap\n"
    use = from_capable(rows + frames)
    assert (use.checks[0].stack, len(use.unread)) == ((), 5)
    for between in (check(64), "CPU:0 [LOST 3 EVENTS]\n", task("sys_mmap -> 0x7f0000000000"), task("other: x")):
        use = from_trace(check(21) + between + stack("cap_vm_enough_memory", "__x64_sys_mmap"))
        assert use.checks[0].stack == ()
        assert "no check of that task stands before this stack" in use.unread[-1].why


def test_calls_of_a_trace_that_is_not_whole():
    """What was asked in them may be what is missing; and what was granted may be of a call that succeeded."""
    kill = task("sys_kill -> 0xffffffffffffffff")
    for missing in ("CPU:0 [LOST 3 EVENTS]\n", task("cap_capable: cred 1, foo 2, cap 5, ret -1")):
        [call] = from_trace(missing + kill + check(21)).calls
        assert call.asked is None
    other = check(15, -1) + stack("cap_capable", "ipcperms", "ksys_semtimedop")
    [call] = from_trace(other + task("sys_semop -> 0xfffffffffffffff3")).calls
    assert call.asked == CapSet(["ipc_owner"])
    granted = check(13) + stack("cap_capable", "inet_create", "__x64_sys_socket")
    [call] = from_trace(granted + task("sys_socket -> 0xfffffffffffffff3")).calls
    assert call.asked is None
    assert "may be missing" in Use(tracer="trace", calls=(call,)).least().calls[0].sentence


def test_other_hooks_of_tetragon():
    """An LSM hook tells a capability too; where it is asked by another way, that is told."""
    lsm = {"process_lsm": kprobe("capable")["process_kprobe"]}
    [hooked] = from_tetragon(json.dumps(lsm)).checks
    assert (str(hooked.cap), hooked.verdict) == ("CAP_SYSLOG", "not known")
    for event in (
        {"process_tracepoint": {"subsys": "capability", "event": "cap_capable", "args": [{"int_arg": 21}]}},
        {"process_throttle": {"type": "THROTTLE_START"}},
        kprobe(args=[{"capability_arg": {"value": 5}}, {"capability_arg": {"value": 6}}]),
    ):
        assert len(observed.read(json.dumps(event)).unread) == 1


@pytest.mark.parametrize("text", [" " * 10000 + "x", "a " * 100000, '{"cap":"CAP_KILL"}\n' + "{x\n" * 100000])
def test_much_that_nobody_prints(text):
    """It takes no longer than it is long; and of much that is no JSON the rest is told in one piece."""
    for tracer in observed.TRACERS:
        use = observed.read(text, tracer=tracer)
        assert use.unread
        assert len(use.checks) <= 1


@pytest.mark.parametrize(
    ("text", "tracer"),
    [
        ('{"cap_raw":21,"capable":true}\n{"type":[],"cap":1,"cap":2}', "gadget"),
        ('{"cap_raw":21,"capable":true}\n{"type":[],"cap":true}', "gadget"),
        ('{"required_capabilities":[{"number":21,"checks":{"granted":true,"denied":1}}]}', "cap-audit"),
        ('{"required_capabilities":[{"number":21,"checks":{"granted":"5","denied":1}}]}', "cap-audit"),
        ('{"cap":"CAP_SYS_ADMIN","verdict":"granted","cap":"CAP_KILL"}', "jsonl"),
    ],
)
def test_values_of_another_type(text, tracer):
    """And keys that stand there twice: nothing is passed over, and the rest is read."""
    use = observed.read(text, tracer=tracer)
    assert (len(use.unread), len(use.checks)) == (1, text.count("\n"))


def test_a_write_is_no_read():
    """Where one of two would do the kernel asks for the narrower one first, so that the other is not replaced."""
    for call in ("link", "mq_open", "openat"):
        asked = Check(cap="dac_override", verdict="granted", syscall=call, function="generic_permission")
        assert Use(tracer="trace", checks=(asked,)).least().needs.ways == (CapSet(["dac_override"]),)
