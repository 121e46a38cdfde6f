"""What tracers print: what is read of it, what is set aside, and what would do."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from capset import Cap, CapSet, display, observed
from capset.errors import ArgumentError, TooLargeError
from capset.observed import TRACERS, Check, Choice, Unread, Use
from capset.observed.capable import from_capable
from capset.observed.reading import from_jsonl
from capset.observed.tracing import from_perf, from_trace
from capset.operations import Requirement

TRACES = Path(__file__).parent.parent.parent / "examples/traces"
PIPE = (TRACES / "trace-pipe.txt").read_text("utf-8")
SCRIPT = (TRACES / "perf-script.txt").read_text("utf-8")
HEADER = "TIME      UID    PID    COMM             CAP  NAME                 AUDIT\n"
EXTRA = "TIME      UID    PID    TID    COMM             CAP  NAME                 AUDIT  INSETID\n"
VERDICT = "TIME     UID   PID     TID     COMM             CAP     NAME                 AUDIT   VERDICT INSETID\n"


def asked(cap=13, ret=0, task="ping-7", ns="2", flags="....."):
    return f"  {task} [000] {flags} 1.5: cap_capable: cred 1, target_ns {ns}, capable_ns 2, cap {cap}, ret {ret}\n"


def stack(*names, task="ping-7"):
    return f"  {task} [000] ..... 1.6: <stack trace>\n" + "".join(f" => {name}\n" for name in names)


# -- what tracefs prints ---------------------------------------------------------------------------


def test_what_was_recorded_of_tracefs():
    """Nothing of it is left out, and each stack is that of its check."""
    use = observed.read(PIPE)
    assert (use.tracer, use.unread, use.lost) == ("trace", (), 0)
    assert len(use.checks) == PIPE.count("cap_capable: ")
    assert sum(bool(each.stack) for each in use.checks) == PIPE.count("<stack trace>")
    chown = [each for each in use.checks if each.cap.name == "CHOWN"]
    assert {(each.command, each.verdict, each.syscall, each.function) for each in chown} == {
        ("chown", "granted", "fchownat", "setattr_prepare"),
        ("a b: c", "granted", "fchownat", "setattr_prepare"),
    }
    assert Counter(rule.name for _, rule in use.noise()) == {"memory": 82, "paths": 4}
    assert use.denied == CapSet(["dac_override", "dac_read_search", "setpcap", "sys_admin"])
    assert use.granted == use.asked - CapSet(["dac_override"])


def test_a_line_of_tracefs():
    """With a thread group or without; a denied check names no namespace where the kernel says none."""
    [check] = from_trace(asked(5, -1, ns="0000000000000000")).checks
    assert check == Check(cap=5, verdict="denied", pid=7, command="ping", user_ns="0000000000000000", line=1)
    [check] = from_trace(asked(task="a b-7     (   6)")).checks
    assert (check.command, check.pid, check.tid, check.verdict) == ("a b", 6, 7, "granted")
    [check] = from_trace(asked(task="a-1-7     (-----)", ns="(nil)")).checks
    assert (check.command, check.pid, check.tid, check.user_ns) == ("a-1", 7, None, "")


def test_a_stack_of_another_task():
    """It belongs to the last check of its own task, whatever stands between."""
    text = asked(13, task="a-1") + asked(12, task="b-2") + stack("ns_capable", "f", "__x64_sys_bind", task="a-1")
    one, two = from_trace(text + stack("capable", "g", task="b-2")).checks
    assert (one.function, one.syscall, one.stack) == ("f", "bind", ("ns_capable", "f", "__x64_sys_bind"))
    assert (two.function, two.syscall) == ("g", "")


def test_a_stack_of_no_check():
    """It is not understood, and its check may be what is missing."""
    use = from_trace(stack("f") + asked() + stack("g") + stack("h"))
    assert [each.line for each in use.unread] == [1, 6]
    assert all("no check of that task" in each.why for each in use.unread)
    assert use.checks[0].function == "g"


@pytest.mark.parametrize(
    "line",
    [
        "nonsense\n",
        " => f\n",
        asked(64),
        asked(999),
        asked().replace("ret 0", "ret"),
        asked().replace("cap_capable", "cap_other"),
        asked("1" * 5000),
        "  x [000] ..... 1.5: <stack trace>\n",
    ],
)
def test_what_is_no_line_of_tracefs(line):
    """It is kept with its number and its text."""
    use = from_trace(asked() + line)
    assert len(use.checks) == 1
    assert [(each.line, each.text) for each in use.unread] == [(2, line.rstrip("\n"))]
    assert use.unread[0].why


def test_what_is_passed_over():
    """Comments and blank lines; and what was lost is counted."""
    use = from_trace("# tracer: nop\n\n" + asked() + "CPU:1 [LOST 25 EVENTS]\r\nCPU:0 [LOST 1 EVENTS]\n")
    assert (len(use.checks), use.unread, use.lost) == (1, (), 26)
    assert str(use) == "1 check of CAP_NET_RAW, 26 events lost"


@pytest.mark.parametrize("number", [41, 62, 63])
def test_capabilities_without_a_name(number):
    assert from_trace(asked(number)).asked == CapSet([number])


# -- what perf prints ------------------------------------------------------------------------------


def test_what_was_recorded_by_perf():
    """The functions of the kernel are its stack, and those of the program are none."""
    use = observed.read(SCRIPT)
    assert (use.tracer, use.unread, use.lost) == ("perf", (), 0)
    assert len(use.checks) == SCRIPT.count("cap_capable: ")
    assert all(each.stack and each.stack[0] == "cap_capable" for each in use.checks)
    assert not any("unknown" in name or name == "fchownat" for each in use.checks for name in each.stack)
    denied = [each for each in use.checks if each.verdict == "denied" and each.command == "chown"]
    assert [(str(each.cap), each.syscall, each.function) for each in denied] == [
        ("CAP_CHOWN", "fchownat", "setattr_prepare")
    ]


def test_lines_of_perf():
    """With the process before the thread, and without a stack."""
    event = "capability:cap_capable: cred 0x1, target_ns 0x2, capable_ns (nil), cap 12, ret -1\n"
    use = from_perf(f"# comment\na b  5/7 [001]  1.5: {event}\nc 8 1.6: {event}x y\nLost 5 events\n")
    one, two = use.checks
    assert (one.command, one.pid, one.tid, one.verdict, one.function) == ("a b", 5, 7, "denied", "")
    assert (two.command, two.pid, two.tid) == ("c", 8, None)
    assert [(each.line, each.text) for each in use.unread] == [(5, "x y")]
    assert use.lost == 5
    tab = "\tffffffff81a7ff03 f+0x83 ([kernel.kallsyms])\n"
    assert [each.line for each in from_perf(tab + f"c 8 1.6: {event}" + tab).unread] == [1]
    assert from_perf(f"c 8 1.6: {event}" + tab).checks[0].function == "f"
    assert from_perf(f"c 8 1.6: {event}" + tab.rstrip("\n")).checks[0].function == "f"
    assert from_perf(f"c 8 1.6: {event.replace('cap 12', 'cap 64')}").unread[0].line == 1


# -- what capable prints ---------------------------------------------------------------------------


def test_rows_of_capable():
    """A command may have blanks and numbers; a capability that the tool does not know has no name."""
    text = (
        "Tracing cap_capable syscalls... Hit Ctrl-C to end.\n"
        + HEADER
        + "22:11:23  114    2676   a 12 CAP b        12   CAP_NET_ADMIN        1     \n"
        + "22:11:23  0      6990   run              41   ?                    0\n"
        + "22:11:24  0      6991   run              5                         7\n"
    )
    use = from_capable(text)
    assert use.unread == ()
    one, two, three = use.checks
    assert one == Check(cap="net_admin", audited=True, uid=114, pid=2676, command="a 12 CAP b", line=3)
    assert (int(two.cap), two.audited, two.verdict) == (41, False, "not known")
    assert (str(three.cap), three.audited) == ("CAP_KILL", None)


def test_columns_of_threads():
    """The titles say whether there are some."""
    row = "22:11:23  114    2676   2677   5 x              12   CAP_NET_ADMIN        1      0\n"
    [check] = from_capable(EXTRA + row).checks
    assert (check.pid, check.tid, check.command) == (2677, 2676, "5 x")  # capable.py has them the other way round
    [check] = from_capable(HEADER + row).checks
    assert (check.tid, check.command) == (None, "2677   5 x")
    told = "22:11:23 114  2676  2677  5 x  12  CAP_NET_ADMIN  1  {} 0\n"
    [check] = from_capable(VERDICT + told.format("deny")).checks
    assert (check.pid, check.tid, check.command, check.verdict) == (2676, 2677, "5 x", "denied")
    assert [each.line for each in from_capable(VERDICT + row).unread] == [2]
    assert [each.line for each in from_capable(HEADER + told.format("allow")).unread] == [2]
    assert len(from_capable(EXTRA + row.replace("2677   5 x", "x         ")).unread) == 1


def test_stacks_of_capable():
    """The kernel's, one function a line, as -K of bcc prints them."""
    row = "22:11:23  0      7      ping             13   CAP_NET_RAW          1\n"
    frames = "        cap_capable+0x1 [kernel]\n        b'ns_capable+0x2 [kernel]'\n        inet_create+0x3 [kernel]\n"
    one, two = from_capable(HEADER + row + frames.replace("b'ns_capable+0x2 [kernel]'", "ns_capable+0x2") + row).checks
    assert (one.function, len(one.stack), two.stack) == ("inet_create", 3, ())
    assert from_capable(HEADER + "        inet_create\n").unread[0].line == 2


