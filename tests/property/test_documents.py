"""Whatever the text: a document is understood, or that it is not is an error; never a crash, and never everything."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from capset import CapSet, documents
from capset.documents import DIALECTS
from capset.documents.unitfiles import unit_files
from capset.errors import CapsetError
from capset.formats.unitfile import sections

# Pieces of documents, put together at random: more of them are nearly right than of random letters.
WORDS = [
    *("services:", "kind: Pod", "spec:", "containers:", "- name: a", "cap_add:", "[KILL]", "user: '5'", "include: x"),
    *(
        "[Service]",
        "# /etc/systemd/system/b.service\n",
        "[Container]",
        "[Service",
        "CapabilityBoundingSet=~CAP_KILL",
        "User=%i",
        "AmbientCapabilities=",
        "[Unit]",
    ),
    *("docker run", "--cap-add", "KILL", "--privileged", "-u", "x", "'", "\\", ";", "$X", "sudo", "podman run"),
    *(
        "cap_kill=ep",
        "!cap_chown",
        "^cap_bpf",
        "=",
        "security.capability=0x",
        "0100000220000000000000000000000000000000",
    ),
    *(
        '{"HostConfig":',
        '{"process":',
        '{"capabilities":',
        "{}",
        "}",
        "[",
        "]",
        "null",
        "&a",
        "*a",
        "<<:",
        "%YAML 1.1",
        "---",
        "!!int",
    ),
]
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", "\n", "\n  ", "\n    ", ""])), max_size=12).map(
        lambda parts: "".join(word + end for word, end in parts)
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["KILL", "ALL", "${X}"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "services",
                        "kind",
                        "spec",
                        "containers",
                        "name",
                        "securityContext",
                        "capabilities",
                        "add",
                        "cap_add",
                    ]
                    + [
                        "process",
                        "HostConfig",
                        "CapAdd",
                        "user",
                        "bounding",
                        "template",
                        "items",
                        "extends",
                        "metadata",
                    ]
                )
                | st.text(max_size=3),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    ).map(json.dumps),
)


@given(
    TEXTS,
    st.sampled_from([None, *DIALECTS]),
    st.sampled_from(["", "a.yaml", "b.service", "c.container", "b.service.d/d.conf"]),
)
@example("a: &a [*a]", None, "")
@example("%YAML 1.1\n--- {services: {}}", None, "")
def test_a_text_is_understood_or_refused(text, dialect, name):
    """And what is understood can be linted and written, or that is refused as well."""
    try:
        found = documents.read(text, dialect=dialect, name=name)
        report = documents.lint(found, policy="restricted")
        report.to_sarif()
        report.by_workload()
        assert all(line.isprintable() for line in str(report).split("\n"))
        for to in ("docker", "libcap", "oci"):
            documents.convert(found, to)
    except CapsetError as error:
        assert str(error)


@given(TEXTS, st.sampled_from(["", "b.service"]))
def test_a_text_without_a_section_that_counts_is_no_unit(text, name):
    """It holds nothing rather than everything."""
    try:
        found = documents.read(text, dialect="systemd", name=name)
    except CapsetError:
        return
    files = unit_files(text.removeprefix("\ufeff"), name)
    counts = {"Service", "Socket", "Mount", "Swap"} & {each for file in files for each in sections(file.text)}
    for outcome in documents.lint(found).outcomes:
        assert counts or outcome.gets is None
        assert outcome.gets is None or outcome.gets.bounding <= CapSet.all()
