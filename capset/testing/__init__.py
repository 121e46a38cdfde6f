"""For the tests of other people: strategies for Hypothesis, and assertions about processes and documents.

Where capset and Hypothesis are installed, ``st.from_type(CapState)`` draws lawful states, and so it is for every public
type but the two scans, which read a system. The functions here draw the same, and more to the purpose. The assertions
need no Hypothesis, and no pytest.

Examples:
    >>> from hypothesis import given
    >>> from capset import DOCKER_DEFAULT, engines, testing
    >>> docker = engines.get("docker")
    >>> @given(testing.requests(docker))
    ... def test_nobody_but_root_gets_the_default(request):
    ...     if request.uid and not request.add:
    ...         assert not docker.container(request).effective
    >>> testing.assert_caps(docker.container(uid=1000), effective="", bounding=DOCKER_DEFAULT, beyond=docker)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capset.testing.assertions import assert_caps as assert_caps
    from capset.testing.assertions import assert_document as assert_document
    from capset.testing.registration import register as register
    from capset.testing.strategies.documents import documents as documents
    from capset.testing.strategies.documents import reports as reports
    from capset.testing.strategies.documents import workloads as workloads
    from capset.testing.strategies.engines import cap_names as cap_names
    from capset.testing.strategies.engines import engines as engines
    from capset.testing.strategies.engines import requests as requests
    from capset.testing.strategies.formats import iabs as iabs
    from capset.testing.strategies.kernel import credentials as credentials
    from capset.testing.strategies.kernel import executables as executables
    from capset.testing.strategies.kernel import namespaces as namespaces
    from capset.testing.strategies.kernel import releases as releases
    from capset.testing.strategies.live import status_texts as status_texts
    from capset.testing.strategies.live import statuses as statuses
    from capset.testing.strategies.values import caps as caps
    from capset.testing.strategies.values import capsets as capsets
    from capset.testing.strategies.values import diffs as diffs
    from capset.testing.strategies.values import file_caps as file_caps
    from capset.testing.strategies.values import state_diffs as state_diffs
    from capset.testing.strategies.values import states as states
    from capset.testing.strategies.values import unlawful_states as unlawful_states
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.testing.assertions": ("assert_caps", "assert_document"),
            "capset.testing.registration": ("register",),
            "capset.testing.strategies.documents": ("documents", "reports", "workloads"),
            "capset.testing.strategies.engines": ("cap_names", "engines", "requests"),
            "capset.testing.strategies.formats": ("iabs",),
            "capset.testing.strategies.kernel": ("credentials", "executables", "namespaces", "releases"),
            "capset.testing.strategies.live": ("status_texts", "statuses"),
            "capset.testing.strategies.values": (
                *("caps", "capsets", "diffs", "file_caps", "state_diffs", "states", "unlawful_states"),
            ),
        },
    )
