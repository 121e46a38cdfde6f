"""What changed from one release of an engine to the next, as read at their tags: before, at, and after."""

from __future__ import annotations

import pytest

from capset import DOCKER_DEFAULT, Cap, CapSet, CapState, engines
from capset.errors import (
    ContradictionError,
    RequestError,
    UnavailableError,
    UnknownNameError,
    UnknownVersionError,
    UnsupportedOptionError,
)

PODMAN_PACKAGED = CapSet.from_hex("800405fb")
NEWEST = ("PERFMON", "BPF", "CHECKPOINT_RESTORE")


def same(*sets: str, caps: CapSet, **others: CapSet) -> CapState:
    """Make a state that holds *caps* in several sets."""
    return CapState(**dict.fromkeys(sets, caps), **others)


# -- Nomad ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.1.0", "1.2", "1.3.13", "1.4.0", "1.4.8", "1.5.0", "1.5.3"])
def test_nomad_bounds_another_user(version):
    """Until pull request 16643 a list that was asked for was nothing but a bound."""
    nomad = engines.get("nomad", version)

    assert nomad.container(add=["chown"], drop=["all"], uid=7) == CapState(bounding=["chown"])
    assert nomad.container(uid=7) == CapState(bounding=nomad.default)
    assert nomad.container(drop=["all"]) == same("effective", "permitted", "bounding", caps=CapSet.all(37))


@pytest.mark.parametrize("version", ["1.3.14", "1.3", "1.4.9", "1.4", "1.5.4", "1.6", "1.11.3"])
def test_nomad_gives_another_user(version):
    """Since then it is ambient."""
    sets = ("effective", "permitted", "inheritable", "bounding", "ambient")
    nomad = engines.get("nomad", version)

    assert nomad.container(add=["chown"], drop=["all"], uid=7) == same(*sets, caps=CapSet(["chown"]))
    assert nomad.container(drop=["all"]) == same("effective", "permitted", "bounding", caps=CapSet.all(37))


# -- CRI-O ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "left"),
    [
        *[(version, False) for version in ("1.0.0", "1.10.6")],  # the default is where the lists start
        *[(version, True) for version in ("1.11.0", "1.18.0", "1.19.4", "1.20.0", "1.20.9", "1.20", "1.21.0")],
        *[(version, False) for version in ("1.19.5", "1.19", "1.21.1", "1.21", "1.22.0", "1.36.3")],
    ],
)
def test_cri_o_drops_all(version, left):
    """1.19.5 and 1.21.1 mended what 1.11 had broken; no release of 1.20 did."""
    cri_o = engines.get("cri-o", version)

    assert cri_o.resolve(drop=["ALL"]) == (cri_o.default if left else CapSet())
    assert cri_o.resolve(["CHOWN"], ["ALL"]) == (cri_o.default if left else CapSet(["chown"]))


@pytest.mark.parametrize(
    ("version", "known"),
    [
        *[(version, False) for version in ("1.19.6", "1.20.0", "1.20.2", "1.20", "1.21.1", "1.21")],
        *[(version, True) for version in ("1.20.1", "1.21.0", "1.22.0", "1.31.0")],
    ],
)
def test_cri_o_knows_the_newest_names(version, known):
    """1.20.1 and 1.21.0 did, and the release after each went back."""
    cri_o = engines.get("cri-o", version)

    assert len(cri_o.resolve(["ALL"])) == (41 if known else 38)
    for name in NEWEST:
        if known:
            assert name in cri_o.resolve([name])
        else:
            with pytest.raises(UnknownNameError, match="it knows no capability after CAP_AUDIT_READ"):
                cri_o.resolve([name])


@pytest.mark.parametrize("version", ["1.11.0", "1.11.1"])
def test_cri_o_skips_names(version):
    """The first two releases of 1.11 logged a name that they could not add, and refused one they could not drop."""
    cri_o = engines.get("cri-o", version)
    resolution = cri_o.resolution(["bogus", "net_admin", "PERFMON"])

    assert resolution.caps == cri_o.default | {"net_admin"}
    assert resolution.warnings == (
        f"CRI-O {version} skips 'bogus', which it does not know: nothing is added",
        f"CRI-O {version} skips 'PERFMON', which it does not know: nothing is added",
    )
    with pytest.raises(UnknownNameError, match="refuses to drop 'bogus'"):
        cri_o.resolve(drop=["bogus"])


