"""The promise of docs/reference/compatibility.md: what is public stays."""

from __future__ import annotations

import pytest

from tests import public
from tests.extras import needs

needs("fleet")  # whose part has public names too, as that of arrays has


def test_no_public_name_is_gone_and_none_is_new_unawares():
    """Of names, parameters and their defaults, rules and dialects; what to do stands in the message."""
    kept, found = set(public.KEPT.read_text("utf-8").splitlines()), set(public.public())

    gone = "\n".join(sorted(kept - found))
    assert not gone, (
        f"these were public, and people rely on them:\n{gone}\nKeep each as a name that warns, as "
        "docs/reference/compatibility.md promises. After that, or before 1.0.0, say in CHANGELOG.md that it is gone, "
        "and write the list anew: python -m tests.public"
    )
    new = "\n".join(sorted(found - kept))
    assert not new, (
        f"these are public from now on:\n{new}\nIf that is meant, write the list anew: python -m tests.public"
    )


@pytest.mark.parametrize(
    "line",
    [
        *(
            "capset.Cap.NET_ADMIN",
            "capset.Cap.parse(text)",
            "capset.CapSet.from_mask",
            "capset.CapState(*, effective=CapSet())",
        ),
        *(
            "capset.live.read(*, proc='/proc')",
            "capset.engines.get(version=None)",
            "capset.errors.UnknownCapabilityError",
        ),
        *("capset.formats.docker.from_flags", "rule needs-root", "dialect compose"),
        *("capset.printable.printable", "capset.kernel.credentials.HasCredentials.credentials"),
    ],
)
def test_what_is_listed(line):
    """A member, a parameter, a function of a format, a rule: a list that was empty would never fail."""
    assert line in public.public()
