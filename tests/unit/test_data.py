"""The facts in data/: complete, sourced, and agreeing with the code that names them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from attrs import fields

import capset
from capset import Cap, CapSet, engines, facts, info, kernel
from capset.documents import DIALECTS
from capset.engines.rules import FAMILIES
from capset.formats import commandline
from capset.source import Source

CAPABILITIES = facts.load("capabilities")


def test_the_table_is_that_of_the_enum():
    """Names and numbers are said twice, in the code and in the data, and must be the same."""
    table = {fact["number"]: fact["name"] for fact in CAPABILITIES["capabilities"]}

    assert {int(cap): str(cap) for cap in Cap} == table
    assert list(table) == sorted(table)


@pytest.mark.parametrize("cap", list(Cap), ids=str)
def test_every_capability_is_described(cap):
    """A sentence, what it permits, and a kernel that is no newer than that of the next capability."""
    fact = cap.info

    assert fact.cap is cap
    assert re.fullmatch(r"[A-Z][^\n]*\.", fact.summary)
    assert fact.permits
    sentences = [str(permit) for permit in fact.permits]
    assert all(line and line == line.strip() and not line.endswith(".") for line in sentences)
    assert len(set(sentences)) == len(sentences)
    later = [version(other.info.since_linux) for other in Cap if other >= cap]
    assert version(fact.since_linux) == min(later)
    assert fact.split_from is None or fact.split_from < cap


RECORDS = {
    record["id"]: record
    for area in facts.stems("operations")
    for record in facts.load(f"operations/{area}")["operations"]
}
NEEDED = {
    cap: sorted(id for id, record in RECORDS.items() if str(cap) in re.findall(r"CAP_\w+", " ".join(record["needs"])))
    for cap in Cap
}

# What is told although no operation of it was asked of a kernel, and why none was.
UNASKED = {
    (Cap.MAC_OVERRIDE, "access what the Smack policy forbids"): "no kernel here has Smack",
    (Cap.MAC_ADMIN, "change the configuration and state of the Smack policy"): "no kernel here has Smack",
    (Cap.MAC_ADMIN, "set and read SELinux contexts that the policy does not define"): "no kernel here has SELinux",
}


@pytest.mark.parametrize("cap", list(Cap), ids=str)
def test_every_operation_stands_under_one_sentence(cap):
    """What a capability permits is neither more nor less than the operations that need it, each said once."""
    assert sorted(id for permit in cap.info.permits for id in permit.operations) == NEEDED[cap]


def test_operations_of_sentences_are_of_records():
    """An operation that there is no record of is no evidence."""
    assert RECORDS
    assert {id for cap in Cap for permit in cap.info.permits for id in permit.operations} <= set(RECORDS)


def test_sentences_without_operations_are_known():
    """What is told without having been asked of a kernel has a reason."""
    found = {(cap, permit.does) for cap in Cap for permit in cap.info.permits if not permit.operations}

    assert found == set(UNASKED)
    assert all(UNASKED.values())


SAID = [
    (Cap.DAC_OVERRIDE, "except below /proc/sys", ()),
    (Cap.DAC_READ_SEARCH, "a descriptor that was opened with other credentials", ("by its descriptor alone",)),
    (Cap.FOWNER, "user extended attributes on sticky directories", ()),
    (Cap.KILL, "together with CAP_SYS_TTY_CONFIG", ()),
    (Cap.NET_BIND_SERVICE, "AF_VSOCK", ()),
    (Cap.NET_ADMIN, "shape traffic", ("type of service", "allow multicast")),
    (Cap.NET_ADMIN, "taskstats", ()),
    (Cap.IPC_LOCK, "mapping huge pages needs nothing", ("allocate huge pages",)),
    (Cap.NET_RAW, "AF_XDP", ()),
    (Cap.NET_RAW, "socket marks", ()),
    (Cap.NET_RAW, "SO_BINDTODEVICE", ()),
    (Cap.SYS_CHROOT, "together with CAP_SYS_ADMIN (setns(2))", ()),
    (Cap.SYS_ADMIN, "together with CAP_SYS_CHROOT", ()),
    (Cap.SYS_ADMIN, "send any process id over a UNIX socket", ()),
    (Cap.SYS_ADMIN, "fanotify(7)", ()),
    (Cap.SYS_ADMIN, "keyctl(2)", ()),
    (Cap.SYS_PTRACE, "move_pages(2)", ()),
    (Cap.SYS_PTRACE, "pidfd_getfd(2)", ()),
    (Cap.SYS_PTRACE, "userfaultfd(2)", ()),
    (Cap.SYS_PTRACE, "/proc/<pid>/maps, exe,", ()),
    (Cap.SYS_NICE, "MPOL_MF_MOVE_ALL", ("of any process between nodes",)),
    (Cap.SYS_RAWIO, "/dev/mem", ("/dev/kmem", "PCI configuration")),
    (Cap.SYS_RESOURCE, "a user's processes", ("consoles", "keymaps")),
    (Cap.BLOCK_SUSPEND, "/sys/power/wake_lock", ("/proc/sys/wake_lock",)),
    (Cap.SETFCAP, "together with CAP_SETUID", ()),
    (Cap.MAC_ADMIN, "profiles of AppArmor", ("made for Smack",)),
    (Cap.MAC_ADMIN, "SELinux contexts that the policy does not define", ()),
    (Cap.SYSLOG, "or is 0 and perf_event_paranoid 2", ()),
    (Cap.PERFMON, "/proc/<pid>/maps", ()),
    (Cap.CHECKPOINT_RESTORE, "of its own processes too", ("map_files of other processes",)),
]


@pytest.mark.parametrize(("cap", "said", "denied"), SAID)
def test_what_linux_decides_otherwise_than_the_manual_says(cap, said, denied):
    """Linux 6.18 was asked with the capability, without it and with it alone."""
    text = "\n".join([cap.info.summary, *map(str, cap.info.permits)])
    assert said in text
    assert not [each for each in denied if each in text]


def version(text: str) -> tuple[int, ...]:
    """Compare 2.6.37 and 3.0 as numbers."""
    return tuple(map(int, text.split(".")))


@pytest.mark.parametrize(
    ("kernel", "last"),
    [("2.2", 26), ("2.4", 28), ("2.6.11", 30), ("2.6.24", 31), ("2.6.25", 33), ("2.6.37", 34)]
    + [("3.0", 35), ("3.5", 36), ("3.16", 37), ("5.8", 39), ("5.9", 40)],
)
def test_the_last_capability_of_each_kernel(kernel, last):
    """Capabilities came in the order of their numbers."""
    assert max(cap for cap in Cap if version(cap.info.since_linux) <= version(kernel)) == last


def test_what_was_carved_out():
    """CAP_SYS_ADMIN lost four parts, by capabilities(7)."""
    parts = {cap for cap in Cap if cap.info.split_from}

    assert parts == {Cap.SYSLOG, Cap.PERFMON, Cap.BPF, Cap.CHECKPOINT_RESTORE}
    assert {cap.info.split_from for cap in parts} == {Cap.SYS_ADMIN}
    assert {cap for cap in Cap if cap.info.implied_by} == parts - {Cap.SYSLOG}  # see test_oracles
    assert {cap.info.implied_by for cap in parts - {Cap.SYSLOG}} == {Cap.SYS_ADMIN}


def test_the_lists_disagree():
    """There is no single score: each list says its own."""
    verdicts = {risk.risk_list.name: risk.verdict for risk in Cap.MKNOD.info.risks}

    assert list(verdicts) == ["grsecurity 2011", "HackTricks escapes", "Podman's warning"]
    assert len({risk.verdict for risk in Cap.CHOWN.info.risks}) == 1
    assert Cap.PERFMON.info.risks == ()


def test_grsecurity_counts():
    """19 equal to root, three of them depending on the situation; 3 likely; ten of the 19 in Docker's default."""
    verdicts = {
        cap: {risk.risk_list.name: risk.verdict for risk in cap.info.risks}.get("grsecurity 2011", "") for cap in Cap
    }
    root = CapSet(cap for cap, verdict in verdicts.items() if verdict.startswith("root-equivalent"))

    assert len(root) == 19
    assert sum("situation" in verdict for verdict in verdicts.values()) == 3
    assert sum("likely" in verdict for verdict in verdicts.values()) == 3
    assert len(root & capset.DOCKER_DEFAULT) == 10
    assert {cap for cap, verdict in verdicts.items() if not verdict} == set(range(35, 41))