@pytest.mark.parametrize("version", ["1.0.0", "1.9.16", "1.10.6", "1.11.2", "1.17", "1.36.3"])
def test_cri_o_refuses_names(version):
    """All others refuse either."""
    for lists in ((["bogus"], []), ([], ["bogus"])):
        with pytest.raises(UnknownNameError):
            engines.get("cri-o", version).resolve(*lists)


@pytest.mark.parametrize(
    ("version", "inheritable", "ambient", "of_privileged"),
    [
        ("1.0.0", True, True, True),
        ("1.9.11", True, True, True),
        ("1.9.12", True, False, False),
        ("1.9", True, False, False),
        ("1.10.0", True, True, True),
        ("1.10.1", True, False, True),
        ("1.23.0", True, False, True),
        ("1.23.3", True, False, True),
        ("1.23.5", True, False, True),
        ("1.24.0", False, False, True),
        ("1.24.2", False, False, True),
        ("1.24.3", True, False, True),
        ("1.24.6", True, False, True),
        ("1.25.0", False, False, True),
        ("1.36.3", False, False, True),
    ],
)
def test_cri_o_fills(version, inheritable, ambient, of_privileged):
    """Which of the sets beside the first three have the list; the last is the ambient set of a privileged container."""
    cri_o = engines.get("cri-o", version)
    configured = cri_o.configured()

    assert configured.effective == configured.permitted == configured.bounding == cri_o.default
    assert configured.inheritable == (cri_o.default if inheritable else CapSet())
    assert configured.ambient == (cri_o.default if ambient else CapSet())
    assert bool(cri_o.configured(privileged=True).ambient) is of_privileged


# -- containerd -----------------------------------------------------------------------------------------


def test_containerd_begins_with_its_cri():
    """Before 1.1.0 there was none in it."""
    with pytest.raises(UnknownVersionError, match=r"they begin with 1\.1\.0"):
        engines.get("containerd", "1.0.3")


@pytest.mark.parametrize("version", ["1.1.0", "1.1.8", "1.2.14", "1.2"])
def test_containerd_refuses_names(version):
    """Until 1.3 a name to add that it does not know, or the kernel does not have, was refused; one to drop was not."""
    containerd = engines.get("containerd", version)

    for name in ("bogus", "CAP_CHOWN", *NEWEST):
        with pytest.raises(UnknownNameError, match=f"refuses to add '{name}'"):
            containerd.resolve([name])
    with pytest.raises(UnknownNameError, match="the kernel has no such capability"):
        containerd.resolve(["AUDIT_READ"], available=CapSet.all(36))
    resolution = containerd.resolution(["net_admin"], ["bogus"])
    assert resolution.caps == containerd.default | {"net_admin"}
    assert resolution.warnings == (
        f"containerd (CRI) {version} skips 'bogus', which it does not know: nothing is dropped",
    )


@pytest.mark.parametrize("version", ["1.3.0", "1.4.13", "1.5.0", "2.3.4"])
def test_containerd_passes_names_on(version):
    """Since then nothing is looked at."""
    assert len(engines.get("containerd", version).resolution(["bogus", "CAP_CHOWN"]).warnings) == 2


@pytest.mark.parametrize(("version", "ambient"), [("1.1.0", True), ("1.1.1", False), ("1.1", False), ("2.3.4", False)])
def test_containerd_fills_the_ambient_set(version, ambient):
    """1.1.0 alone let another user have what was added."""
    containerd = engines.get("containerd", version)

    assert containerd.container(["net_admin"], uid=7).effective == CapSet(["net_admin"] if ambient else [])
    assert containerd.configured(["net_admin"]).ambient == CapSet(["net_admin"] if ambient else [])
    assert containerd.configured(privileged=True).ambient == (CapSet.all(37) if ambient else CapSet())


