"""Operations, what they need and whether they can be done, as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from capset.display import text
from capset.operations.answering import Answer
from capset.operations.catalogue import Operations
from capset.operations.evidence import Evidence
from capset.operations.operation import Operation
from capset.operations.reasons import in_words, where_it_counts
from capset.operations.requirement import Requirement
from capset.operations.userns import Scope


@text.register(Requirement)
def _requirement(needs: Requirement) -> str:
    return str(needs)


@text.register(Operation)
def _operation(operation: Operation) -> str:
    return "\n".join(f"{name}: {told}" if name else told for name, told in facts_of(operation))


def facts_of(operation: Operation) -> list[tuple[str, str]]:
    """Return what there is to say of an operation, each with a word for what it is."""
    so = " and ".join(map(str, operation.conditions))
    otherwise = operation.otherwise
    facts = [
        ("", operation.id),
        ("what", operation.title),
        ("case", operation.case),
        ("needs", in_words(operation.needs)),
        ("where", so),
        ("else", "" if otherwise is None else f"{in_words(otherwise)}, where it is not so"),
        ("counts", "" if operation.namespace == "none" else where_it_counts(operation)),
        ("elsewhere", f"provided that {' and '.join(operation.elsewhere)}" if operation.elsewhere else ""),
        ("without", operation.refusal),
        ("other gates", "; ".join(operation.gates)),
        ("asks too", f"{operation.noise}, which makes no difference" if operation.noise else ""),
        ("since", f"Linux {operation.since}" if operation.since else ""),
        ("until", f"Linux {operation.until}" if operation.until else ""),
        ("decided in", ", ".join(filter(None, [operation.function and f"{operation.function}()", operation.path]))),
        ("note", operation.note),
        ("evidence", "; ".join(_told(operation.evidence))),
        ("not asked", operation.undecided),
    ]
    return [(name, told) for name, told in facts if told]


def _told(evidence: Iterable[Evidence]) -> list[str]:
    """Say what kernels said, once for all that said the same."""
    said: dict[str, list[str]] = {}
    for each in evidence:
        said.setdefault(each.said, []).append(each.release)
    return [f"Linux {', '.join(releases)}: {told}" for told, releases in said.items()]


@text.register(Operations)
def _operations(operations: Sequence[Operation]) -> str:
    return "\n".join(map(str, operations)) or "no operation"


@text.register(Answer)
def _answer(answer: Answer) -> str:
    lines = [str(answer), *(f"provided that {told}" for told in answer.provided)]
    return "\n".join([*lines, f"not asked: {'; '.join(answer.gates)}"])


@text.register(Scope)
def _scope(scope: Scope) -> str:
    return f"{scope.name}: {scope.title}; what counts there: {counts_in_words(scope)}"


def counts_in_words(scope: Scope) -> str:
    """Say for what a capability counts that is held in a user namespace."""
    if scope.initial:
        return "everything"
    owned = f"its {', '.join(scope.owns)} namespaces, " if scope.owns else ""
    return f"{owned}its own processes, and what belongs to ids that it maps"