def test_no_list_judges_what_came_after_it():
    """A verdict on a capability newer than the list would be made up."""
    assert all(cap <= risk.risk_list.last_cap for cap in Cap for risk in cap.info.risks)
    assert {risk.risk_list for cap in Cap for risk in cap.info.risks} == set(info.risk_lists())


SOURCES = [
    *(Source(**source) for source in CAPABILITIES["sources"]),
    *(risks.source for risks in info.risk_lists()),
    *(
        Source(**source)
        for name in facts.stems("engines")
        for source in facts.load(f"engines/{name}")["sources"].values()
    ),
    *(Source(**source) for source in facts.load("sysctls")["sources"].values()),
    *(source for change in kernel.changes() for source in change.sources),
    *(backport.source for change in kernel.changes() for backport in change.backports),
]


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_sources_are_complete(source):
    """Project, path, date and a link; a commit where there is a repository."""
    assert source.project
    assert source.path
    assert isinstance(source.date, date) or re.search(r"\b20\d\d\b", source.date)
    assert source.url.startswith("https://")
    assert ("/blob/" in source.url) is bool(source.commit)
    assert source.commit in source.url
    assert re.fullmatch(r"(|[0-9a-f]{12}|[0-9a-f]{40})", source.commit)


def test_text_of_a_source():
    """Short enough for a line."""
    source = engines.get("docker").source

    assert str(source) == "moby/moby@b985e2313a86 daemon/pkg/oci/caps/defaults.go (2026-08-23)"
    assert str(Source(project="p", path="q", date="2011")) == "p q (2011)"


