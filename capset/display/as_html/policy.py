"""Findings of policies, as HTML."""

from __future__ import annotations

from capset.display import html
from capset.display.as_html.markup import Html, block, foreign, markup, paragraph, signed, table
from capset.policy import Findings


@html.register(Findings)
def _findings(findings: Findings) -> str:
    """Show what a policy does not allow, with both verdicts: on the text, and on what the container would get."""
    if not findings:
        return block(
            paragraph(signed("=", "the rule about capabilities allows it; the other rules were not looked at"))
        )
    rows = [
        (foreign(each.container), _parted(each.field), foreign(each.value), each.message, each.effect)
        for each in findings
    ]
    title = f"{len(findings)} finding{'' if len(findings) == 1 else 's'} by the rule about capabilities"
    return block(table(title, ("container", "field", "value", "the rule says", "the container"), rows))


def _parted(path: str) -> Html:
    """Write a path of keys so that it may be broken between them."""
    return Html(f"<code>{'.<wbr>'.join(map(markup, path.split('.')))}</code>")