# -- Podman ---------------------------------------------------------------------------------------------

NO = "refused"
PODMAN = [  # add, drop, and what 1.0, 1.1, 1.2, 1.8.0, 1.8.1, 1.9, 2.0 and 3.2 make of it
    (["NET_ADMIN"], [], *["a80435fb"] * 8),
    (["CAP_NET_ADMIN"], [], NO, NO, *["a80435fb"] * 6),
    (["chown,net_admin"], [], NO, *["a80435fb"] * 7),
    (["chown"], ["chown"], *["a80425fb"] * 4, *[NO] * 4),
    (["chown"], ["ALL", "chown"], "1", "1", "1", "1", NO, NO, "1", "1"),
    (["ALL"], ["ALL"], "0", "0", "3fffffffff", "3fffffffff", NO, NO, NO, NO),
    (["ALL"], ["net_raw"], *["3fffffdfff"] * 6, "3fffffffff", "1ffffffdfff"),
    (["PERFMON"], [], *[NO] * 7, "40a80425fb"),
]


@pytest.mark.parametrize("at", range(8), ids=["1.0", "1.1", "1.2", "1.8.0", "1.8.1", "1.9", "2.0", "3.2"])
@pytest.mark.parametrize("row", PODMAN, ids=lambda row: f"+{','.join(row[0])} -{','.join(row[1])}")
def test_podman_rules(row, at):
    """Docker's rules until 1.8.0, those of containers/common from 1.8.1 on."""
    add, drop, *results = row
    podman = engines.get("podman", ["1.0", "1.1", "1.2.0", "1.8.0", "1.8.1", "1.9", "2.0", "3.2.0"][at])
    if results[at] == NO:
        with pytest.raises(RequestError):
            podman.resolve(add, drop)
    else:
        assert podman.resolve(add, drop) == CapSet.from_hex(results[at])


@pytest.mark.parametrize(("version", "held"), [("0.1.0", 3), ("0.6.0", 3), ("0.7.0", 0)])
def test_youki_spec(version, held):
    """Its template is ambient until 0.6; later youki spec takes it out of two of the lists."""
    youki = engines.get("youki", version)

    assert len(youki.container(uid=1000).effective) == len(youki.container().ambient) == held
    assert len(youki.configured().inheritable) == held
    assert len(youki.container().effective) == 3


@pytest.mark.parametrize("version", ["1.0.0", "1.0", "1.1", "1.2.0", "1.6"])
def test_podman_privileged_before_1_7(version):
    """All five sets hold everything, another user's too, whatever the lists say: they were not even read."""
    podman = engines.get("podman", version)
    everything = CapSet.all(37)

    assert podman.resolve(["bogus"], ["all"], privileged=True) == everything
    for uid in (0, 1000):
        held = podman.container(["chown"], ["all"], privileged=True, uid=uid)
        assert {held.effective, held.permitted, held.inheritable, held.bounding, held.ambient} == {everything}
    assert podman.container(["chown"], uid=1000).effective == CapSet(["chown"])


@pytest.mark.parametrize("version", ["1.7.0", "1.8.0", "1.9"])
def test_podman_1_privileged(version):
    """The lists start from everything, and what is dropped is gone; later the lists had no effect."""
    podman = engines.get("podman", version)
    everything = CapSet.all(37)
    held = podman.container(["chown"], ["kill"], privileged=True, uid=1000)

    assert podman.resolve(drop=["kill"], privileged=True) == everything - {"kill"}
    assert podman.resolve(["kill"], ["all"], privileged=True) == CapSet(["kill"])
    assert held.effective == CapSet(["chown"])
    assert held.bounding == everything - {"kill"}
    assert engines.get("podman", "2.0.0").resolve(drop=["kill"], privileged=True) == everything
    with pytest.raises(ContradictionError, match="it takes no names to add for a privileged container"):
        engines.get("podman", "2.0.0").resolve(["kill"], privileged=True)


