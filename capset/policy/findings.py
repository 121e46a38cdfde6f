"""Findings: what a policy does not allow."""

from __future__ import annotations

from attrs import frozen

from capset.listed import Listed
from capset.plain import Plain
from capset.shown import Tabular

__all__ = ["Finding", "Findings"]


@frozen(kw_only=True)
class Finding(Plain):
    """Something in a container's request that a policy does not allow.

    Attributes:
        rule: What it breaks, such as ``pod-security-add``: one of :data:`capset.documents.RULES`.
        container: The name of the container.
        field: The field of the container, such as ``securityContext.capabilities.add``.
        value: What stands there: one name, or the whole list where something is missing from it.
        message: The rule's verdict, on the text as it is written.
        effect: What the container would really get, in words.
    """

    rule: str
    container: str
    field: str
    value: str
    message: str
    effect: str

    def __str__(self) -> str:
        return f"{self.container}: {self.field}: {self.message}; {self.effect}"


class Findings(Listed[Finding], Tabular):
    """What a policy does not allow: a list, and in a notebook a table.

    Returned by :func:`pod_security` and :func:`security_context_constraints`. Each finding is a row of
    :meth:`to_records`, with its attributes.
    """

    __slots__ = ()