@pytest.mark.parametrize(
    "row",
    [
        "x y z",
        "22:11:23  0      7      ping             64   ?                    1",
        "22:11:23  0      7      ping             13   CAP_NET_ADMIN        1",
        "22:11:23  -1     7      ping             13   CAP_NET_RAW          1",
        "22:11:23  0      7      ping             13   CAP_NET_RAW          x",
    ],
)
def test_what_is_no_row_of_capable(row):
    """A number and a name that do not go together are not understood either."""
    use = from_capable(HEADER + row)
    assert (use.checks, [(each.line, each.text) for each in use.unread]) == ((), [(2, row)])


def test_samples_that_were_lost():
    assert from_capable(HEADER + "Possibly lost 12 samples\nlost 3 events\n").lost == 15


# -- lines of JSON ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, -1, True, "2", None, 1.5])
def test_how_often(count):
    """Nothing is seen less than once: such a line would take away from what others say."""
    for made in (lambda: Check(cap=5, count=count), lambda: observed.Call(syscall="f", errno="EPERM", count=count)):
        with pytest.raises((ArgumentError, TypeError), match="seen"):
            made()
    assert from_jsonl(json.dumps({"cap": "CAP_KILL", "count": count})).unread[0].line == 1


def test_lines_of_json():
    """What is written is read; what is not known may be left out."""
    use = observed.read(PIPE)
    again = observed.read(use.to_jsonl())
    assert again == use
    [check] = from_jsonl('{"cap": "CAP_KILL"}').checks
    assert check == Check(cap="kill", line=1)


