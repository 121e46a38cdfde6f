"""Laws of releases: what their names tell, and how the rules of one go with those of another."""

from __future__ import annotations

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from capset import Cap, CapSet, FileCaps, kernel
from capset.errors import UnknownReleaseError
from capset.kernel import NEWEST, KernelError, Rules
from tests.property.test_kernel import credentials, executables, extents

SWITCHES = [field.name for field in fields(Rules) if field.eq and field.name != "last_cap"]
MAINLINE = [
    f"{major}.{minor}.0" for major, last in ((3, 19), (4, 20), (5, 19), (6, 19), (7, 2)) for minor in range(last + 1)
]
MAINLINE = MAINLINE[MAINLINE.index("3.10.0") :]

mainline = st.sampled_from(MAINLINE)
suffixes = st.from_regex(
    r"-[0-9]{1,3}(\.[0-9]{1,3}){0,2}(-cloud|-generic|\.el8|\.el7)?[.-](amd64|x86_64)", fullmatch=True
)
stable = st.builds("{}.{}".format, mainline.map(lambda release: release.removesuffix(".0")), st.integers(0, 400))
releases = st.one_of(
    mainline,
    stable,
    st.builds(str.__add__, mainline, suffixes),
    st.sampled_from(["7.9.1", "6.17-rc1", "6.16~rc3-amd64", "8.0"]),
)


def has(rules: Rules, change: kernel.Change) -> bool:
    """Say whether a kernel with these rules has a change, and so what changed in the same switch before it."""
    earlier = kernel.changes()[kernel.changes().index(change) :]
    return getattr(rules, change.switch) not in [each.before for each in earlier if each.switch == change.switch]


def caps(cred: kernel.Credentials) -> CapSet:
    """Return what is anywhere."""
    held = cred.caps
    return held.permitted | held.inheritable | held.bounding | held.ambient


@pytest.mark.parametrize(
    "change", [change for change in kernel.changes() if change.switch], ids=lambda change: change.id
)
def test_a_change_comes_with_its_release(change):
    """Not in the one before it, and in all that follow."""
    at = MAINLINE.index(f"{change.since}.0")

    assert not any(has(Rules.of(release), change) for release in MAINLINE[:at])
    assert all(has(Rules.of(release), change) for release in MAINLINE[at:])


@pytest.mark.parametrize(
    ("change", "backport"),
    [(change, each) for change in kernel.changes() for each in change.backports],
    ids=lambda value: getattr(value, "since", ""),
)
def test_a_backport_comes_with_its_release(change, backport):
    """Not in the release before it."""
    first, dot, last = backport.since.replace("-", ".").rpartition(".")
    dot = "-" if backport.build else dot
    after = f".{backport.build}.x86_64" if backport.build else ""

    assert has(Rules.of(f"{first}{dot}{last}{after}"), change)
    assert has(Rules.of(f"{first}{dot}{int(last) + 1}{after}"), change)
    assert not has(Rules.of(f"{first}{dot}{int(last) - 1}{after}"), change)


@pytest.mark.parametrize("cap", [cap for cap in Cap if cap > Cap.BLOCK_SUSPEND], ids=str)
def test_capabilities_come_with_their_release(cap):
    """Those of the table, and each stays."""
    at = MAINLINE.index(f"{cap.info.since_linux}.0")

    assert all(Rules.of(release).last_cap < cap for release in MAINLINE[:at])
    assert all(Rules.of(release).last_cap >= cap for release in MAINLINE[at:])


@given(st.text() | st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,4}){1,4}(-rc[0-9])?[-+.a-z0-9]*"))
def test_any_text(text):
    """It is a release, or an error that says what one is; the same text always gives the same."""
    try:
        rules = Rules.of(text)
    except UnknownReleaseError as error:
        assert error.release == text.strip()
        assert "uname -r" in str(error) or "Linux 3.10" in str(error) or "other systems" in str(error)
        return
    assert rules.release == text.strip()
    assert Rules.of(rules.release) == rules
    assert Rules.of(rules) is rules


