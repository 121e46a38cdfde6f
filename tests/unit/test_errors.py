"""Every exception: its message, its fields, what it can be caught as, and that it survives pickling."""

from __future__ import annotations

import copy
import errno
import inspect
import pickle

import pytest

from capset import errors, live
from capset.errors import (
    AccessDeniedError,
    ArgumentError,
    CapsetError,
    ConflictError,
    ContainerError,
    ContradictionError,
    DialectError,
    DocumentError,
    FileCapsError,
    FormatError,
    KernelError,
    MaskError,
    MissingExtraError,
    NotAllowedError,
    ParseError,
    PidError,
    ProcessGoneError,
    ProcUnavailableError,
    RequestError,
    StatusError,
    StoppedError,
    TooLargeError,
    UnavailableError,
    UndecidedError,
    UnknownCapabilityError,
    UnknownDialectError,
    UnknownEngineError,
    UnknownEntryError,
    UnknownMemberError,
    UnknownNameError,
    UnknownOperationError,
    UnknownReleaseError,
    UnknownRuleError,
    UnknownScopeError,
    UnknownVersionError,
    UnreachableError,
    UnsupportedOptionError,
)

EXAMPLES = [
    (DocumentError("a.yaml", 3, "no mapping"), ValueError, "a.yaml:3: no mapping"),
    (DocumentError("a\x1b\n", None, "no\nmapping"), ValueError, "a\\x1b\\n: no\\nmapping"),
    (DocumentError("", 3, "no mapping"), ValueError, "line 3: no mapping"),
    (DocumentError("", None, "no mapping"), ValueError, "no mapping"),
    (
        DialectError("x", "a.txt", (("a", "no"), ("b", "no b"), ("c", "no\nb"), ("d", "no\nb")), ("a", "c", "d")),
        ValueError,
        "a.txt: this is in no dialect that capset reads; it comes near a: no; c, d: no\\nb; "
        "if it is in one, say in which, with dialect= or --from",
    ),
    (
        DialectError("x", "", tuple((name, "no") for name in "abcdefg"), tuple("abcdefg")),
        ValueError,
        "this is in no dialect that capset reads; it comes near a, b, c, d and 3 more: no; if it is in "
        "one, say in which, with dialect= or --from",
    ),
    (
        DialectError("x", "", tuple((name, f"no {name}") for name in "abcdefg"), tuple("abcdefg")),
        ValueError,
        "this is in no dialect that capset reads; it comes near a: no a; b: no b; c: no c; d: no d; if it "
        "is in one, say in which, with dialect= or --from",
    ),
    (
        DialectError("x", "", (("a", "no"), ("b", "no"))),
        ValueError,
        "this is in no dialect that capset reads; if it is in one, say in which, with dialect= or --from",
    ),
    (DialectError(" \n", "a.txt", (("a", "no"), ("b", "no"))), ValueError, "a.txt: there is nothing in it"),
    (DialectError("x", "", (("systemd", "no\nsection"),)), ValueError, "this is not systemd: no\\nsection"),
    (
        DialectError("x", "", (("compose", ""), ("oci", ""), ("xattr", "no"))),
        ValueError,
        "this may be compose or oci: say which it is, with dialect= or --from",
    ),
    *(
        (
            DialectError("a/compose.yaml", source, tried),
            ValueError,
            "'a/compose.yaml' looks like the name of a file: documents.read(Path('a/compose.yaml').read_bytes(), "
            "name='a/compose.yaml')",
        )
        for source in ("", "a/compose.yaml")
        for tried in ((("systemd", "no section"),), (("compose", "no"), ("oci", "no")))
    ),
    (DialectError("a/b.sh", "x", (("systemd", "no section"),)), ValueError, "x: this is not systemd: no section"),
    (FormatError("add[1]", 5, "a name", "a.yaml", 3), ValueError, "a.yaml:3: add[1]: expected a name, got 5"),
    (FormatError("add[1]", 5, "a name", "", 3), ValueError, "line 3: add[1]: expected a name, got 5"),
    (
        UnknownDialectError("compos", ("compose", "oci"), ("compose",)),
        LookupError,
        "unknown dialect 'compos': did you mean compose?",
    ),
    (UnknownDialectError("x", ("compose", "oci")), KeyError, "unknown dialect 'x': known are compose, oci"),
    (UnknownRuleError("a_b", ("a-b", "c"), ("a-b",)), KeyError, "unknown rule 'a_b': did you mean a-b?"),
    (UnknownOperationError("a_b", ("a b",), ("a b",)), KeyError, "unknown operation 'a_b': did you mean a b?"),
    (UnknownOperationError("x", ("a",)), KeyError, "unknown operation 'x': operations.search() finds them by words"),
    (UnknownScopeError("x", ("a", "b")), KeyError, "unknown scope 'x': known are a, b"),
    (
        UndecidedError("link", "it depends"),
        ValueError,
        "it is not known whether this can be done: link: it depends; see the answer's verdict",
    ),
    (UnknownEntryError("x", ("a",)), KeyError, "unknown name 'x': known are a"),
    (
        UnknownEngineError("docker@20.10", ("docker",), ("docker",)),
        LookupError,
        """unknown container engine 'docker@20.10': write engines.get("docker", "20.10")""",
    ),
    (
        UnknownEngineError("doc@2", ("docker",), ("docker",)),
        KeyError,
        "unknown container engine 'doc@2': did you mean docker?",
    ),
    (
        MissingExtraError("ruamel.yaml", "documents", "reading YAML"),
        ModuleNotFoundError,
        "reading YAML needs ruamel.yaml: pip install 'capset[documents]', in a clone '.[documents]'",
    ),
    (
        TooLargeError("pods.json", 16777216, "characters or bytes"),
        ValueError,
        "pods.json: more than 16777216 characters or bytes are not read: divide it",
    ),
    (
        ContainerError("docker", "web\x1b", "it does not run\n"),
        LookupError,
        "docker:web\\x1b: it does not run\\n",
    ),
    (
        StoppedError("KeyboardInterrupt()", 7),
        RuntimeError,
        "this scan was stopped after 7 by KeyboardInterrupt(), and is not complete; make a new one",
    ),
    (
        UnknownCapabilityError("chwon", ("CAP_CHOWN", "CAP_FOWNER")),
        ValueError,
        "unknown capability 'chwon': did you mean CAP_CHOWN or CAP_FOWNER?",
    ),
    (
        ArgumentError("a user id is a number, got -1", -1),
        ValueError,
        "a user id is a number, got -1",
    ),
    (
        UnknownMemberError("CAP_KILL", remedy="write Cap.KILL"),
        KeyError,
        "unknown capability 'CAP_KILL': write Cap.KILL",
    ),
    (
        UnknownCapabilityError("x"),
        ValueError,
        "unknown capability 'x': expected a name as in capabilities(7), such as CAP_NET_ADMIN, "
        "or a number from 0 to 63",
    ),
    (UnknownCapabilityError(64, remedy="look up"), ValueError, "unknown capability 64: look up"),
    (MaskError(-1, "a number"), ValueError, "not a capability mask: expected a number, got -1"),
    (
        MaskError(2**200, "a number"),
        ValueError,
        f"not a capability mask: expected a number, got {hex(2**200)}",
    ),
    (ParseError("+a b", 3, "+ or -"), ValueError, "at position 3 of '+a b': expected + or -"),
    (
        FileCapsError(b"\x01\x00", "20 bytes"),
        ValueError,
        "no valid security.capability attribute: expected 20 bytes, got 0100",
    ),
    (FileCapsError(b"", "20 bytes"), ValueError, "no valid security.capability attribute: expected 20 bytes, got none"),
    (
        FileCapsError(None, "20 bytes", "/bin/x"),
        ValueError,
        "/bin/x: no valid security.capability attribute: expected 20 bytes",
    ),
    (
        FileCapsError(7, "revision 1", "/x"),
        ValueError,
        "/x: no valid security.capability attribute: expected revision 1, got 7",
    ),
    (KernelError(errno.EPERM, "own-ids", "0 is no id", 0), OSError, "EPERM: 0 is no id"),
    (FormatError("spec.x[0]", 5, "a name"), ValueError, "spec.x[0]: expected a name, got 5"),
    (
        ConflictError(("CAP_KILL", "63")),
        ValueError,
        "both added and dropped: CAP_KILL, 63; a capability can be only one of the two",
    ),
    (
        StatusError("/proc/41/status", "CapEff", "1 to 16 hexadecimal digits", 21, "0xff"),
        ValueError,
        "/proc/41/status:21: CapEff: expected 1 to 16 hexadecimal digits, got '0xff'",
    ),
    (
        StatusError("/proc/41/status", "CapEff", "1 to 16 hexadecimal digits"),
        ValueError,
        "/proc/41/status: no CapEff line; expected 1 to 16 hexadecimal digits",
    ),
    (
        StatusError("x", "Name", "a name", 1, "\x1b" * 200),
        ValueError,
        "x:1: Name: expected a name, got '" + r"\x1b" * 24 + r"\x1... (802 characters)",
    ),
    (PidError(0, "an int > 0"), ValueError, "not a process or thread id: expected an int > 0, got 0"),
    (
        ProcessGoneError("/proc/9/status", 9),
        ProcessLookupError,
        f"[Errno {errno.ESRCH}] no such process or thread, or it has ended: '/proc/9/status'",
    ),
    (
        AccessDeniedError("/proc/9/task/10/status", 9, 10),
        PermissionError,
        f"[Errno {errno.EACCES}] not allowed to read this process; try as its owner or as root: "
        "'/proc/9/task/10/status'",
    ),
    (
        ProcUnavailableError("/proc"),
        FileNotFoundError,
        f"[Errno {errno.ENOENT}] no proc file system, or no such file in it; only Linux has one, usually at /proc: "
        "'/proc'",
    ),
    (
        UnknownEngineError("dokcer", ("docker", "podman"), ("docker",)),
        LookupError,
        "unknown container engine 'dokcer': did you mean docker?",
    ),
    (
        UnknownEngineError("k8s", ("a", "b", "c"), ("a", "b"), "it depends"),
        LookupError,
        "unknown container engine 'k8s': it depends: choose a or b",
    ),
    (
        UnknownEngineError("x", ("docker", "podman")),
        LookupError,
        "unknown container engine 'x': known are docker, podman",
    ),
    (
        UnknownVersionError("docker", "0.0", "they begin with 0.1.0"),
        LookupError,
        "no facts about version '0.0' of docker: they begin with 0.1.0",
    ),
    *(
        (kind("Docker Engine", "x", "why"), ValueError, "Docker Engine refuses 'x': why")
        for kind in (
            RequestError,
            UnknownNameError,
            UnavailableError,
            ContradictionError,
            NotAllowedError,
            UnsupportedOptionError,
        )
    ),
    (UnknownNameError("Podman", "x", "why", "drop"), ValueError, "Podman refuses to drop 'x': why"),
    (
        UnreachableError("Docker Engine", ("CAP_KILL", "63"), ("63: no", "CAP_KILL: neither")),
        ValueError,
        "Docker Engine cannot give exactly CAP_KILL, 63: 63: no; CAP_KILL: neither",
    ),
    (
        UnreachableError("Docker Engine", (), ("CAP_KILL: it stays",)),
        ValueError,
        "Docker Engine cannot give exactly no capability: CAP_KILL: it stays",
    ),
    (
        UnknownReleaseError("six", "write 6.18"),
        ValueError,
        "no rules of a kernel 'six': write 6.18",
    ),
    (
        UnreachableError("Docker Engine", tuple("abcdef"), ("why",)),
        ValueError,
        "Docker Engine cannot give exactly these 6 capabilities: why",
    ),
]


