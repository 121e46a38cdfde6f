"""Reports on documents, and conversions of them, as HTML."""

from __future__ import annotations

from capset.display import html, text
from capset.display.as_html.markup import Html, block, foreign, paragraph, signed, table
from capset.documents import Conversion, Outcome, Report, Workload
from capset.summary import summary


@html.register(Report)
def _report(report: Report) -> str:
    """Show what each workload gets, and what there is to tell."""
    count = len(report.outcomes)
    title = f"{count} workload{'' if count == 1 else 's'}"
    gets = table(title, ("what", "in", "user", "effective", "bounding"), map(_outcome, report.outcomes))
    if not report:
        return block(gets, paragraph(signed("=", "nothing to tell")))
    found = [
        (
            foreign(f"{each.file or '-'}:{each.line}"),
            signed("=", "silenced") if each.silence else signed("=" if each.verdict == "note" else "!", each.verdict),
            each.rule,
            foreign(each.place),
            foreign(f"{each.message}; {each.effect}" if each.effect else each.message),
        )
        for each in report
    ]
    title = f"{len(report)} finding{'' if len(report) == 1 else 's'}"
    return block(gets, table(title, ("where", "verdict", "rule", "place", "why"), found))


def _outcome(outcome: Outcome) -> tuple[Html | str, ...]:
    workload = outcome.workload
    front = (foreign(workload.label), foreign(workload.source), foreign(outcome.user) if outcome.user else "not said")
    if outcome.gets is None:
        return (*front, "", signed("!" if outcome.known else "?", str(outcome)))
    sets = (outcome.said("effective"), outcome.said("bounding"))
    return (*front, *("not said" if caps is None else summary(caps) for caps in sets))


@html.register(Conversion)
def _conversion(conversion: Conversion) -> str:
    """Show what was written, and what was lost."""
    written = Html(f"<pre>{'<br>'.join(map(foreign, conversion.text.split(chr(10))))}</pre>")
    if not conversion.losses:
        return block(written, paragraph(signed("=", "nothing is lost")))
    title = f"{len(conversion.losses)} loss{'' if len(conversion.losses) == 1 else 'es'}"
    rows = [(each.rule, foreign(each.workload), foreign(each.message)) for each in conversion.losses]
    return block(written, table(title, ("rule", "of", "what"), rows))


@html.register(Workload)
def _workload(workload: Workload) -> str:
    """Show the same as its text, a paragraph a line."""
    return block(*(paragraph(foreign(line)) for line in text(workload).split("\n")))