@given(releases)
def test_what_is_assumed_is_told(release):
    """Only a plain release of the mainline leaves nothing open, but for what is not modelled."""
    rules = Rules.of(release)

    assert all(release in sentence for sentence in rules.assumed)
    assert len(set(rules.assumed)) == len(rules.assumed)
    if release in MAINLINE:
        assert all("not modelled" in sentence for sentence in rules.assumed)
    if rules.release.partition("-")[2] and rules.set_id != NEWEST.set_id:
        assert any("its name does not tell" in sentence for sentence in rules.assumed)


@given(mainline, suffixes)
def test_distributions_have_no_less(release, suffix):
    """A kernel that was built from a release has what the release has."""
    plain, built = Rules.of(release), Rules.of(release + suffix)

    assert all(has(built, change) for change in kernel.changes() if change.switch and has(plain, change))
    assert built.last_cap == plain.last_cap


@given(releases, credentials)
def test_fit(release, cred):
    """Nothing is left that the kernel does not know, nothing comes, and a second time changes nothing."""
    rules = Rules.of(release)
    fitted = rules.fit(cred)

    assert rules.fit(fitted) == fitted
    assert rules.fit(fitted).assumed == fitted.assumed
    assert caps(fitted) <= caps(cred)
    assert rules.last_cap is None or caps(fitted) <= CapSet.all(rules.last_cap)
    assert rules.ambient or not fitted.caps.ambient
    assert fitted.securebits & ~rules.securebits == 0
    assert (fitted == cred) == (fitted.assumed == cred.assumed)
    assert NEWEST.fit(cred) == cred


@given(releases, credentials, executables)
def test_execve_by_any_release(release, cred, executable):
    """No kernel gives what it does not have, or makes ambient what was not; its explanation tells the same."""
    rules = Rules.of(release)
    fitted = rules.fit(cred)
    told = kernel.explain_execve(fitted, executable, rules=rules)
    try:
        after = kernel.execve(fitted, executable, rules=release)
    except KernelError as error:
        assert str(told.error) == str(error)
        return
    assert told.after == after
    assert caps(after) <= caps(fitted)
    assert rules.fit(after) == after
    assert after.caps.ambient <= fitted.caps.ambient


@given(releases, releases, credentials, executables)
def test_what_no_release_changes(one, other, cred, executable):
    """Without ambient capabilities, and where no id differs from the real one, all do the same with a file."""
    rules = [Rules.of(release) for release in (one, other)]
    alike = evolve(cred, uids=cred.uids.real, gids=cred.gids.real, caps=evolve(cred.caps, ambient=CapSet()))
    fitted = rules[0].fit(rules[1].fit(alike))
    if executable.caps is not None:  # which each kernel reads by its own last capability, and revision 3 not at all
        executable = evolve(executable, caps=FileCaps(permitted=executable.caps.permitted & CapSet.all(36)))
    first, second = (kernel.explain_execve(fitted, executable, rules=each) for each in rules)

    assert (first.after, first.secure, str(first.error)) == (second.after, second.secure, str(second.error))


@given(mainline, mainline, credentials, st.integers(0, 0x1FFF))
def test_newer_kernels_take_more_securebits(one, other, cred, bits):
    """What an older one sets a newer one sets, and to the same."""
    older, newer = sorted((one, other), key=MAINLINE.index)
    fitted = Rules.of(older).fit(cred)
    by = [kernel.explain_set_securebits(fitted, bits, rules=release).after for release in (older, newer)]

    assert by[0] is None or by[0] == by[1]


@given(credentials, extents)
def test_a_root_map_needs_no_less(cred, asked):
    """What is mapped with the rule of 5.12 is mapped without it, and to the same."""
    with_rule, without = (
        kernel.explain_write_uid_map(cred, asked, rules=Rules(root_map_needs_setfcap=needs)).after
        for needs in (True, False)
    )
    assert with_rule is None or with_rule == without


@given(credentials, extents, st.sampled_from(["write_uid_map", "write_gid_map"]))
def test_longer_maps_take_no_less(cred, asked, name):
    """What has 5 lines or fewer is the same to both."""
    short, long = (
        getattr(kernel, f"explain_{name}")(cred, asked, rules=Rules(map_extents=most)).after for most in (5, 340)
    )
    assert short is None or short == long
