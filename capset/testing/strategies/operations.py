"""Strategies of operations, of what they need, and of whether they can be done."""

from __future__ import annotations

from hypothesis import strategies as st

from capset import operations
from capset.engines import Engine
from capset.live import Settings
from capset.operations import Answer, Condition, Evidence, Grant, Operation, Operations, Requirement, Scope
from capset.operations.userns import KINDS
from capset.sets import CapSet
from capset.state import CapState
from capset.testing.strategies.engines import engines
from capset.testing.strategies.values import caps, capsets, states

__all__ = [
    "answers",
    "conditions",
    "evidence",
    "grants",
    "listed_operations",
    "operations_of_kernels",
    "requirements",
    "scopes",
    "settings",
    "settings_of_threads",
]


def requirements() -> st.SearchStrategy[Requirement]:
    """Draw what is needed: a few sets of a few capabilities; now and then nothing, and more than any capability."""
    return st.lists(st.frozensets(caps(), max_size=3), max_size=4).map(Requirement)


def conditions() -> st.SearchStrategy[Condition]:
    """Draw comparisons of settings, of limits and of what is asked for, and conditions that are said in words."""
    names = st.sampled_from(["kernel.dmesg_restrict", "RLIMIT_NICE", "port", "bytes locked", "-1", "0", "20"])
    sides = st.lists(names, min_size=1, max_size=3).map(" - ".join)
    signs = st.sampled_from(["==", "!=", "<=", ">=", "<", ">"])
    return st.builds("{} {} {}".format, sides, signs, sides).map(Condition) | st.just(Condition("no group is it"))


def evidence() -> st.SearchStrategy[Evidence]:
    """Draw what kernels say of operations."""
    asked = st.builds(
        Evidence,
        release=st.sampled_from(["5.10.0", "6.12.1-arch1"]),
        date=st.just("2026-11-28"),
        how=st.sampled_from(["searched", "confirmed"]),
        needs=st.none() | requirements(),
        namespace=st.sampled_from(["", "initial"]),
    )
    return asked | st.just(Evidence(release="6.1", date="2026-11-28", how="not decided", why="it has no such device"))


def operations_of_kernels() -> st.SearchStrategy[Operation]:
    """Draw operations, of those that capset knows."""
    return st.sampled_from(operations.table())


def listed_operations() -> st.SearchStrategy[Operations]:
    """Draw some of them."""
    return st.lists(operations_of_kernels(), max_size=5, unique_by=lambda each: each.id).map(Operations)


def scopes() -> st.SearchStrategy[Scope]:
    """Draw where somebody is: a set-up that has a name, or any user namespace."""
    owned = st.frozensets(st.sampled_from(KINDS))
    any_of_them = owned.map(lambda kinds: Scope(name="drawn", title="in a user namespace of its own", owns=kinds))
    return st.sampled_from(operations.scopes()) | any_of_them


def settings() -> st.SearchStrategy[dict[str, int | str]]:
    """Draw what is known of the settings that decide: of some of them a small number."""
    names = sorted({name for each in operations.table() for made in each.conditions for name in made.settings})
    return st.dictionaries(st.sampled_from(names), st.integers(0, 2) | st.sampled_from(["0", "1", "unlimited"]))


def settings_of_threads() -> st.SearchStrategy[Settings]:
    """Draw what is known of the settings of threads."""
    limits = st.dictionaries(st.sampled_from(["RLIMIT_MEMLOCK", "RLIMIT_NICE"]), st.integers(0, 40).map(str))
    return st.builds(Settings, settings(), limits)


def answers() -> st.SearchStrategy[Answer]:
    """Draw whether threads can do something."""

    def answer(state: CapState, operation: Operation, where: Scope, sysctls: dict[str, int | str]) -> Answer:
        return operations.can(state, operation, user_ns=where, sysctls=sysctls)

    return st.builds(answer, states(), operations_of_kernels(), scopes(), settings())


def grants() -> st.SearchStrategy[Grant]:
    """Draw how engines give a minimal set."""

    def given(engine: Engine, way: CapSet) -> Grant:
        [grant] = operations.grants(Requirement([way]), engine)
        return grant

    return st.builds(given, engines(), capsets().filter(bool))
