"""What each kernel that was asked said of the operations."""

from __future__ import annotations

import pytest

from capset import operations
from capset.operations import Evidence, Requirement, catalogue

KERNELS = [
    {
        "release": "5.10.0",
        "date": "2026-11-28",
        "how": "searched",
        "undecided": [{"why": "there is no clock", "ids": ["setns time", "timer_create"]}],
        "others": [{"id": "bpf", "needs": ["CAP_SYS_ADMIN", "CAP_BPF & CAP_PERFMON"]}, {"id": "ping", "needs": []}],
    },
    {"release": "7.2.1", "date": "2026-11-29", "how": "confirmed"},
]


@pytest.fixture
def told(monkeypatch):
    """Let two kernels have been asked."""
    monkeypatch.setattr(catalogue, "load", lambda _name: {"kernels": KERNELS})
    monkeypatch.setattr(catalogue, "_kernels", catalogue._kernels.__wrapped__)


def test_a_kernel_says_what_the_record_says_where_nothing_else_is_told(told):
    """With the release, the date and how it was asked."""
    assert catalogue.evidence("chown") == (
        Evidence(release="5.10.0", date="2026-11-28", how="searched"),
        Evidence(release="7.2.1", date="2026-11-29", how="confirmed"),
    )


def test_what_is_not_decided_says_why(told):
    """By each kernel of its own."""
    old, new = catalogue.evidence("timer_create")
    assert (old.how, old.why) == ("not decided", "there is no clock")
    assert (new.how, new.why) == ("confirmed", "")


def test_what_needs_something_else_there_says_what(told):
    """Also where no capability would do."""
    assert catalogue.evidence("bpf")[0].needs == Requirement.parse("CAP_SYS_ADMIN | CAP_BPF & CAP_PERFMON")
    assert catalogue.evidence("ping")[0].needs == Requirement.parse("never")
    assert str(catalogue.evidence("ping")[0]) == "Linux 5.10.0: searched, and it needs never there"


def test_the_records_are_decided_by_some_kernel_or_say_why_not():
    """And all that the evidence tells of is in the records."""
    for operation in operations.table():
        decided = [each for each in operation.evidence if each.how != "not decided" and each.needs is None]
        assert decided or operation.undecided, operation.id
    ids = {*operations.names()}
    for _, apart in catalogue._kernels():
        assert {*apart} <= ids
