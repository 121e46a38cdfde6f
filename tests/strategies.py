"""Hypothesis strategies that every property test shares."""

from __future__ import annotations

from hypothesis import strategies as st

from capset import Cap, CapDiff, CapSet, CapState

caps = st.integers(0, 63).map(Cap)
masks = st.one_of(
    st.integers(0, 2**64 - 1),
    st.sampled_from([0, 2**64 - 1, 2**41 - 1, 0xA80425FB, 1 << 63, 1 << 40, 1 << 41]),
)
capsets = masks.map(CapSet.from_mask)
diffs = st.tuples(capsets, capsets).map(lambda pair: CapDiff(added=pair[0] - pair[1], dropped=pair[1]))
states = st.builds(
    CapState, effective=capsets, permitted=capsets, inheritable=capsets, bounding=capsets, ambient=capsets
)
