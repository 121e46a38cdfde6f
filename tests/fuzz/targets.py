"""The readers: for each the texts or documents that it reads, and what must hold of whatever it gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from attrs import field, frozen

from capset import Cap, CapDiff, CapSet, FileCaps, documents, engines, fleet, live, observed
from capset.documents import DIALECTS, meaning
from capset.errors import CapsetError
from capset.formats import (
    compose,
    configuration,
    devcontainer,
    docker,
    ecs,
    gitlab,
    kubernetes,
    libcap,
    limits,
    lxc,
    nomad,
    nspawn,
    oci,
    quadlet,
    systemd,
)
from capset.kernel import Rules
from capset.operations import Requirement
from capset.plain import Plain
from tests.corpus import COMMANDS, CONFIGURATIONS, LINES, QUADLETS, STRUCTURED, UNITS
from tests.shapes import SHAPES
from tests.values import VALUES

ROOT = Path(__file__).parent.parent.parent
NO_TEXTS = {".parquet", ".pickle"}  # of the files in examples/ and tests/data
TEXT, BYTES, DOCUMENT = "text", "bytes", "document"


@frozen(kw_only=True)
class Target:
    """A reader.

    Attributes:
        read: What reads; the errors that it may raise are those of capset.
        takes: A text, bytes or a parsed document.
        corpus: What it reads, to be changed; made when it is asked for.
        comes_back: Holds that nothing of what was read is lost where it is written and read again.
        covers: The public readers that are asked so: ``capset.CapSet.parse``.
    """

    read: Callable[[Any], Any]
    takes: str
    corpus: Callable[[], list[Any]]
    comes_back: Callable[[Any], None] = field(default=lambda value: None)
    covers: tuple[str, ...] = ()


# -- what comes back ----------------------------------------------------------------------------------


def plain(value: object) -> None:
    """Hold that a value, or each of some, goes into plain JSON types and comes back."""
    if isinstance(value, Plain):
        written = json.loads(json.dumps(value.as_dict()))
        assert type(value).from_dict(written).as_dict() == written
    elif isinstance(value, dict):
        plain(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            plain(each)


def as_text(read: Callable[[str], object], write: Callable[[Any], Any] = str) -> Callable[[Any], None]:
    """Return what holds that a value is read from its text."""

    def comes_back(value: Any) -> None:
        assert read(write(value)) == value
        plain(value)

    return comes_back


def asks_the_same(
    read: Callable[[Any], engines.Request], write: Callable[[Any], Any], engine: str
) -> Callable[[Any], None]:
    """Return what holds that a request, written and read again, gives the same sets."""

    def comes_back(request: engines.Request) -> None:
        plain(request)
        try:
            written = write(request)
            before = meaning.after_execve(request, engines.get(engine))
        except CapsetError:  # what the writer or the engine refuses
            return
        assert meaning.after_execve(read(written), engines.get(engine)) == before

    return comes_back


def workloads(found: list[documents.Workload]) -> None:
    """Hold of a document that it can be linted, and that what is written of it without a loss means the same."""
    report = documents.lint(found, policy="restricted")
    report.to_sarif()
    report.by_workload()
    assert all(line.isprintable() for line in str(report).split("\n"))
    assert all(each.asks is not None or each.not_known or each.problems or each.checks for each in found)
    plain(found)
    for each in found:
        if each.dialect and DIALECTS[each.dialect].is_written:
            _written(each)


def _written(workload: documents.Workload) -> None:
    try:
        written = documents.convert(workload, workload.dialect)
    except CapsetError:
        return
    if written.losses:
        return
    [again] = documents.read(written.text, dialect=workload.dialect)
    engine = engines.get(DIALECTS[workload.dialect].engine or "docker")
    before, after = (meaning.of(each) for each in (workload, again))
    assert before is not None
    assert after is not None
    assert meaning.after_execve(after, engine) == meaning.after_execve(before, engine), written.text


# -- what there is to read ----------------------------------------------------------------------------


def _shapes(name: str) -> list[Any]:
    return [shape(3) for shape in SHAPES[name][1].values()] if name in SHAPES else []


@cache
def _examples() -> dict[str, list[str]]:
    """Return the texts of examples/ and tests/data by their dialects."""
    found: dict[str, list[str]] = {}
    for folder in ("examples", "tests/data"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".ipynb", ".py", ".md", *NO_TEXTS} or not path.is_file() or path.stat().st_size > 60_000:
                continue
            text = path.read_text("utf-8")
            try:
                found.setdefault(documents.dialect_of(text, path.name), []).append(text)
            except CapsetError:
                found.setdefault("", []).append(text)
    return found


def _texts() -> Iterator[str]:
    yield from ("\n".join(lines) for lines in LINES.values())
    yield from (json.dumps(each, indent=1) for each in STRUCTURED.values())
    yield from (*COMMANDS.values(), *RUN_LINES.values(), *HEXADECIMAL)
    for table in (UNITS, QUADLETS, CONFIGURATIONS):
        yield from ("\n".join(lines) for lines in table.values())


@cache
def _by_dialect() -> dict[str, list[str]]:
    """Return all texts by the dialect that reads them."""
    found = {name: list(texts) for name, texts in _examples().items()}
    for text in _texts():
        for name in DIALECTS:
            try:
                documents.read(text, dialect=name)
            except CapsetError:
                continue
            if name == "systemd" and "[Service]" not in text:  # a text without a section is a unit as well
                continue
            found.setdefault(name, []).append(text)
    return found


def in_dialect(name: str) -> list[str]:
    """Return texts in a dialect."""
    shapes = [*_shapes(name), *(_shapes(f"{name} in YAML")), *(_shapes(f"{name} in JSON"))]
    return [*_by_dialect().get(name, ()), *(each for each in shapes if isinstance(each, str))]


def in_any() -> list[str]:
    """Return texts in all dialects, and in none."""
    found = [text for texts in _by_dialect().values() for text in texts]
    return [*dict.fromkeys(found), *_shapes("what is no document")]


def parsed(*names: str, at: Callable[[Any], Iterable[Any]] = lambda document: [document]) -> list[Any]:
    """Return parts of the documents of that name."""
    return [part for name, each in STRUCTURED.items() if name.split()[0] in names for part in at(each)]


def _status() -> list[str]:
    return [path.read_text("utf-8") for path in sorted((ROOT / "tests/data/status").glob("*.txt"))]


LIBCAP = ["cap_kill=ep", "all=eip cap_chown-e", "= cap_net_raw,cap_kill+eip cap_bpf+i", "63=p", "=", ""]
IAB = ["!cap_kill,^cap_chown,%cap_bpf", "cap_kill", "", "^cap_net_raw,!41"]
FLAGS = [
    *("--cap-add=KILL\n--cap-drop\nALL", "--privileged\n-u\n5:6", "--cap-add\nnet_raw\n--user=a"),
    *("docker\nrun\n--rm\n-it\n--security-opt\nno-new-privileges\na\nb", "--cap-drop=all,kill"),
]
CONF = {
    "podman": '[containers]\ndefault_capabilities = ["KILL", "CAP_NET_RAW"]\nuserns = "host"\nprivileged = false\n',
    "cri-o": '[crio.runtime]\ndefault_capabilities = ["KILL"]\nadd_inheritable_capabilities = true\n',
    "nomad": '{"plugin": [{"raw_exec": [{}]}, {"exec": [{"config": [{"allow_caps": ["kill", "chown"]}]}]}]}',
}
RELEASES = ["6.12.117+deb13-cloud-amd64", "6.1", "5.15.0-1057-aws", "6.18-rc1", "4.18.0-553.el8_10.x86_64", "2.6.32"]
RUN_LINES = {  # of the programs that no table of texts has
    "buildah": "buildah run --cap-add KILL --cap-drop=CHOWN --user 5 c sh",
    "buildah-from": "buildah from --cap-add KILL --name a --cap-drop CHOWN alpine",
    "docker-compose": "docker compose run --rm --cap-add KILL --cap-drop ALL --user 5 web sh",
    "docker-service": "docker service create --name a --cap-add CAP_KILL --cap-drop ALL -u 5 web",
}
HEXADECIMAL = ["0100000200200000000000000000000000000000", "010000032000000000000000000000000000000005000000"]
SETTINGS = [
    '[lint]\nselect = ["unknown-capability"]\nexclude = ["a/*"]\n'
    '[[lint.silence]]\nfiles = ["a"]\nrules = ["removed"]\nreason = "x"\n',
    '[lint]\nignore = ["passed-over"]\n',
]
XATTRS = [
    FileCaps(permitted=["kill"], effective=True).to_xattr(),
    FileCaps(permitted=["bpf"], inheritable=["chown"], rootid=1000).to_xattr(),
    bytes.fromhex("010000012000000000000000"),
]


def _containers(document: Any) -> Iterator[Any]:
    if isinstance(document, dict):
        for key, value in document.items():
            if key in {"containers", "initContainers", "containerDefinitions"}:
                yield from value
            yield from _containers(value)
    elif isinstance(document, list):
        for each in document:
            yield from _containers(each)


def _from_flags(text: str) -> engines.Request:
    """Read the words of a command line, which stand on a line each."""
    return docker.from_flags(text.split("\n"))


def _of_texts(read: Callable[..., Any]) -> Callable[[str], Any]:
    """Return what reads a text as a file and its drop-ins, which two empty lines divide."""
    return lambda text: read(text.split("\n\n"))


# -- the readers --------------------------------------------------------------------------------------


def _values() -> Iterator[tuple[str, Target]]:
    yield (
        "Cap.parse",
        Target(
            read=Cap.parse,
            takes=TEXT,
            corpus=lambda: ["CAP_KILL", "kill", "net_admin", "40", "63", *_shapes("Cap.parse")],
            comes_back=as_text(Cap.parse),
        ),
    )
    sets = ["kill, CAP_CHOWN 41", "all", "0xa80425fb", "63", "cap_bpf", *_shapes("CapSet.parse")]
    yield "CapSet.parse", Target(read=CapSet.parse, takes=TEXT, corpus=lambda: sets, comes_back=as_text(CapSet.parse))
    yield (
        "CapSet.from_hex",
        Target(
            read=CapSet.from_hex,
            takes=TEXT,
            corpus=lambda: ["00000000a80425fb", "0xff", "f" * 16],
            comes_back=as_text(CapSet.from_hex, CapSet.hex),
        ),
    )
    diffs = ["+CAP_SYS_ADMIN -CAP_KILL", "+kill,-5", "", *_shapes("CapDiff.parse")]
    yield (
        "CapDiff.parse",
        Target(read=CapDiff.parse, takes=TEXT, corpus=lambda: diffs, comes_back=as_text(CapDiff.parse)),
    )
    yield (
        "FileCaps.from_xattr",
        Target(
            read=FileCaps.from_xattr,
            takes=BYTES,
            corpus=lambda: XATTRS,
            comes_back=as_text(FileCaps.from_xattr, FileCaps.to_xattr),
        ),
    )
    yield "kernel.Rules.of", Target(read=Rules.of, takes=TEXT, corpus=lambda: RELEASES, comes_back=plain)
    needs = ["CAP_KILL", "(syslog | sys_admin) & dac_override", "nothing", "never | 63", "kill & (bpf | (41))"]
    yield (
        "operations.Requirement.parse",
        Target(read=Requirement.parse, takes=TEXT, corpus=lambda: needs, comes_back=as_text(Requirement.parse)),
    )
    kinds = {type(value): None for value in VALUES}
    named = [kind.__name__ for kind in kinds]
    for kind in kinds:
        twice = named.count(kind.__name__) > 1  # operations and the kernel have an Answer each
        name = f"{kind.__module__.split('.')[1]}.{kind.__name__}" if twice else kind.__name__
        written = [value.as_dict() for value in VALUES if type(value) is kind]
        yield (
            f"{name}.from_dict",
            Target(
                read=kind.from_dict,
                takes=DOCUMENT,
                corpus=partial(list, written),
                comes_back=plain,
                covers=(f"{kind.__name__}.from_dict",),
            ),
        )


def _live() -> Iterator[tuple[str, Target]]:
    yield (
        "live.parse_status",
        Target(
            read=live.parse_status,
            takes=BYTES,
            corpus=lambda: [text.encode() for text in _status()],
            comes_back=plain,
        ),
    )
    yield (
        "live.parse_rows",
        Target(
            read=live.parse_rows,
            takes=TEXT,
            corpus=lambda: [*_status(), *in_dialect("status")],
            comes_back=plain,
        ),
    )


def _observed() -> Iterator[tuple[str, Target]]:
    traces = Path(__file__).parent.parent.parent / "examples/traces"
    recorded = [path.read_text("utf-8")[:4000] for path in sorted(traces.glob("*.txt"))]
    rows = ["TIME      UID    PID    COMM             CAP  NAME                 AUDIT\n"]
    rows += ["22:11:23  114    2676   a b              12   CAP_NET_ADMIN        1\n"]
    lines = ['{"cap": "CAP_KILL", "verdict": "denied", "command": "a"}\n', "[LOST 5 EVENTS]\n"]
    corpus = [*recorded, "".join(rows), *lines]
    yield (
        "observed.read",
        Target(read=observed.read, takes=BYTES, corpus=lambda: [text.encode() for text in corpus], comes_back=plain),
    )
    for tracer in observed.TRACERS:
        read = partial(observed.read, tracer=tracer)
        yield f"observed.read {tracer}", Target(read=read, takes=TEXT, corpus=lambda: corpus, comes_back=plain)


def _of_documents() -> Iterator[tuple[str, Target]]:
    for name in DIALECTS:
        read = partial(documents.read, name="name", dialect=name)
        yield (
            f"documents.read {name}",
            Target(
                read=read,
                takes=TEXT,
                corpus=partial(in_dialect, name),
                comes_back=workloads,
                covers=("documents.read",),
            ),
        )
    yield "documents.read", Target(read=documents.read, takes=TEXT, corpus=in_any, comes_back=workloads)
    yield "documents.dialect_of", Target(read=documents.dialect_of, takes=TEXT, corpus=in_any)
    yield (
        "documents.Settings.read",
        Target(read=documents.Settings.read, takes=TEXT, corpus=lambda: SETTINGS),
    )


def _of_formats() -> Iterator[tuple[str, Target]]:
    def target(read: Callable[[Any], Any], corpus: list[Any], takes: str = DOCUMENT, **more: Any) -> Target:
        return Target(read=read, takes=takes, corpus=lambda: corpus, **{"comes_back": plain, **more})

    for name, text in CONF.items():
        read = partial(configuration.read, engine=engines.get(name))
        yield f"configuration.read {name}", target(read, [text], TEXT, covers=("formats.configuration.read",))
    tables = {
        "containers_conf": {"containers": {"default_capabilities": ["KILL", "CHOWN"], "userns": "host"}},
        "crio_conf": {"crio": {"runtime": {"default_capabilities": ["KILL"], "add_inheritable_capabilities": True}}},
        "nomad": json.loads(CONF["nomad"]),
    }
    for name, document in tables.items():
        yield f"configuration.from_{name}", target(getattr(configuration, f"from_{name}"), [document])
    yield "compose.from_project", target(compose.from_project, parsed("compose"))
    services = parsed("compose", at=lambda each: each["services"].values())
    yield (
        "compose.from_service",
        target(
            compose.from_service,
            services,
            comes_back=asks_the_same(compose.from_service, compose.to_service, "docker"),
        ),
    )
    yield "devcontainer.from_config", target(devcontainer.from_config, parsed("devcontainer"))
    yield (
        "docker.from_flags",
        target(_from_flags, FLAGS, TEXT, comes_back=asks_the_same(docker.from_flags, docker.to_flags, "docker")),
    )
    yield "docker.from_inspect", target(docker.from_inspect, parsed("inspect", "podman"))
    tasks = parsed("ecs", "described")
    yield "ecs.from_task", target(ecs.from_task, tasks)
    yield "ecs.from_container", target(ecs.from_container, [*_containers(tasks)])
    runners = [
        {"runners": [{"executor": "docker", "docker": {"cap_add": ["KILL"], "privileged": False}}]},
        {"runners": [{"executor": "kubernetes", "kubernetes": {"cap_drop": ["ALL"], "privileged": True}}]},
    ]
    yield "gitlab.from_config", target(gitlab.from_config, runners)
    pods = parsed("pod", "privileged", "deployment", "list", "custom")
    yield "kubernetes.from_pod", target(kubernetes.from_pod, pods)
    yield (
        "kubernetes.from_container",
        target(
            kubernetes.from_container,
            [*_containers(pods)],
            comes_back=asks_the_same(kubernetes.from_container, kubernetes.to_container, "containerd"),
        ),
    )
    constraints = {
        "kind": "SecurityContextConstraints",
        "allowedCapabilities": ["KILL"],
        "requiredDropCapabilities": ["ALL"],
        "defaultAddCapabilities": [],
        "allowPrivilegedContainer": False,
        "runAsUser": {"type": "MustRunAsNonRoot"},
    }
    yield "limits.from_constraints", target(limits.from_constraints, [constraints])
    yield "nomad.from_job", target(nomad.from_job, parsed("nomad"))
    yield (
        "oci.from_config",
        target(oci.from_config, parsed("oci"), comes_back=as_text(oci.from_config, oci.to_config)),
    )
    yield "oci.from_process", target(oci.from_process, parsed("oci", at=lambda each: [each["process"]]))
    yield (
        "libcap.from_text",
        target(libcap.from_text, LIBCAP, TEXT, comes_back=as_text(libcap.from_text, libcap.to_text)),
    )
    yield (
        "libcap.iab_from_text",
        target(libcap.iab_from_text, IAB, TEXT, comes_back=as_text(libcap.iab_from_text)),
    )
    yield "libcap.from_name", target(libcap.from_name, ["cap_kill", "41", "0x5", "cap_bpf", "017"], TEXT)
    yield "lxc.from_config", target(lxc.from_config, in_dialect("lxc"), TEXT)
    yield "nspawn.from_settings", target(_of_texts(nspawn.from_settings), in_dialect("nspawn"), TEXT)
    yield "quadlet.from_container", target(_of_texts(quadlet.from_container), in_dialect("quadlet"), TEXT)
    yield (
        "systemd.from_unit",
        target(systemd.from_unit, in_dialect("systemd"), TEXT, comes_back=_unit),
    )


def _unit(unit: systemd.Unit) -> None:
    plain(unit)
    try:
        written = systemd.to_unit(unit)
    except CapsetError:
        return
    if not unit.problems:
        again = systemd.from_unit(written)
        for name in ("bounding", "ambient", "user", "group", "no_new_privs"):
            assert getattr(again, name) == getattr(unit, name), written


# -- fleets, of which no table is asked here ----------------------------------------------------------

WEB = fleet.Row(
    host="web1",
    time=datetime(2026, 11, 2, 6, tzinfo=UTC),
    boot="b-1",
    kernel="6.12.48",
    last_cap=40,
    pid=8,
    tgid=7,
    ppid=1,
    start=7,
    name="nginx",
    cgroup="/x",
    container="5d" * 32,
    engine="docker",
    **{f"{kind}_{who}": 1000 for kind in ("uid", "gid") for who in ("real", "effective", "saved", "fs")},
    groups=(4, 5),
    **dict.fromkeys(("effective", "permitted", "inheritable", "bounding", "ambient"), CapSet.parse("kill,41")),
    no_new_privs=True,
    seccomp=2,
    user_ns=4026531837,
)
LOST = fleet.Row(host="web1", pid=7, effective=CapSet(), unread="it may not be read")


def as_lines(found: fleet.Row | list[fleet.Row]) -> None:
    """Hold that each process goes into a line of JSON and comes back."""
    for process in found if isinstance(found, list) else [found]:
        assert fleet.from_line(fleet.to_line(process)) == process


def _of_fleets() -> Iterator[tuple[str, Target]]:
    lines = [fleet.to_line(process) for process in (WEB, LOST)]
    yield "from_line", Target(read=fleet.from_line, takes=TEXT, corpus=lambda: lines, comes_back=as_lines)
    for name in ("ecs", "falco", "osquery", "tetragon"):
        read, write = getattr(fleet, f"from_{name}"), getattr(fleet, f"to_{name}")
        events = [write(WEB)]
        yield f"from_{name}", Target(read=read, takes=DOCUMENT, corpus=partial(list, events), comes_back=as_lines)
    dotted = {"host.name": "web1", "process.pid": 7, "process.thread.capabilities.effective": ["CAP_KILL", "41"]}
    yield "from_ecs dotted", Target(read=fleet.from_ecs, takes=DOCUMENT, corpus=lambda: [dotted], comes_back=as_lines)
    row = fleet.to_osquery(WEB)
    about = {"hostIdentifier": "web1", "unixTime": 1762063200}
    logs = [{**about, "snapshot": [row]}, {**about, "diffResults": {"added": [row]}}, {**about, "columns": row}]
    logs[2]["action"] = "added"
    yield (
        "from_osquery_log",
        Target(read=fleet.from_osquery_log, takes=DOCUMENT, corpus=lambda: logs, comes_back=as_lines),
    )
    held = fleet.Held(effective=CapSet.parse("kill,41"), uid_effective=0, seccomp=2)
    change = fleet.Change(name="nginx", before=held, after=fleet.Held(), count=2, hosts=1, host="web1", pid=7)
    values = [
        fleet.File(path="a", rows=1, size=2, sha256="ab" * 32),
        held,
        change,
        fleet.Drift(changes=(change,), by="process", same=1, hosts_gone=("web2",)),
    ]
    for value in values:
        kind, written = type(value), value.as_dict()
        yield (
            f"{kind.__name__}.from_dict",
            Target(
                read=kind.from_dict,
                takes=DOCUMENT,
                corpus=partial(list, [written]),
                comes_back=plain,
                covers=(f"{kind.__name__}.from_dict",),
            ),
        )


_PREFIXES = {_of_formats: "formats.", _of_fleets: "fleet."}
TARGETS: dict[str, Target] = {}
for _family in (_values, _live, _observed, _of_documents, _of_formats, _of_fleets):
    for _name, _target in _family():
        TARGETS[_PREFIXES.get(_family, "") + _name] = _target