def test_docker():
    """The 14 of Docker, by mask and by the list of capabilities it withholds."""
    assert capset.DOCKER_DEFAULT.mask == 0xA80425FB
    assert len(capset.DOCKER_DEFAULT) == 14
    assert engines.get("docker").default == capset.DOCKER_DEFAULT
    assert capset.DOCKER_DEFAULT.isdisjoint(["sys_admin", "sys_module", "net_admin", "linux_immutable"])


@pytest.mark.parametrize("number", [41, 63])
def test_newer_capabilities_have_no_facts(number):
    """They are kept, and nothing is made up about them."""
    fact = Cap(number).info

    assert fact.cap is Cap(number)
    assert fact.summary.startswith("Newer than this version of capset")
    assert (fact.since_linux, fact.split_from, fact.implied_by, fact.permits, fact.risks) == (None, None, None, (), ())


def test_changes_of_the_kernel():
    """The newest first, each with a sentence; what is no switch of Rules has no value for it either."""
    document, changes = facts.load("kernel"), kernel.changes()
    releases = [version(change.since) for change in changes]

    assert document["schema"] == 1
    assert releases == sorted(releases, reverse=True)
    assert len({change.id for change in changes}) == len(changes)
    assert all(version(document["oldest"]) < release <= version(document["read_to"]) for release in releases)
    for change in changes:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", change.id)
        assert re.fullmatch(r"([A-Z]|[a-z]+\(2\))[^\n]*\.", change.what)
        assert change.confidence in {"run", "read", "documented"}
        assert change.note == "" or re.fullmatch(r"[A-Z][^\n]*\.", change.note)
        assert bool(change.switch) == (change.before is not None)
        assert change.switch or not change.unread  # nothing is taken to be without what is not modelled
        assert change.sources
        assert str(change) == f"{change.id}, since Linux {change.since}: {change.what}"