@pytest.mark.parametrize(
    "line",
    ["{", "[5]", "5", '"x"', "null", "{}", '{"cap": "CAP_KIL"}', '{"cap": 64}', '{"cap": "kill", "x": 1}', "[" * 5000],
)
def test_what_is_no_check(line):
    use = from_jsonl(line + "\n\n" + '{"cap": "CAP_KILL"}')
    assert [(each.line, each.text) for each in use.unread] == [(1, line)]
    assert len(use.checks) == 1


# -- which tracer ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tracer"),
    [
        (PIPE, "trace"),
        (SCRIPT, "perf"),
        (asked(), "trace"),
        ("\n" + stack("f"), "trace"),
        (HEADER, "capable"),
        (EXTRA, "capable"),
        ('\n {"cap": 5}', "jsonl"),
    ],
)
def test_which_tracer(text, tracer):
    assert observed.tracer_of(text) == tracer
    assert observed.read(text).tracer == observed.read(text.encode()).tracer == tracer
    assert tracer in TRACERS


@pytest.mark.parametrize("text", ["", "\n", "x", "\n" * 3000 + asked(), "PERFILE2h"])
def test_what_no_tracer_prints(text):
    told = (
        "it is empty: |what perf record has written: give what perf script|what none of the known tracers prints: trace"
    )
    with pytest.raises(ArgumentError, match=told):
        observed.read(text)
    assert observed.read(text, tracer="trace").tracer == "trace"


