"""Strategies of what policies do not allow."""

from __future__ import annotations

from hypothesis import strategies as st

from capset import policy
from capset.engines import Request
from capset.policy.findings import Finding, Findings
from capset.testing.strategies.documents import pod
from capset.testing.strategies.engines import requests

__all__ = ["findings", "listed_findings"]


def listed_findings() -> st.SearchStrategy[Findings]:
    """Draw what the Pod Security Standards say of pods; nothing of those that they allow."""

    def told(request: Request, level: policy.Level) -> Findings:
        return policy.pod_security(pod({"web": request}), level=level)

    return st.builds(told, requests(), st.sampled_from(["restricted", "baseline"]))


def findings() -> st.SearchStrategy[Finding]:
    """Draw one thing that they do not allow."""
    return listed_findings().filter(bool).flatmap(st.sampled_from)
