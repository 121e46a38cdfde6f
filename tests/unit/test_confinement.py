"""How a process is confined to some capabilities: what is written, and what the process holds then."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import CapSet, display, engines
from capset.confinement import Confinement, confinements, setpriv
from capset.errors import ArgumentError
from capset.testing.strategies.values import capsets


@given(caps=capsets(), user=st.sampled_from([0, 1000]))
def test_nothing_else_is_held(caps, user):
    """Whoever it is and whatever is asked: that set is effective and no other, or it is told why not."""
    for one in confinements(caps, user=user):
        assert one.user == user
        if one.problem:
            assert one.after is None
            assert caps.unknown or "cannot give exactly" in one.problem or one.to == "podman"
            assert str(one) == f"{one.to}: {one.problem}"
        else:
            assert (one.after.effective, one.after.permitted) == (caps, caps)
            assert one.text
            assert one.to in str(one)


def ways(caps, **asked):
    return {one.to: one for one in confinements(CapSet(caps), **asked)}


def test_root():
    """The options alone."""
    found = ways(["net_raw"])
    assert [*found] == ["docker", "podman", "kubernetes", "systemd", "setpriv"]
    assert found["docker"].text == "--cap-drop=ALL --cap-add=NET_RAW"
    assert not any(one.also for one in found.values())


def test_another_user():
    """What is not ambient takes file capabilities; an empty set takes none."""
    found = ways(["net_raw", "net_bind_service"], user=1000)
    for name in ("docker", "kubernetes"):
        assert found[name].also[0] == "in the image: setcap cap_net_bind_service,cap_net_raw=ep PROGRAM"
        assert "no-new-privileges" in found[name].also[1]
    assert (found["podman"].also, found["systemd"].also, found["setpriv"].also) == ((), (), ())
    assert found["systemd"].text.split("\n") == [
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_RAW",
        "AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_RAW",
        "User=1000",
    ]
    assert "setcap" not in ways([], user=1000)


def test_chosen_engines():
    """Some give a set by default, some only with more, and some never to such a user."""
    docker = engines.get("docker")
    [one] = confinements(docker.default, engines=[docker], elsewhere=False)
    assert (one.text, str(one)) == ("", "docker gives it by default")
    [one] = confinements(CapSet(["net_raw"]), engines=[engines.get("buildkit")], elsewhere=False)
    assert "cannot give exactly" in one.problem
    [one] = confinements(CapSet(["net_raw"]), user=1000, engines=[engines.get("apptainer")], elsewhere=False)
    assert one.problem == "user 1000 gets no CAP_NET_RAW there, whatever is asked for"


def test_what_one_of_them_does_not_take():
    """It is told of that one, and the others are told all the same."""
    found = ways([cap for cap in CapSet.all() if cap != 5], user=1000)
    assert "refuses" in found["podman"].problem
    assert found["docker"].after
    found = ways(["kill"], user=3000000000)
    assert "3000000000" in found["kubernetes"].problem
    assert found["systemd"].text.endswith("User=3000000000")
    assert "--user=1000" in ways(["kill"], user=1000)["docker"].text


def test_no_name_yet():
    found = ways([41], user=1000)
    assert found["setcap"].problem == "setcap takes names, and there is none yet for 41"
    assert found["systemd"].problem == "systemd takes names, and there is none yet for 41"
    assert "+cap_41" in found["setpriv"].text


def test_what_is_no_set():
    with pytest.raises(TypeError, match="a CapSet"):
        confinements(["net_raw"])
    with pytest.raises(ArgumentError):
        confinements(CapSet(), user=-1)


def test_words_of_setpriv():
    """Names that an old one knows, numbers for later ones; a group of its own where one is given."""
    assert setpriv(CapSet(["kill", "bpf"])) == ["setpriv", "--bounding-set=-all,+kill,+cap_39", "--inh-caps=-all"]
    assert setpriv(CapSet(), uid=5, gid=6)[1:4] == ["--reuid=5", "--regid=6", "--clear-groups"]


def test_how_it_is_shown():
    """As text, and in a notebook, where nothing of it is markup."""
    for one in confinements(CapSet(["net_raw"]), user=1000):
        assert display.text(one) == str(one)
        assert escape(str(one)) in display.html(one)
    assert "<b>" not in display.html(Confinement(to="<b>", user=0, text="<b>"))