@pytest.mark.parametrize("version", ["1.0.0", "1.8.0", "1.9"])
def test_podman_1_takes_from_what_is_added(version):
    """For another user, what is dropped is not among what is added; later it is, and the container does not start."""
    held = engines.get("podman", version).container(["ALL"], ["NET_RAW"], uid=1000)

    assert held.effective == held.ambient == held.bounding == CapSet.all(37) - {"net_raw"}
    with pytest.raises(UnavailableError):
        engines.get("podman", "4.3.1").container(["ALL"], ["NET_RAW"], uid=1000)


@pytest.mark.parametrize(
    ("version", "effective", "inheritable"),
    [
        ("1.9", "1001", "1001"),
        ("2.0.0", "0", "0"),
        ("2.0.4", "0", "0"),
        ("2.0.5", "1", "1001"),
        ("2.0.6", "1", "1001"),
        ("2.1.0", "1", "a80425fb"),
        ("2.1.1", "1", "a80425fb"),
        ("2.2.0", "1001", "a80435fb"),
        ("2.2.1", "1001", "a80435fb"),
        ("3.0.0", "1001", "1001"),
    ],
)
def test_podman_adds_for_another_user(version, effective, inheritable):
    """2.0.5 to 2.1 left the ambient set as it was made: of what is added, only what is in Docker's 14 comes through."""
    held = engines.get("podman", version).container(["net_admin", "chown"], uid=1000)

    assert held.effective == held.permitted == held.ambient == CapSet.from_hex(effective)
    assert held.inheritable == CapSet.from_hex(inheritable)
    assert held.bounding == DOCKER_DEFAULT | {"net_admin"}


def test_podman_another_user_has_nothing_of_net_admin():
    """The question that was asked most of 2.0.5 to 2.1."""
    for version in ("2.0.5", "2.0.6", "2.1.0", "2.1.1"):
        assert engines.get("podman", version).container(["net_admin"], uid=1000).effective == CapSet()
    assert engines.get("podman", "2.2.0").container(["net_admin"], uid=1000).effective == CapSet(["net_admin"])
    with pytest.raises(UnavailableError, match="'CAP_CHOWN'"):  # inheritable, and no longer in the bounding set
        engines.get("podman", "2.1.1").container(drop=["chown"], uid=1000)
    assert engines.get("podman", "2.0.6").container(drop=["chown"], uid=1000).bounding == DOCKER_DEFAULT - {"chown"}


@pytest.mark.parametrize(
    ("version", "ambient", "of_privileged"),
    [
        ("1.9", "a80435fb", "3fffffffff"),
        ("2.0.4", "a80435fb", "3fffffffff"),
        ("2.0.5", "a80425fb", "3fffffffff"),
        ("2.1.1", "a80425fb", "3fffffffff"),
        ("2.2.0", "0", "0"),
        ("3.0.0", "0", "0"),
    ],
)
def test_podman_ambient_of_root(version, ambient, of_privileged):
    """The 14, whatever is added, and everything for a privileged container."""
    podman = engines.get("podman", version)

    assert podman.container(["net_admin"]).ambient == CapSet.from_hex(ambient)
    assert podman.container(privileged=True).ambient == CapSet.from_hex(of_privileged)


@pytest.mark.parametrize(("version", "inheritable"), [("2.0.5", "0"), ("2.1.0", "3fffffffff"), ("2.2.0", "3fffffffff")])
def test_podman_privileged_for_another_user(version, inheritable):
    """It holds nothing by itself: what root has ambient does not come to another user."""
    podman = engines.get("podman", version)
    state = CapState(inheritable=CapSet.from_hex(inheritable), bounding=CapSet.all(37))

    assert podman.container(privileged=True, uid=1000) == state
    assert list(podman.placements)[:2] == ["root", "another user"]


