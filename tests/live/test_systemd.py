"""systemd itself against our reader of unit files."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from capset import Cap, CapSet
from capset.formats import systemd
from tests.live.systemd import Parser, load

RUNS = int(os.environ.get("CAPSET_ORACLE_RUNS", "10"))
FULL = 2**64 - 1
KEYS = ("CapabilityBoundingSet", "AmbientCapabilities")

keys = st.sampled_from([*KEYS, *KEYS, "capabilityboundingset", '"AmbientCapabilities"', "CapabilityBoundingSet+"])
names = st.sampled_from(["CAP_KILL", "cap_chown", "Cap_Net_Raw", "CAP_SYS_ADMIN", "CAP_BPF"])
numbers = st.sampled_from(["0", "5", "05", "0x5", "0X1f", "010", "0b101", "0B1", "0o17", "+5", "-0", "-1", "63", "64"])
strange = st.sampled_from(
    ["kill", "all", "CAP_FOO", "CAP_ſYS_ADMIN", "cap_41", "5x", "08", "0x", "0b2", "1_0", "CAP_KILL,", "#", ";", "%i"]
)
quoted = st.sampled_from(
    ['"CAP_KILL"', "'CAP_KILL CAP_CHOWN'", 'CAP_"KILL"', '""', '" 5"', "'5 '", r"CAP\_KILL", r"A\ B"]
)
open_ended = st.sampled_from(['"CAP_KILL', "'", "CAP_KILL\\", '"\\'])
word = st.one_of(names, names, numbers, strange, quoted, open_ended, st.text("CAPKIL_cap 05x+-~\"'\\b", max_size=8))
values = st.builds("{}{}".format, st.sampled_from(["", "", "~", "~ ", "~~"]), st.lists(word, max_size=4).map(" ".join))


@pytest.fixture(scope="module")
def parser():
    """Find systemd's own libraries, or skip."""
    try:
        return Parser()
    except (ValueError, OSError):
        pytest.skip("needs systemd's libraries (Debian: apt-get install systemd)")


def test_values(parser):
    """Several lines of a directive, all 64 bits of what comes of them."""

    @settings(max_examples=40 * RUNS, deadline=None)
    @given(st.lists(values, max_size=4))
    def compare(lines: list[str]) -> None:
        stripped = [line.strip(" \t\n\r") for line in lines]
        kept = [line for line in stripped if one_line(line)]
        unit = systemd.from_unit(
            "[Service]\n" + "".join(f"{key}={line}\n" for line in kept for key in KEYS), version=parser.version
        )
        bounding = FULL if unit.bounding is None else unit.bounding.mask
        assert [parser.read(key, kept) for key in KEYS] == [bounding, unit.ambient.mask]

    compare()


def one_line(value: str) -> bool:
    """Say whether a value stands for itself in a file: a backslash at the end joins it with the next line."""
    return not (len(value) - len(value.rstrip("\\"))) % 2


def test_whole_files(parser, tool, holding):
    """Sections, comments, continued lines, strange assignments and drop-ins."""
    tool("setpriv", "util-linux")
    holding("chown", "setuid", "setgid")
    lines = st.one_of(
        st.builds("{}{}={}{}".format, st.sampled_from(["", " ", "\t"]), keys, st.sampled_from(["", " "]), values),
        st.sampled_from(
            ["", "[Service]", "[Unit]", "[service]", " [Service] ", "# a", "; b", "  # c \\", "nothing", "=x"]
        ),
        st.sampled_from(
            ["[X-Mine]", "CapabilityBoundingSet=CAP_KILL \\", "\\", "CAP_CHOWN", "~CAP_KILL", "[Service", "]"]
        ),
    )
    file = st.builds(
        "{}{}".format,
        st.sampled_from(["[Service]\n", "[Service]\n", "\ufeff[Service]\n", ""]),
        st.lists(
            st.builds("{}{}".format, lines, st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\r", "\0", "\n\0", ""]))
        ).map("".join),
    )
    seen = []

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(st.lists(st.lists(file.filter(bool), min_size=1, max_size=3), min_size=20, max_size=60))
    def compare(units: list[list[str]]) -> None:
        for parts, told in zip(units, load(units), strict=True):
            unit = systemd.from_unit(*parts, version=parser.version)
            if any(problem.verdict == "refused" for problem in unit.problems):
                event("not loaded")
                assert told["Unit Load State"] in {"error", "bad-setting"}, parts
                continue
            seen.append(parts)
            bounding, ambient = (CapSet.parse(told.get(key, "").upper()) for key in KEYS)
            assert ("CapabilityBoundingSet" in told) == (unit.bounding is not None), parts
            assert bounding == (unit.bounding or CapSet()) & CapSet.all(), parts
            assert ambient == unit.ambient & CapSet.all(), parts

    compare()
    assert len(seen) > RUNS


def test_what_is_written_is_read(parser):
    """Every set, through our writer and systemd's reader."""

    @settings(max_examples=20 * RUNS, deadline=None)
    @given(st.one_of(st.integers(0, FULL), st.sets(st.sampled_from(Cap)).map(lambda caps: CapSet(caps).mask)))
    def compare(mask: int) -> None:
        unit = systemd.Unit(bounding=CapSet.from_mask(mask), ambient=CapSet.from_mask(mask))
        written = [line.partition("=") for line in systemd.to_unit(unit).splitlines()[1:]]
        for key in KEYS:
            assert parser.read(key, [value for name, _, value in written if name == key]) == mask

    compare()


USERS = [*("0", "00", "7", "-1", "+0", "65535", "65534", "4294967295", "99999999999"), "a:b", "..", "root", "web", ""]


LINES = [f"User={user}" for user in USERS]
LINES += [f"{key}={word}" for key in ("DynamicUser", "NoNewPrivileges") for word in ("", "yes", "oui", "ON", "0")]


def test_what_keeps_a_unit_from_being_loaded(tool, holding):
    """Users that are none, and words that are neither yes nor no where a user hangs on them."""
    tool("setpriv", "util-linux")
    holding("chown", "setuid", "setgid")
    told = load([[f"[Service]\n{line}\n"] for line in LINES])
    units = [systemd.from_unit(f"[Service]\n{line}\n") for line in LINES]
    refused = [any(problem.verdict == "refused" for problem in unit.problems) for unit in units]

    assert [unit["Unit Load State"] != "loaded" for unit in told] == refused
