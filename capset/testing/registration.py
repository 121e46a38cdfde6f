"""Telling Hypothesis which strategy belongs to which type, so that ``from_type(CapState)`` works everywhere.

Hypothesis calls :func:`register` whenever it is imported where capset is installed. To have nobody pay for what is not
used, little more is loaded for that than the package itself: the types of a module are registered when somebody
imports it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast

from capset.errors import ArgumentError

__all__ = ["NOT_DRAWN", "STRATEGIES", "register"]

_HOME = "capset.testing.strategies"

# By the module that defines a type, and its name: the module of the strategies, and the function that makes one.
STRATEGIES: dict[str, dict[str, str]] = {
    "capset.arrays.distinct": {"Names": "arrays.listed_names", "Unique": "arrays.uniques"},
    "capset.arrays.each": {"Diffs": "arrays.compared"},
    "capset.arrays.prevalent": {"Prevalence": "arrays.prevalences"},
    "capset.capability": {"Cap": "values.caps"},
    "capset.comparison": {"Comparison": "values.comparisons"},
    "capset.diff": {"CapDiff": "values.diffs", "StateDiff": "values.state_diffs"},
    "capset.documents.converting": {"Conversion": "documents.conversions", "Loss": "documents.losses"},
    "capset.documents.dialect": {"Dialect": "documents.dialects"},
    "capset.documents.finding": {"Finding": "documents.findings", "Silence": "documents.silences"},
    "capset.documents.fixing": {"Edit": "documents.edits", "Fix": "documents.fixes"},
    "capset.documents.report": {"Outcome": "documents.outcomes", "Report": "documents.reports"},
    "capset.documents.rules": {"Example": "documents.examples", "Rule": "documents.document_rules"},
    "capset.documents.settings": {"Settings": "documents.settings"},
    "capset.documents.silencing": {"Entry": "documents.entries"},
    "capset.documents.workload": {"Workload": "documents.workloads"},
    "capset.engines.alias": {"Alias": "engines.aliases"},
    "capset.engines.behaviour": {"Fact": "engines.facts"},
    "capset.engines.catalogue": {"Versions": "engines.versions"},
    "capset.engines.engine": {"Engine": "engines.engines"},
    "capset.engines.process": {"Placement": "engines.placements"},
    "capset.engines.recognition": {"Match": "engines.matches", "Matches": "engines.listed_matches"},
    "capset.engines.releases": {"Release": "engines.releases_of_engines"},
    "capset.engines.request": {"Request": "engines.requests"},
    "capset.engines.rules": {"Resolution": "engines.resolutions"},
    "capset.engines.setting": {"Setting": "engines.settings"},
    "capset.engines.sysctl": {"Sysctl": "engines.sysctls"},
    "capset.filecaps": {"FileCaps": "values.file_caps"},
    "capset.fleet.changes": {"Change": "fleet.changes", "Drift": "fleet.drifts"},
    "capset.fleet.excesses": {"Beyond": "fleet.beyonds", "Excess": "fleet.excesses"},
    "capset.fleet.formats": {"File": "fleet.files"},
    "capset.fleet.held": {"Held": "fleet.held"},
    "capset.fleet.outliers": {"Outlier": "fleet.outliers", "Rare": "fleet.rare_sets"},
    "capset.fleet.row": {"Row": "fleet.processes"},
    "capset.formats.audit": {"Check": "formats.checks", "Execution": "formats.executions", "Record": "parts.records"},
    "capset.formats.gitlab": {"Container": "parts.containers"},
    "capset.formats.kubernetes": {"Pod": "parts.pods"},
    "capset.formats.libcap": {"IAB": "formats.iabs"},
    "capset.formats.limits": {"Limits": "formats.limits"},
    "capset.formats.lxc": {"Line": "parts.lines"},
    "capset.formats.nomad": {"Task": "parts.tasks"},
    "capset.formats.oci": {"Process": "formats.processes"},
    "capset.formats.printed": {"Printed": "parts.printed"},
    "capset.formats.strace": {"Returned": "parts.returned"},
    "capset.formats.systemctl": {"Shown": "parts.units_shown"},
    "capset.formats.systemd": {"Unit": "formats.units"},
    "capset.ids": {"Ids": "values.id_quadruples"},
    "capset.info": {
        "CapInfo": "facts.cap_infos",
        "Permit": "facts.permits",
        "Risk": "facts.risks",
        "RiskList": "facts.risk_lists",
    },
    "capset.kernel.answer": {"Answer": "kernel.answers", "Way": "kernel.ways"},
    "capset.kernel.credentials": {"Credentials": "kernel.credentials", "Executable": "kernel.executables"},
    "capset.kernel.explanation": {
        "Decision": "kernel.decisions",
        "Explanation": "kernel.explanations",
        "Group": "kernel.groups",
        "Reason": "kernel.reasons",
    },
    "capset.kernel.history": {"Histories": "kernel.listed_histories", "History": "kernel.histories"},
    "capset.kernel.namespaces": {"Extent": "kernel.extents", "UserNamespace": "kernel.namespaces"},
    "capset.kernel.releases": {"Backport": "kernel.backports", "Change": "kernel.changes", "Rules": "kernel.rules"},
    "capset.kernel.rules": {"Rule": "kernel.rules_by_name"},
    "capset.least.search": {
        "Counterexample": "least.counterexamples",
        "Search": "least.searches",
        "Trial": "least.trials",
    },
    "capset.live.containers": {"Container": "live.containers"},
    "capset.live.files": {"CapFile": "live.cap_files"},
    "capset.live.rows": {"StatusRows": "live.status_rows"},
    "capset.live.snapshot": {"Snapshot": "live.snapshots"},
    "capset.live.status": {"ProcStatus": "live.statuses"},
    "capset.live.surroundings": {"Settings": "operations.settings_of_threads"},
    "capset.observed.advice": {
        "Advice": "observed.advice",
        "Choice": "observed.choices",
        "Refused": "observed.refused",
        "SetAside": "observed.sets_aside",
    },
    "capset.confinement": {"Confinement": "confinement.ways"},
    "capset.observed.call": {"Call": "observed.calls"},
    "capset.observed.check": {"Check": "observed.checks"},
    "capset.observed.noise": {"Rule": "observed.rules"},
    "capset.observed.use": {"Summed": "observed.summed", "Unread": "observed.unread", "Use": "observed.uses"},
    "capset.operations.answering": {"Answer": "operations.answers"},
    "capset.operations.catalogue": {"Operations": "operations.listed_operations"},
    "capset.operations.condition": {"Condition": "operations.conditions"},
    "capset.operations.evidence": {"Evidence": "operations.evidence"},
    "capset.operations.granting": {"Grant": "operations.grants"},
    "capset.operations.operation": {"Operation": "operations.operations_of_kernels"},
    "capset.operations.requirement": {"Requirement": "operations.requirements"},
    "capset.operations.userns": {"Scope": "operations.scopes"},
    "capset.policy.findings": {"Finding": "policy.findings", "Findings": "policy.listed_findings"},
    "capset.problem": {"Problem": "values.problems"},
    "capset.records": {"Records": "values.records"},
    "capset.securebits": {"Securebits": "values.securebits"},
    "capset.sets": {"CapSet": "values.capsets"},
    "capset.source": {"Source": "facts.sources"},
    "capset.state": {"CapState": "values.states"},
}

# Types that read a system as one goes through them: none is drawn, which would look at a path that was drawn. By the
# module and the name, what they find, and of which there is a strategy.
NOT_DRAWN: dict[str, dict[str, str]] = {
    "capset.live.files": {"FileScan": "live.CapFile"},
    "capset.live.scanning": {"Scan": "live.Snapshot"},
}

_MODULES = STRATEGIES.keys() | NOT_DRAWN.keys()


def register() -> None:
    """Tell Hypothesis of every public type of capset, now or as soon as its module is imported.

    Where capset is installed Hypothesis does that by itself, unless HYPOTHESIS_NO_PLUGINS is set. Call it where capset
    is only in a folder on the path. A second call changes nothing.

    Examples:
        >>> from hypothesis import given
        >>> from hypothesis import strategies as st
        >>> from capset import CapState, testing
        >>> testing.register()
        >>> @given(st.from_type(CapState))
        ... def test_no_state_breaks_a_rule(state):
        ...     assert state.violations() == []
        >>> test_no_state_breaks_a_rule()
    """
    for name in _MODULES:
        if (module := sys.modules.get(name)) is not None:
            _tell(module)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _tell(module: ModuleType) -> None:
    from hypothesis.strategies import register_type_strategy

    home = module.__name__
    made = {name: _drawing(strategy) for name, strategy in STRATEGIES.get(home, {}).items()}
    made |= {name: _refusing(name, instead) for name, instead in NOT_DRAWN.get(home, {}).items()}
    for name, draw in made.items():
        if (kind := getattr(module, name, None)) is not None:  # as long as a module loads it may lack some
            register_type_strategy(kind, draw)


def _drawing(strategy: str) -> Any:
    """Return what makes a strategy when one is first asked for."""

    def draw(_kind: object) -> Any:
        home, _, name = strategy.partition(".")
        return getattr(import_module(f"{_HOME}.{home}"), name)()

    return draw


def _refusing(name: str, instead: str) -> Any:
    """Return what refuses to make a strategy."""

    def refuse(kind: object) -> Any:
        # No TypeError: Hypothesis would take that for a type that is not registered, and call it.
        message = f"a live.{name} reads a system, and so none is drawn: draw what it finds, {instead}"
        raise ArgumentError(message, kind)

    return refuse


class _Finder(MetaPathFinder):
    """Finds those modules as everybody else does, and has them told of once they are loaded."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _MODULES:
            return None
        for finder in [each for each in sys.meta_path if each is not self and hasattr(each, "find_spec")]:
            spec = finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader)
                return spec
        return None


class _Loader(Loader):
    """Loads a module by its own loader, which is what is seen of it afterwards.

    Before, whoever asks the spec of the module for its source, its code or its files is answered by that one too.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        if name == "_loader":  # of a copy that is being made
            raise AttributeError(name)
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        cast("ModuleSpec", module.__spec__).loader = self._loader
        self._loader.exec_module(module)
        _tell(module)