def test_podman_adds_to_privileged():
    """From 4.1.0 on; 1.x did so in its own way."""
    for version in ("2.0.0", "3.4.7", "4.0.0", "4.0.3"):
        for name in ("podman", "podman-packaged"):
            if (name, version) != ("podman-packaged", "2.0.0"):
                with pytest.raises(ContradictionError, match="takes no names to add for a privileged container"):
                    engines.get(name, version).resolve(["kill"], privileged=True)
    for version in ("4.1.0", "4.1.1", "4.3.1"):
        for name in ("podman", "podman-packaged"):
            assert engines.get(name, version).resolve(["kill"], privileged=True) == CapSet.all()
    assert engines.get("podman-packaged", "4.3.1").default == PODMAN_PACKAGED


# -- systemd-nspawn -------------------------------------------------------------------------------------


def test_nspawn_options():
    """--capability= since 186, --drop-capability= and the word all since 209."""
    for version in ("183", "185"):
        for lists in ((["CAP_NET_ADMIN"], []), ([], ["CAP_CHOWN"])):
            with pytest.raises(UnsupportedOptionError):
                engines.get("systemd-nspawn", version).resolve(*lists)
    for version in ("186", "197", "208"):
        nspawn = engines.get("systemd-nspawn", version)
        assert nspawn.resolve(["CAP_NET_ADMIN,CAP_MKNOD", "cap_syslog"]) == nspawn.default | {
            "net_admin",
            "mknod",
            "syslog",
        }
        assert nspawn.flags(nspawn.default | {"net_admin"}) == ["--capability=CAP_NET_ADMIN"]
        with pytest.raises(UnknownNameError, match="'all'"):
            nspawn.resolve(["all"])
        with pytest.raises(UnsupportedOptionError, match="drops a capability"):
            nspawn.resolve(drop=["CAP_CHOWN"])
    for version in ("209", "252", "256"):
        nspawn = engines.get("systemd-nspawn", version)
        assert nspawn.resolve(["all"], ["CAP_CHOWN"]) == CapSet.all() - {"chown"}
        assert "since 249.16, 250.11, 251.12, 252.6 and 253" in nspawn.facts[0].note


# -- LXC and Incus --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lxc", "lxc-unprivileged"])
@pytest.mark.parametrize(
    ("version", "last"),
    [
        ("1.1.0", Cap.WAKE_ALARM),
        ("1.1.3", Cap.WAKE_ALARM),
        ("1.1.4", Cap.AUDIT_READ),
        ("2.0.0", Cap.AUDIT_READ),
        ("4.0.5", Cap.AUDIT_READ),
        ("4.0.6", Cap.CHECKPOINT_RESTORE),
        ("7.0.0", Cap.CHECKPOINT_RESTORE),
    ],
)
def test_lxc_names(name, version, last):
    """A newer capability has no name, but every one of the kernel has its number."""
    lxc = engines.get(name, version)
    for cap in CapSet.all():
        if cap <= last:
            assert lxc.resolve(drop=[cap.name.lower()]) == lxc.default - {cap}
        else:
            with pytest.raises(UnknownNameError, match=f"by name; write {int(cap)}$"):
                lxc.resolve(drop=[cap.name.lower()])
        assert lxc.resolve(drop=[str(int(cap))]) == lxc.resolve(drop=[cap]) == lxc.default - {cap}
    assert lxc.flags(lxc.default - {"checkpoint_restore"}) == [
        f"lxc.cap.drop={'checkpoint_restore' if last == 40 else 40}"
    ]
    assert lxc.resolve(drop=[""]) == CapSet.all()
    with pytest.raises(UnknownNameError, match=r"the kernel has no such capability|knows no capability after"):
        lxc.resolve(drop=["38"], available=CapSet.all(37))


