"""Policies: checks of what documents ask for, each with a published rule behind it.

A finding has two verdicts, because they differ: what the rule says of the text, and what the container would
really get.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.policy.constraints import scc_names as scc_names
    from capset.policy.constraints import security_context_constraints as security_context_constraints
    from capset.policy.constraints import under_scc as under_scc
    from capset.policy.default import beyond_default as beyond_default
    from capset.policy.findings import Finding as Finding
    from capset.policy.findings import Findings as Findings
    from capset.policy.standards import Level as Level
    from capset.policy.standards import pod_security as pod_security
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.policy.constraints": ("scc_names", "security_context_constraints", "under_scc"),
            "capset.policy.default": ("beyond_default",),
            "capset.policy.findings": ("Finding", "Findings"),
            "capset.policy.standards": ("Level", "pod_security"),
        },
    )
