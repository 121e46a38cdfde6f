"""Laws that hold for every engine, every release and every request."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from capset import CapSet, engines, testing
from capset.engines import Engine, Request
from capset.engines.process import first_process, impossible
from capset.engines.rules import FAMILIES, Options, Rules
from capset.engines.shortest import shortest
from capset.errors import RequestError, UnreachableError
from tests.strategies import capsets, states

ERAS = [era for name in engines.names() for era in engines.versions(name)]
eras = testing.engines()
known = testing.capsets(known=True)
available = st.one_of(st.none(), known, st.integers(30, 40).map(CapSet.all), st.just(CapSet.all() - {"sys_resource"}))
names = testing.cap_names() | st.sampled_from(["kill,chown", "cap_kill"]) | st.text(max_size=8)
requests = st.builds(Request, st.lists(names, max_size=4), st.lists(names, max_size=4), privileged=st.booleans())


@given(eras, requests, st.sampled_from([0, 1000]), st.booleans(), available)
def test_containers_are_lawful(engine, request, uid, no_new_privs, held):
    """Whatever is asked for is refused with a reason, or gives sets that the kernel allows and the engine holds."""
    try:
        state = engine.container(request, uid=uid, no_new_privs=no_new_privs, available=held)
    except RequestError as error:
        assert error.engine == str(engine)
        assert error.reason
        return
    assert state.violations() == []
    assert all(
        getattr(state, name) <= (CapSet.all() if held is None else held)
        for name in ("effective", "permitted", "inheritable", "bounding", "ambient")
    )
    assert state.effective == state.permitted


@given(eras, requests, available)
def test_root_gets_what_is_resolved(engine, request, held):
    """resolve() is the bounding set of a container for root, unless the engine gives root something else."""
    try:
        caps = engine.resolve(request, available=held)
        state = engine.container(request, available=held)
    except RequestError:
        return
    if engine.placements["root"].bounding == "list":
        assert state.bounding == caps


@given(eras, known, available)
def test_requests_give_what_they_are_for(engine, target, held):
    """resolve() of a request is its target, or there is no such request."""
    try:
        request = engine.request(target, available=held)
    except UnreachableError as error:
        assert error.reasons
        return
    assert engine.resolve(request, available=held) == target
    assert engine.resolve(request.add, request.drop, privileged=request.privileged, available=held) == target


@given(eras, requests, available)
def test_what_is_given_can_be_asked_for(engine, request, held):
    """Every set that an engine gives has a shortest request, no longer than the one that gave it."""
    try:
        caps = engine.resolve(request, available=held)
    except RequestError:
        return
    again = engine.request(caps, available=held)
    several = any("," in name or " " in name.strip() for name in request.add + request.drop)  # names in one text

    assert again.size <= request.size or request.privileged or several
    assert engine.resolve(again, available=held) == caps


@settings(max_examples=30)  # each looks at every release of every engine, more than once
@given(eras, known, st.sampled_from([0, 1000]))
def test_what_is_given_is_recognised(engine, target, uid):
    """A container made by the shortest request is explained by that engine, with a request as short."""
    try:
        request = engine.request(target)
        state = engine.container(request, uid=uid)
    except (UnreachableError, RequestError):
        return
    matches = [match for match in engines.recognise(state, uid=uid) if engine in match.engines]

    assert len(matches) == 1
    assert matches[0].request.size <= request.size
    assert matches[0].root is (uid == 0)
    for match in engines.recognise(state):
        for other in match.engines:
            assert other.container(match.request, uid=0 if match.root else 1000) == state
        if match.also_privileged:
            assert match.engine.container(privileged=True, uid=0 if match.root else 1000) == state


@given(states, capsets, st.booleans(), st.booleans())
def test_the_first_process(configured, held, root, no_new_privs):
    """What the runtime can set becomes a lawful state; no new privilege comes with no_new_privs."""
    if impossible(configured, held):
        configured = evolve(
            configured,
            permitted=configured.permitted & held,
            effective=configured.effective & configured.permitted & held,
            inheritable=configured.inheritable & configured.bounding & held,
        )
    assert not impossible(configured, held)
    state = first_process(configured, held=held, root=root, no_new_privs=no_new_privs)

    assert state.violations() == []
    assert state.bounding <= held
    assert state.inheritable == configured.inheritable
    if no_new_privs:
        assert state.permitted <= configured.permitted
    if not root:
        assert state.permitted == state.ambient


SMALL = CapSet.all(3)


def subsets(items: tuple[str, ...]) -> list[tuple[str, ...]]:
    """List every subset, in the order of the items."""
    return list(chain.from_iterable(combinations(items, size) for size in range(len(items) + 1)))


@pytest.mark.parametrize("meaning", ["table", "kernel", "held"])
@pytest.mark.parametrize("family", FAMILIES)
def test_no_request_is_shorter(family, meaning):
    """Against every request that there is for four capabilities: as short as can be, and ALL is dropped on a tie."""
    rules = Rules(
        family=FAMILIES[family],
        names=SMALL,
        all=meaning,
        options=Options() if family == "fixed" else Options(add="{}", drop="{}", privileged="privileged"),
    )
    spelling = rules.family.spelling
    words = (
        *([""] if spelling.clears else []),
        *([spelling.nothing] if spelling.nothing else []),
        *([spelling.word_all] if spelling.all else []),
        *map(spelling.write, SMALL),
        *(str(int(cap)) for cap in [max(SMALL)] if spelling.unnamed),  # of which one setup has no name
    )
    everything = [
        Request(add, drop, privileged=privileged)
        for add in (subsets(words) if rules.options.add else [()])
        for drop in (subsets(words) if rules.options.drop else [()])
        for privileged in ([False, True] if rules.options.privileged and not (add or drop) else [False])
        if not (spelling.clears and add) or "" in drop  # as it is written, whatever is included
    ]
    some = CapSet([0, 1])
    setups = [
        (rules, some, SMALL),
        (rules, some, CapSet([0, 2, 3])),
        (rules, CapSet(), SMALL),
        (rules, SMALL, CapSet([1, 2])),
        (evolve(rules, allowed=CapSet([1, 2])), some, SMALL),
        (evolve(rules, withheld=CapSet([1, 3])), some, SMALL),
        (evolve(rules, names=CapSet.all(2)), some, SMALL),
    ]
    for variant, default, held in setups:
        fewest: dict[CapSet, int] = {}
        dropping_all: set[tuple[CapSet, int]] = set()
        for request in everything:
            try:
                caps = variant.resolve(request, default, held, "it").caps
            except RequestError:
                continue
            if not caps <= held or request.privileged:
                continue
            fewest[caps] = min(fewest.get(caps, 99), request.size)
            if spelling.all and spelling.word_all in request.drop and spelling.word_all not in request.add:
                dropping_all.add((caps, request.size))
        for bits in range(16):
            target = CapSet.from_mask(bits)
            if target not in fewest:
                try:
                    assert shortest(variant, target, default, held, "it").privileged
                except UnreachableError as error:
                    assert error.reasons, (default, held)
                continue
            best = shortest(variant, target, default, held, "it")

            assert best.size == fewest[target], (target, default, held)
            assert variant.resolve(best, default, held, "it").caps == target
            if (target, best.size) in dropping_all:
                assert spelling.word_all in best.drop


def test_every_release_is_looked_at():
    """The laws above draw from all of them."""
    assert len(ERAS) > 50
    assert all(isinstance(era, Engine) for era in ERAS)
