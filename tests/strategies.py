"""What property tests draw: the strategies of capset.testing, as they are used here most."""

from __future__ import annotations

from capset import testing

caps = testing.caps()
capsets = testing.capsets()
masks = capsets.map(lambda caps: caps.mask)
diffs = testing.diffs()
states = testing.states(lawful=None)
