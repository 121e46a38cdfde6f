"""Operations, what they need and whether they can be done, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from capset.display import html
from capset.display.as_html.markup import Html, block, lines, mono, paragraph, signed, strong, table
from capset.display.as_text.operations import counts_in_words, facts_of
from capset.operations.answering import Answer
from capset.operations.catalogue import Operations
from capset.operations.operation import Operation
from capset.operations.reasons import in_words
from capset.operations.requirement import Requirement
from capset.operations.userns import Scope

_SIGNS = {"yes": "+", "no": "−", "not known": "?"}  # noqa: RUF001


@html.register(Requirement)
def _requirement(needs: Requirement) -> str:
    return block(paragraph(in_words(needs)))


@html.register(Operation)
def _operation(operation: Operation) -> str:
    """Show all that is known of it."""
    return block(table(operation.id, (), [(name, told) for name, told in facts_of(operation) if name]))


@html.register(Operations)
def _operations(operations: Sequence[Operation]) -> str:
    """Show a row of each."""
    if not operations:
        return block(paragraph("no operation"))
    rows = [
        (lines([strong(each.id), each.title]), in_words(each.needs), each.namespace, each.refusal or "never refused")
        for each in operations
    ]
    return block(table(f"{len(rows)} operations", ("operation", "needs", "counts in", "without"), rows))


@html.register(Answer)
def _answer(answer: Answer) -> str:
    """Show whether, why, and what was not asked."""
    rows: list[tuple[str, Html | str]] = [
        ("can", signed(_SIGNS[answer.verdict], answer.verdict)),
        ("because", answer.reason),
        *(("provided that", told) for told in answer.provided),
        *(("would do", mono(str(caps))) for caps in answer.missing),
        ("not asked", lines(answer.gates)),
    ]
    return block(table(f"{answer.operation.id}: {answer.operation.title}", (), rows))


@html.register(Scope)
def _scope(scope: Scope) -> str:
    """Show where it is and what counts there."""
    rows = [("who", scope.title), ("what counts", counts_in_words(scope)), ("ids", scope.ids or "all")]
    return block(table(scope.name, (), rows))