def test_what_cannot_be_read():
    with pytest.raises(
        ArgumentError, match="there is no tracer 'x': known are trace, perf, bpftrace, capable, cap-audit, "
    ):
        observed.read("", tracer="x")
    with pytest.raises(TypeError, match="what a tracer has printed as str or bytes"):
        observed.read(5)
    with pytest.raises(TypeError, match="what a tracer has printed as str"):
        observed.tracer_of(b"")
    with pytest.raises(TooLargeError):
        observed.read(" " * (2**24 + 1))


def test_bytes_that_are_no_text():
    """A command may have any."""
    [check] = observed.read(asked(task="pi\u00ff-7").encode("latin-1")).checks
    assert check.command == "pi\\xff"
    assert str(Check(cap="kill", command="a\x1b[1m")) == "a\\x1b[1m: CAP_KILL not known"


@pytest.mark.parametrize(
    "comm", ["#x", "# tracer: x", "LOST 1 EVENTS", "lost 1 events", "=> f", "{x", "<stack trace>", "a"]
)
def test_commands_that_look_like_something_else(comm):
    """None hides its check, wherever it stands."""
    trace = asked(13, task="b-5") + stack("f", task="b-5") + asked(21, task=f"{comm}-7")
    perf = f"{comm} 7 [001] 1.5: capability:cap_capable: cred 0x1, target_ns 0x2, capable_ns 0x2, cap 21, ret 0\n"
    rows = HEADER + f"22:11:23  0      7      {comm}             21   CAP_SYS_ADMIN        1\n"
    for text, tracer in ((trace, "trace"), (asked(21, task=f"{comm}-7"), "trace"), (perf, "perf"), (rows, "capable")):
        use = observed.read(text)
        assert use.tracer == tracer
        assert (use.checks[-1].command, str(use.checks[-1].cap)) == (comm, "CAP_SYS_ADMIN")
        assert (use.unread, use.lost) == ((), 0)


# -- what is noise ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", observed.rules(), ids=lambda rule: rule.name)
def test_rules(rule):
    """Each sets something aside, and nothing that lacks what it names; it is read by its name."""
    verdict = rule.verdict or "granted"
    check = Check(
        cap=next(iter(rule.caps), 0),
        verdict=verdict,
        audited=rule.audited,
        outside=rule.outside,
        function=next(iter(rule.functions), ""),
        syscall=next(iter(rule.syscalls), ""),
        command=next(iter(rule.commands), ""),
    )
    assert rule.applies(check)
    others = [
        {"cap": 63} if rule.caps else {},
        {"function": "f"} if rule.functions or rule.without_function else {},
        {"syscall": ""} if rule.syscalls else {},
        {"command": "x"} if rule.commands else {},
        {"verdict": "not known"} if rule.verdict else {},
        {"audited": True} if rule.audited is not None else {},
        {"outside": False} if rule.outside is not None else {},
    ]
    for other in filter(None, others):
        assert not rule.applies(Check(**{**check.as_dict(), "cap": check.cap, **other}))
    assert type(rule).from_dict(rule.as_dict()) == rule
    assert rule.why
    assert rule.source
    assert str(rule) == f"{rule.name}: {rule.why}"