def test_backports():
    """Each is in a series before the release that brought the change."""
    for change in kernel.changes():
        for series in [*change.unread, *(each.since for each in change.backports)]:
            assert version("3.10") <= version(series.partition("-")[0])[:2] < version(change.since), change.id
        assert all(re.fullmatch(r"[0-9]+(\.[0-9]+)+(-[0-9]+)?", each.since) for each in change.backports)
        assert all(bool(each.build) == ("-" in each.since) for each in change.backports)


def test_every_switch_has_a_change():
    """What Rules can be told is what changed, and the last value of each is the newest kernel's."""
    switches = {field.name for field in fields(kernel.Rules) if field.eq} - {"last_cap"}

    assert {change.switch for change in kernel.changes()} - {""} == switches
    for change in kernel.changes():
        if change.switch:
            assert getattr(kernel.Rules(**{change.switch: change.before}), change.switch) == change.before
            assert change.before != getattr(kernel.NEWEST, change.switch)


@pytest.mark.parametrize(
    "name",
    [
        "formats/lxc-keys",
        "formats/quadlet-keys",
        "formats/systemd-keys",
        "policies/openshift-scc",
        "policies/pod-security",
    ],
)
def test_documents_name_their_source(name):
    """Where a list was read, and when."""
    document = facts.load(name)

    assert document["schema"] == 1
    assert all(document["source"][key] for key in ("project", "path", "date"))
    assert document["source"]["url"].startswith("https://")


def test_run_lines():
    """An option has a value or has none, a short name stands for one of them, and each list was read somewhere."""
    document = facts.load("formats/run-lines")
    entries = [*document["commands"], *document["groups"].values(), *document["front"].values()]
    for options in entries:
        kinds = [options.get(kind, []) for kind in ("switches", "valued", "optional")]
        assert len(set().union(*kinds)) == sum(map(len, kinds))
        assert {*options.get("short", {}).values()} <= set().union(*kinds)
    cited = {source for each in entries for source in each.get("sources", ["front"])}
    assert cited == {*document["sources"]}
    for source in document["sources"].values():
        assert all(source[key] for key in ("project", "path", "date", "confidence"))
        assert source["url"].startswith("https://")


def test_commands_that_start_a_container():
    """Each belongs to a dialect and an engine, and has the names of its program in front."""
    for name, command in commandline.commands().items():
        assert DIALECTS[command.program].engine == command.engine
        assert engines.get(command.engine)
        assert name in command.names
        assert command.operand in {"image", "container", "service", "manifest", "pod"}
        assert command.families[0] in FAMILIES


def test_keys_of_quadlet():
    """No key stands twice in a section, and each release is a tag."""
    document = facts.load("formats/quadlet-keys")
    for entries in document["sections"].values():
        keys = [key for entry in entries for key in entry["keys"]]
        assert len(set(keys)) == len(keys)
        assert all(entry["since"] in document["tags"] for entry in entries)
    assert document["refused_in_service"]["since"] in document["tags"]


def test_names_of_policies():
    """What may be added is a capability."""
    levels = facts.load("policies/pod-security")["levels"]
    sccs = facts.load("policies/openshift-scc")["sccs"]

    assert all(name in Cap.__members__ for rules in levels.values() for rule in rules for name in rule["may_add"])
    for scc in sccs.values():
        assert {*scc.get("may_add", ()), *scc["drops"]} <= {*Cap.__members__, "ALL"}
        assert set(scc) <= {"may_add", "drops", "privileged", "escalation", "user", "uids", "confidence", "source"}
        assert scc["user"] == "of a range" if "uids" in scc else scc["user"] in {"any", "not root", "of a range"}
