"""Ask the running kernel of operations, and print what it says: for people, or a line of JSON each."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from tests.live.witnesses import calls
from tests.live.witnesses.areas import witnesses
from tests.live.witnesses.asking import Claim, WaveringError, ask, confirm, named


def searched(id: str, repeat: int) -> dict[str, Any]:
    """Search for every minimal set."""
    found = ask(witnesses()[id], repeat)
    return found._asdict() | {"sets": [*map(named, found.sets)]}


def confirmed(id: str, repeat: int, claims: dict[str, Any], sets_alone: bool) -> dict[str, Any]:
    """Look whether what is claimed is so."""
    return confirm(witnesses()[id], Claim(**claims[id]), repeat, sets_alone=sets_alone)._asdict()


def told(way: partial[dict[str, Any]], id: str) -> dict[str, Any]:
    """Return what is found of one operation."""
    started = time.perf_counter()
    try:
        found = way(id)
    except WaveringError as error:
        found = {"wavers": str(error)}
    return {"id": id, **found, "seconds": round(time.perf_counter() - started, 2)}


def in_words(found: dict[str, Any]) -> str:
    """Write what is found for people."""
    id, took = found["id"], f"({found.get('runs', 0)} runs, {found['seconds']} s)"
    if "wavers" in found:
        return f"{id}: wavers: {found['wavers']} {took}"
    if found["why_not"]:
        return f"{id}: not decided: {found['why_not']} {took}"
    if "apart" in found:
        return f"{id}: {'; '.join(found['apart']) or 'as claimed'} {took}"
    places = "; ".join(f"own user{f' + {kinds}' if kinds else ''}: {how}" for kinds, how in found["places"].items())
    sets = " | ".join(found["sets"]) or f"never ({found['refusal']})"
    return f"{id}: {sets}\n    without: {found['refusal'] or 'done'}; {places} {took}"


def all_told(ids: list[str], way: partial[dict[str, Any]], jobs: int) -> Iterator[dict[str, Any]]:
    """Ask several at the same time; those that use up what a user has a limit of come last, one by one."""
    apart = [id for id in ids if not witnesses()[id].alone]
    with Pool(jobs) as pool:
        yield from pool.imap_unordered(partial(told, way), apart)
    yield from (told(way, id) for id in ids if witnesses()[id].alone)


parser = argparse.ArgumentParser(prog="python -m tests.live.witnesses", description=__doc__)
parser.add_argument("words", nargs="*", metavar="WORD", help="ask those alone that have one of these in their id")
parser.add_argument("--claims", type=Path, help="confirm what is claimed in this file of JSON, instead of searching")
parser.add_argument("--sets-alone", action="store_true", help="confirm neither the errno nor the user namespaces")
parser.add_argument("--repeat", type=int, help="how often each run is made (3; 1 where claims are confirmed)")
parser.add_argument("--jobs", type=int, default=1, help="how many are asked at the same time")
parser.add_argument("--json", action="store_true", help="print a line of JSON for the kernel, and for each")

if __name__ == "__main__":
    given = parser.parse_args()
    asked = [id for id in witnesses() if not given.words or any(word in id for word in given.words)]
    way = partial(searched, repeat=given.repeat or 3)
    if given.claims:
        claims = json.loads(given.claims.read_text("utf-8"))
        asked = [id for id in asked if id in claims]
        way = partial(confirmed, repeat=given.repeat or 1, claims=claims, sets_alone=given.sets_alone)
    if given.json:
        kernel = {"release": os.uname().release, "date": str(date.today()), "held": calls.supported()}
        print(json.dumps(kernel), flush=True)
    for found in all_told(asked, way, given.jobs):
        print(json.dumps(found) if given.json else in_words(found), flush=True)