@pytest.mark.parametrize(
    ("version", "packaged", "in_user_namespace"),
    [
        ("1.1.0", "302010000", "302010000"),
        ("1.1.5", "302010000", "302010000"),
        ("2.0.0", "302030000", "302030000"),
        ("2.0.9", "302030000", "302030000"),
        ("2.0.10", "302030000", "0"),
        ("2.0", "302030000", "0"),
        ("2.1.0", "302030000", "302030000"),
        ("2.1.1", "302030000", "302030000"),
        ("3.0.0", "302030000", "0"),
        ("7.0.0", "302030000", "0"),
    ],
)
def test_lxc_drops(version, packaged, in_user_namespace):
    """userns.conf took back the drops of common.conf first in 2.0.10, and since 3.0.0."""
    for name, dropped in (("lxc", packaged), ("lxc-unprivileged", in_user_namespace)):
        assert CapSet.all() - engines.get(name, version).default == CapSet.from_hex(dropped)


def test_incus():
    """With stacked AppArmor profiles, as on Debian and Ubuntu, two capabilities more."""
    usual, other = engines.get("incus"), engines.get("incus-without-stacking")

    assert len(usual.default) == 38
    assert len(other.default) == 36
    assert usual.default - other.default == CapSet(["mac_admin", "mac_override"])
    for version in ("0.1.0", "6.0.6", "7.3.0"):
        assert engines.get("incus", version).default == usual.default
        assert engines.get("incus-without-stacking", version).default == other.default
    assert "AppArmor" in usual.about


# -- Docker ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "denied"),
    [
        ("0.1.0", "3eff30100"),
        ("0.5.3", "3eff30100"),
        ("0.6.3", "3eff30100"),
        ("0.6.4", "36ff30100"),
        ("0.6.6", "36ff30100"),
        ("0.6.7", "36fb30100"),
        ("0.7.0", "36fb30100"),
        ("0.8.0", "36fb30100"),
        ("0.8.1", "36fb31100"),
        ("0.9.1", "36fb31100"),
        ("0.10.0", "367b31100"),
    ],
)
def test_what_early_docker_denies(version, denied):
    """SETFCAP is kept since 0.6.4, SYS_BOOT since 0.6.7; NET_ADMIN is not since 0.8.1."""
    docker = engines.get("docker", version)

    assert CapSet.all() - docker.default == CapSet.from_hex(denied)
    assert docker.container().bounding == docker.default


def test_early_docker_privileged():
    """There is the option since 0.6.0, and nothing is dropped."""
    with pytest.raises(UnsupportedOptionError):
        engines.get("docker", "0.5.3").resolve(privileged=True)
    for version in ("0.6.0", "0.7.2", "0.9.1", "1.1.2"):
        assert engines.get("docker", version).resolve(privileged=True) == CapSet.all()


# -- crun, Buildah, nerdctl -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "inheritable"),
    [("0.2", True), ("0.20.1", True), ("1.4.3", True), ("1.4.4", False), ("1.8.1", False), ("1.29.1", False)],
)
def test_crun(version, inheritable):
    """CVE-2022-27650."""
    crun = engines.get("crun", version)

    assert crun.default == CapSet(["kill", "net_bind_service", "audit_write"])
    assert crun.configured().inheritable == (crun.default if inheritable else CapSet())
    assert crun.container(uid=1000).effective == (crun.default if inheritable else CapSet())
    assert crun.credentials().no_new_privs