def test_rules_can_be_turned_off():
    use = observed.read(PIPE)
    assert len(use.noise(off=["memory"])) == 4
    assert len(use.relevant(off=["memory"])) + 4 == len(use.checks)
    assert len(use.noise()) + len(use.relevant()) == len(use.checks)
    with pytest.raises(ArgumentError, match="there is no rule of noise 'x': known are memory, "):
        use.noise(off=["x"])
    for call in (use.noise, use.relevant, use.least):
        with pytest.raises(TypeError, match="expected names of rules, got 'memory'"):
            call(off="memory")


# -- what would do ---------------------------------------------------------------------------------


def test_what_would_do():
    """What was granted and is no noise, what was not had, and what was held for nothing."""
    advice = observed.read(PIPE).least(held=CapSet(["net_raw", "kill"]))
    assert advice.least == CapSet(["chown", "dac_read_search", "setgid", "setuid", "setpcap", "net_raw", "sys_admin"])
    assert advice.unseen == CapSet(["kill"])
    assert [(each.rule, each.caps) for each in advice.noise] == [
        ("memory", CapSet(["sys_admin"])),
        ("paths", CapSet(["dac_override", "dac_read_search"])),
    ]
    assert type(advice).from_dict(advice.as_dict()) == advice
    assert (advice.denied, advice.unknown) == (CapSet(), CapSet())
    assert observed.read(PIPE).least().unseen is None


def test_where_there_is_a_choice():
    """What every operation takes that it may have been, and which these are; what was asked for is always one."""
    text = asked(13, 0) + stack("ns_capable", "sk_setsockopt", "do_sock_setsockopt", "__x64_sys_setsockopt")
    advice = observed.read(text).least()
    [choice] = advice.choices
    assert str(choice.needs) == "CAP_NET_ADMIN | CAP_NET_RAW"
    assert (advice.least, advice.needs.ways) == (
        CapSet(["net_raw"]),
        (CapSet(["net_admin"]), CapSet(["net_raw"])),
    )
    assert "setsockopt SO_MARK" in choice.operations
    told = "in the place of CAP_NET_RAW in setsockopt() CAP_NET_ADMIN does, if that was setsockopt SO_MARK, "
    assert any(sentence.startswith(told) for sentence in advice.sentences())
    inner = stack("ns_capable", "sock_bindtoindex_locked", "sk_setsockopt", "__x64_sys_setsockopt")
    assert observed.read(asked(13, 0) + inner).least().least == CapSet(["net_raw"])


def test_many_operations():
    """Some are named, and how many there are beside them."""
    choice = Choice(
        cap=Cap.NET_RAW,
        syscall="f",
        function="g",
        needs=Requirement([["kill"], ["net_raw"]]),
        operations=tuple("abcde"),
    )
    assert choice.sentence == "in the place of CAP_NET_RAW in f() CAP_KILL does, if that was a, b, c or one of 2 more"


def test_choices_that_the_table_knows():
    """An operation of that call and that function says what else would do."""
    from capset import operations

    for operation in operations.table():
        for cap in operation.needs.caps:
            check = Check(cap=cap, verdict="granted", syscall=operation.syscall, function=operation.function)
            every = [rule.name for rule in observed.rules()]
            [choice] = Use(tracer="jsonl", checks=(check,)).least(off=every).choices
            if not operation.function or operation.example or cap is Cap.DAC_OVERRIDE:
                assert operation.id not in choice.operations
                continue
            assert operation.id in choice.operations
            for id in choice.operations:
                needs = operations.get(id).needs
                for way in choice.needs:  # instead of it, beside the others of each set that has it
                    assert all(needs.satisfied_by(way | (each - CapSet([cap]))) for each in needs if cap in each)