@pytest.mark.parametrize(("error", "builtin", "message"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_message_and_ancestry(error, builtin, message):
    """The message says what was given, what was expected and what to do; the built-in catches it."""
    assert str(error) == message
    assert isinstance(error, builtin)
    assert isinstance(error, CapsetError)


@pytest.mark.parametrize("error", [error for error, _, _ in EXAMPLES], ids=lambda value: type(value).__name__)
def test_it_survives(error):
    """Pickling and copying keep the message, the fields and the notes."""
    error.add_note("on host a")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert str(again) == str(error)
        assert again.__notes__ == ["on host a"]
        assert vars(again) == vars(error)
        assert all(getattr(again, field) == getattr(error, field) for field in error._fields)


def test_errors_of_the_system_have_numbers():
    """Callers that look at errno find it."""
    assert ProcessGoneError("p", 9).errno == errno.ESRCH
    assert AccessDeniedError("p", 9).errno == errno.EACCES
    assert ProcUnavailableError("p").errno == errno.ENOENT
    assert (ProcessGoneError("p", 9, 10).pid, ProcessGoneError("p", 9, 10).tid) == (9, 10)


def test_what_cannot_be_shown():
    """A number that is too long to be written, deep inside, or a list without end."""
    endless = []
    for _ in range(100_000):
        endless = [endless]

    assert errors.shown([10**5000]) == "a list that is too large to be shown"
    assert errors.shown(endless) == "a list that is too large to be shown"


def test_what_a_few_lines_of_yaml_stand_for():
    """The message begins as the value does, and the rest is not written."""
    bomb = ["x"]
    for _ in range(40):
        bomb = [bomb] * 9

    begin = "[" * 41 + "'x']" + ", ['x']" * 9
    assert errors.shown(bomb) == f"{begin[:100]}... (more than 10001 characters)"
    assert errors.shown("x" * 20_000).endswith("... (20002 characters)")
    assert errors.shown([1] * 100).endswith(", ... (300 characters)")


@pytest.mark.parametrize(
    "value", [[], {}, (), (1,), [1, [2, "a"], {"b": (3, None)}, {1.5: {}}], {(1, 2): "x", None: []}]
)
def test_values_are_shown_as_python_writes_them(value):
    assert errors.shown(value) == repr(value)


def test_values_that_hold_themselves():
    """Twice the same value is none of these."""
    endless, inner = [1], {}
    endless.append(endless)
    inner["a"] = [inner, endless, inner]

    assert errors.shown(endless) == repr(endless) == "[1, [...]]"
    assert errors.shown(inner) == repr(inner)


def test_every_exception_is_tried_here():
    """A new exception needs an example."""
    defined = {cls for _, cls in inspect.getmembers(errors, inspect.isclass)} - {CapsetError}

    assert defined == {type(error) for error, _, _ in EXAMPLES}
    assert {cls.__name__ for cls in defined} | {"CapsetError"} == set(errors.__all__)


def test_paths_with_a_null_byte():
    """The system calls take none, and Python would say so in its own words."""
    for read in (live.read, live.scan, live.last_cap):
        with pytest.raises(ArgumentError, match=r"a path has no null byte in it, got 'a\\x00'"):
            read(proc="a\0")
    for read in (live.file_caps, live.scan_files, live.executable):
        with pytest.raises(ArgumentError, match="a path has no null byte in it"):
            read("a\0")


def test_sources_that_are_no_text():
    """What a source is called is written, whatever it is."""
    with pytest.raises(StatusError, match=r"^0x31e2.* characters\): no Tgid line"):
        live.parse_status("Name:\tx\n", source=10**5000)
