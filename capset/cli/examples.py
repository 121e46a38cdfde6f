"""Examples: two for each command, which stand in its help and in the manual page. Each runs as a test."""

from __future__ import annotations

__all__ = ["EXAMPLES"]

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "can": (
        ("capset can docker --cap-add NET_ADMIN 'raw socket' mount", "What a container could do."),
        ("capset can pid:self --area files", "What this command can do with files."),
    ),
    "compare": (
        ("capset compare docker podman cri-o", "What root gets of three engines."),
        ("capset compare docker@1.9 docker", "What has changed since."),
    ),
    "convert": (
        ("capset convert examples/documents/web.sh --to systemd", "From docker run to a unit."),
        ("echo cap_net_raw=ep | capset convert --to xattr", "The bytes of a file's attribute."),
    ),
    "decode": (
        ("capset decode 00000000a80425fb", "Which capabilities a mask has."),
        ("grep Cap /proc/self/status | capset decode", "All five rows of a process."),
    ),
    "diff": (
        ("capset diff docker podman", "What Podman gives, and Docker does not."),
        ("capset diff docker file:examples/status/docker-web.txt --set bounding", "Which flags were given?"),
    ),
    "drift": (
        ("capset drift examples/fleet/monday.parquet examples/fleet/tuesday.parquet", "What changed."),
        ("capset drift --by program examples/fleet/*.parquet", "Of processes that are new too."),
    ),
    "engines": (
        ("capset engines", "All of them, with their defaults."),
        ("capset engines docker@20.10", "One, with the sources of each fact."),
    ),
    "exec": (
        ("capset exec /bin/true", "What executing it would give."),
        ("capset exec /bin/true --engine docker --user 1000", "In a container, as that user."),
    ),
    "explain": (
        ("capset explain net_raw", "What it permits, and what others warn of."),
        ("capset explain bpf mount", "A capability, and an operation."),
    ),
    "files": (
        ("capset files /usr/bin", "All programs with capabilities below it."),
        ("capset files --json examples", "The same for programs."),
    ),
    "flags": (
        ("capset flags docker chown,kill", "The options that give just these."),
        ("capset flags docker podman", "To have of Docker what Podman gives."),
    ),
    "help": (
        ("capset help", "All commands and topics."),
        ("capset help exit-statuses", "What the numbers mean."),
    ),
    "least": (
        ("capset least --dry-run --engine docker -- docker run {flags} alpine true", "What it would run."),
        ("capset least --dry-run --engine podman --one -- podman run {flags} box id", "One set is enough."),
    ),
    "lint": (
        ("capset lint examples/documents", "All documents in a folder."),
        ("capset lint --policy restricted examples/documents/pod.yaml", "A pod by a standard."),
    ),
    "need": (
        ("capset need ping", "What is found by a word."),
        ("capset need 'setsockopt SO_MARK'", "All that is known of one operation."),
    ),
    "ps": (
        ("capset ps --has sys_admin", "Who holds it."),
        ("capset ps --json --proc examples/server", "A saved /proc, for programs."),
    ),
    "recognise": (
        ("capset recognise file:examples/status/docker-user.txt", "How it was started."),
        ("capset recognise pid:1 --json", "A process of this host, for programs."),
    ),
    "run": (
        ("capset run docker --cap-add net_admin --user 1000", "Why has it none?"),
        ("capset run podman@4.3 --cap-drop ALL", "By the rules of a release."),
    ),
    "show": (
        ("capset show", "The five sets of this command itself."),
        ("capset show 1 --json", "Those of process 1, for programs."),
    ),
    "snapshot": (
        ("capset snapshot /tmp/today.parquet --force", "All processes of this host."),
        ("capset snapshot - examples/host examples/server", "Two saved trees, as lines of JSON."),
    ),
    "used": (
        ("capset used examples/traces/perf-script.txt", "What perf script has printed."),
        ("capset used examples/traces/trace-pipe.txt --command chown", "Of the threads of one name."),
    ),
    "why": (
        ("capset why pid:self net_raw", "Which rule decided."),
        ("capset why file:examples/status/docker-user.txt chown", "Of a process that was saved."),
    ),
}
"""By command: what is typed, and what it is for."""