def test_what_is_not_known():
    """Of what was asked for and not answered it is taken that it is needed; of what was denied, that it is not."""
    checks = [Check(cap="kill", verdict="denied"), Check(cap="chown"), Check(cap="net_raw", verdict="granted")]
    advice = Use(tracer="jsonl", checks=checks, unread=[Unread(line=1, text="x", why="y")], lost=1).least()
    assert advice.least == CapSet(["chown", "net_raw"])
    assert (advice.denied, advice.unknown) == (CapSet(["kill"]), CapSet(["chown"]))
    assert str(advice) == (
        "CAP_CHOWN,CAP_NET_RAW would do for what was seen; whether it was granted is not known: CAP_CHOWN; "
        "asked for and never granted, so that less may have been done: CAP_KILL; "
        "not understood, and may have more: 1 line; lost, and may have had more: 1 event"
    )
    both = Use(tracer="jsonl", checks=[Check(cap="kill", verdict="denied"), Check(cap="kill", verdict="granted")])
    assert both.least().denied == CapSet()


def test_nothing_was_seen():
    """That is told as it is."""
    assert str(Use(tracer="strace").least()) == "what is needed is not known; strace shows no checks"
    assert str(Use(tracer="trace").least()) == "what is needed is not known; the trace shows no check"
    denied = Use(tracer="trace", checks=(Check(cap="kill", verdict="denied"),)).least()
    assert denied.least == CapSet()
    assert str(denied).startswith("no capability that was seen is needed; asked for and never granted")


def test_too_many_ways(monkeypatch):
    """They are not written, and nothing is guessed in their stead."""
    from capset.observed import advice

    monkeypatch.setattr(advice, "_all", lambda _needs: None)
    told = Use(tracer="jsonl", checks=[Check(cap="kill", verdict="granted")]).least()
    assert (told.needs, told.least) == (None, CapSet(["kill"]))
    assert str(told) == "CAP_KILL would do for what was seen"


def test_many_requirements():
    """Where they have more sets together than are compared there is no requirement of all."""
    from capset.observed.advice import _all

    many = [Requirement([[2 * number], [2 * number + 1]]) for number in range(12)]
    assert _all(many) is None
    assert _all([]) == Requirement([[]])


# -- the values ------------------------------------------------------------------------------------


def test_of_some_threads():
    use = observed.read(PIPE)
    assert {each.command for each in use.of(commands=["chown"]).checks} == {"chown"}
    pid = use.checks[-1].pid
    assert {each.pid for each in use.of(pids=[pid]).checks} == {pid}
    assert use.of() == use
    with pytest.raises(TypeError, match="expected names of commands, got 'chown'"):
        use.of(commands="chown")


def test_two_together():
    one, two = observed.read(PIPE), observed.read(SCRIPT)
    both = one + two
    assert both.checks == one.checks + two.checks
    assert both.tracer == "trace, perf"
    assert (both + one).tracer == "trace, perf"
    with pytest.raises(TypeError):
        one + 5


def test_the_same_is_counted():
    """What is set aside comes last."""
    rows = observed.read(PIPE).summed()
    assert sum(row.times for row in rows) == PIPE.count("cap_capable: ")
    assert [bool(row.noise) for row in rows] == sorted(bool(row.noise) for row in rows)
    assert rows[0] == ("CAP_CHOWN", "granted", "a b: c", "fchownat(), by setattr_prepare()", 2, "")
    assert {row.noise for row in observed.read(PIPE).summed(off=["memory", "paths"])} == {""}


def test_as_tables():
    use = observed.read(PIPE)
    rows = list(use.to_records())
    assert len(rows) == len(use.checks)
    assert {row["noise"] for row in rows} == {"", "memory", "paths"}
    page = display.html(use)
    assert "a b: c" in page
    assert "setattr_prepare" in page
    assert "<table" not in display.html(Use(tracer="trace"))
    assert "&lt;b&gt;" in display.html(Use(tracer="jsonl", checks=[Check(cap=5, command="<b>")]))
    assert display.text(use).splitlines()[0] == str(use)
    assert "would do for what was seen" in display.text(use.least())
    assert "where there is a choice" not in display.html(Use(tracer="trace").least())
    choice = Check(cap="sys_ptrace", verdict="granted", syscall="open", function="mm_access")
    assert "where there is a choice" in display.html(Use(tracer="jsonl", checks=[choice]).least())
    assert json.loads(json.dumps(use.as_dict()))
    assert Use.from_dict(use.as_dict()) == use
