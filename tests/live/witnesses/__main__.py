"""Ask the running kernel of operations, and print what it says."""

from __future__ import annotations

import sys
import time

from tests.live.witnesses.areas import witnesses
from tests.live.witnesses.asking import ask, named

asked = sys.argv[1:]
for id, witness in witnesses().items():
    if asked and not any(word in id for word in asked):
        continue
    started = time.perf_counter()
    answer = ask(witness)
    took = f"{answer.runs} runs, {time.perf_counter() - started:.1f} s"
    if answer.why_not:
        print(f"{id}: not decided: {answer.why_not} ({took})", flush=True)
        continue
    places = "; ".join(f"own user{f' + {kinds}' if kinds else ''}: {told}" for kinds, told in answer.places.items())
    sets = " | ".join(map(named, answer.sets)) or f"never ({answer.refusal})"
    print(f"{id}: {sets}\n    without: {answer.refusal or 'done'}; {places} ({took})", flush=True)
