"""Recognising the sets of a container against what it is made of: a container of every engine, for two users."""

from __future__ import annotations

import pytest

from capset import DOCKER_DEFAULT, CapSet, CapState, engines
from capset.engines import recognition, spelling
from capset.sets import THREAD_SETS

ADMIN = DOCKER_DEFAULT | {"net_admin"}
STATES = {
    "docker, one more": CapState(bounding=ADMIN, permitted=ADMIN, effective=ADMIN),
    "docker, no root": CapState(bounding=DOCKER_DEFAULT),
    "privileged": CapState(bounding=CapSet.all(), permitted=CapSet.all(), effective=CapSet.all()),
    "ambient": CapState(**dict.fromkeys(THREAD_SETS, CapSet(["chown"]))),
}
USERS = (0, 65534)


def every_container():
    """Compute what a container gets, of every release and for both users."""
    for name in engines.names():
        for engine in engines.versions(name):
            for uid in USERS:
                engine.container(uid=uid)


@pytest.mark.parametrize("name", STATES)
def test_a_new_state(against, name):
    """Nothing of it is kept yet."""

    def mine():
        recognition._matches.cache_clear()
        spelling._read.cache_clear()
        engines.recognise(STATES[name])

    floor = "container() of all releases, two users"
    against(mine, every_container, name=f"recognise, new: {name}", floor_name=floor, limit=5.8, rounds=15)


def test_a_second_look(against):
    """The same sets once more."""
    caps = STATES["docker, one more"]
    engines.recognise(caps)

    def mine():
        for _ in range(100):
            engines.recognise(caps)

    name = "recognise, again"
    against(mine, every_container, name=name, floor_name="container() of all releases, / 100", rounds=15, times=100)