@pytest.mark.parametrize(
    ("version", "default", "inheritable", "ambient"),
    [
        ("1.14.1", "a80425fb", True, True),
        ("1.19.9", "a80425fb", True, True),
        ("1.19.10", "a80425fb", False, True),
        ("1.20.1", "a80425fb", True, True),
        ("1.20.2", "a80425fb", False, True),
        ("1.21.4", "a80425fb", True, True),
        ("1.21.5", "a80425fb", False, True),
        ("1.21.6", "800405fb", False, False),
        ("1.22.0", "a80425fb", True, True),
        ("1.22.5", "a80425fb", False, True),
        ("1.23.3", "a80425fb", True, True),
        ("1.23.4", "a80425fb", False, True),
        ("1.24.2", "a80425fb", True, True),
        ("1.24.3", "a80425fb", False, True),
        ("1.26.9", "a80425fb", False, True),
        ("1.26.10", "800405fb", False, False),
        ("1.27.0", "a80425fb", False, True),
        ("1.27.7", "800405fb", False, False),
        ("1.28.2", "a80425fb", False, True),
        ("1.29.0", "800005fb", False, True),
        ("1.29.1", "800005fb", False, True),
        ("1.29.2", "800405fb", False, True),
        ("1.29.5", "800405fb", False, True),
        ("1.29.6", "800405fb", False, False),
        ("1.33.12", "800405fb", False, True),
        ("1.33.13", "800405fb", False, False),
        ("1.34.0", "800405fb", False, True),
        ("1.37.6", "800405fb", False, True),
        ("1.37.7", "800405fb", False, False),
        ("1.44.0", "800405fb", False, False),
    ],
)
def test_buildah(version, default, inheritable, ambient):
    """What is compiled in, and two sets that were emptied on the branches one by one."""
    buildah = engines.get("buildah", version)
    configured = buildah.configured()

    assert buildah.default == CapSet.from_hex(default)
    assert configured.effective == configured.permitted == configured.bounding == buildah.default
    assert configured.inheritable == (buildah.default if inheritable else CapSet())
    assert configured.ambient == (buildah.default if ambient else CapSet())
    assert buildah.container().ambient == (buildah.default if inheritable and ambient else CapSet())
    assert buildah.container(uid=1000) == CapState(bounding=buildah.default)


def test_buildah_names():
    """The last three since 1.20.0, when its table grew."""
    with pytest.raises(UnknownNameError):
        engines.get("buildah", "1.19").resolve(["CAP_BPF"])
    assert "bpf" in engines.get("buildah", "1.20.0").resolve(["CAP_BPF"])


@pytest.mark.parametrize("version", ["0.5.0", "0.6.1", "0.7.0", "0.7.2"])
def test_nerdctl_replaced_the_default(version):
    """What was added took its place, even where nothing was added."""
    nerdctl = engines.get("nerdctl", version)

    assert nerdctl.resolve() == DOCKER_DEFAULT
    assert nerdctl.resolve(["NET_ADMIN"]) == CapSet(["net_admin"])
    assert nerdctl.resolve(drop=["MKNOD"]) == CapSet()
    assert nerdctl.resolve(["NET_ADMIN", "KILL"], ["ALL"]) == CapSet.parse("net_admin,kill")
    assert nerdctl.resolve(["ALL"], ["KILL"]) == CapSet.all(37 if version < "0.7" else 40) - {"kill"}
    assert nerdctl.flags(["kill"]) == ["--cap-add=KILL"]
    assert nerdctl.flags([]) == ["--cap-drop=ALL"]
    assert len(nerdctl.flags(DOCKER_DEFAULT - {"mknod"})) == 13


@pytest.mark.parametrize("version", ["0.7.3", "0.14.0", "0.15.0", "2.3.5"])
def test_nerdctl_adds_to_the_default(version):
    """Since pull request 150."""
    nerdctl = engines.get("nerdctl", version)

    assert nerdctl.resolve(["NET_ADMIN"], ["MKNOD"]) == (DOCKER_DEFAULT | {"net_admin"}) - {"mknod"}


def test_nerdctl_prefix():
    """CAP_ was put before every name until 0.15.0, so that CAP_CAP_KILL went to the runtime."""
    for version in ("0.7.2", "0.14.0"):
        assert engines.get("nerdctl", version).resolution(["CAP_SYS_ADMIN"]).warnings[0].split()[4] == (
            "'CAP_CAP_SYS_ADMIN',"
        )
        assert "sys_admin" not in engines.get("nerdctl", version).resolve(["CAP_SYS_ADMIN"])
    assert "sys_admin" in engines.get("nerdctl", "0.15.0").resolve(["CAP_SYS_ADMIN"])


@pytest.mark.parametrize(("version", "inheritable"), [("0.5.0", True), ("0.17.1", True), ("0.18.0", False)])
def test_nerdctl_inheritable(version, inheritable):
    """Emptied with containerd 1.6.2, of which it is built."""
    assert engines.get("nerdctl", version).container().inheritable == (DOCKER_DEFAULT if inheritable else CapSet())
