"""Make the library wrong, one place at a time, and say where no test notices it.

    python -m tests.mutants --record                 which test reaches what, once (some minutes)
    python -m tests.mutants --sample 1000            a drawn sample of all; what was run before is not run again
    python -m tests.mutants --change main            lines that are others than in a revision of git
    python -m tests.mutants capset.sets kernel       every mutant of modules, packages or subjects
    python -m tests.mutants --survivors              those that are kept as survivors, whether they still survive

The exit status is 0 where each mutant was noticed or is kept in survivors.toml with a reason, 1 where one is not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.mutants import running
from tests.mutants.mutating import LIBRARY, ROOT, SUBJECTS, Mutant, modules_of, mutants, path_of
from tests.mutants.reaching import RECORD, Reach, record

SURVIVORS = Path(__file__).with_name("survivors.toml")
RESULTS = ROOT / ".mutants" / "results.jsonl"
SEED = 15


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for, and return the exit status."""
    given = _parser().parse_args(arguments)
    if given.record:
        record(given.what, given.reach)
        return 0
    running.warm()
    asked = _asked(given)
    reach = Reach(given.reach)
    kept = survivors()
    started = time.monotonic()
    verdicts: Counter[str] = Counter()
    unkept = []
    results = {} if given.again or given.survivors else _before(given.results)
    for mutant, (verdict, test, new) in _run(asked, reach, results, given.jobs, given.seconds):
        verdicts[verdict] += 1
        noticed = verdict in {running.KILLED, running.TIMED_OUT}
        if new:
            _keep(given.results, mutant, verdict, test)
        if noticed and given.survivors:
            print(f"{_place(mutant)}: is noticed now: {mutant}", flush=True)
        if not noticed and str(mutant) not in kept:
            unkept.append(mutant)
            print(f"{_place(mutant)}: {verdict}: {mutant}", flush=True)
    run = verdicts.total()
    noticed = verdicts[running.KILLED] + verdicts[running.TIMED_OUT]
    told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    share = f"{100 * noticed / run:.1f} % noticed" if run else "none to run"
    print(
        f"{run} of {len(asked)} mutants: {told or 'nothing'}; {share}, {len(unkept)} survivors without a reason; "
        f"{time.monotonic() - started:.0f} s"
    )
    return 1 if unkept else 0


def survivors() -> dict[str, str]:
    """Read the mutants that no test notices, each with its reason."""
    return {each["mutant"]: each["reason"] for each in tomllib.loads(SURVIVORS.read_text("utf-8")).get("survivor", ())}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", help=f"modules, packages or subjects ({', '.join(SUBJECTS)})")
    parser.add_argument("--record", action="store_true", help="record what each test reaches; files of tests are added")
    parser.add_argument("--sample", type=int, metavar="N", help="draw so many")
    parser.add_argument("--seed", type=int, default=SEED, help="of the draw (%(default)s)")
    parser.add_argument("--change", metavar="BASE", help="lines that are others than in BASE")
    parser.add_argument("--survivors", action="store_true", help="those of survivors.toml")
    parser.add_argument("--only", metavar="REGEX", help="those whose name has it in it")
    parser.add_argument("--list", action="store_true", help="list them, and run none")
    parser.add_argument("--again", action="store_true", help="run those too that were run before")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="so many at a time (%(default)s)")
    parser.add_argument("--seconds", type=float, metavar="S", help="begin none after so many seconds")
    parser.add_argument("--reach", type=Path, default=RECORD, metavar="FILE", help="coverage by test (%(default)s)")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help="where results are kept")
    return parser


def _asked(given: argparse.Namespace) -> list[Mutant]:
    """List the mutants that are asked for, in the order in which they are drawn."""
    changed = _changed(given.change) if given.change else None
    modules = modules_of(given.what or SUBJECTS)
    if changed is not None:
        modules = [module for module in modules if module in changed]
    if given.survivors:
        modules = [module for module in modules if module in {name.partition(":")[0] for name in survivors()}]
    with multiprocessing.get_context("fork").Pool(given.jobs) as pool:
        found = [mutant for some in pool.map(mutants, modules) for mutant in some]
    if changed is not None:
        found = [each for each in found if not changed[each.module].isdisjoint(range(each.lines[0], each.lines[1] + 1))]
    if given.survivors:
        found = [each for each in found if str(each) in survivors()]
    if given.only:
        found = [each for each in found if re.search(given.only, str(each))]
    if given.sample or changed is not None:
        found.sort(key=lambda each: each.drawn_by(given.seed))
        found = found[: given.sample]
    if given.list:
        for each in found:
            print(f"{_place(each)}: {each}")
        raise SystemExit(0)
    return found


def _changed(base: str) -> dict[str, set[int]]:
    """Return the lines by module that are others than in a revision."""
    command = ["git", "diff", "--unified=0", "--no-color", "--no-ext-diff", base, "--", "capset"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"git knows no change since {base}: {run.stderr.strip()}")
    found: dict[str, set[int]] = {}
    module = ""
    for line in run.stdout.splitlines():
        if line.startswith("+++ "):
            module = line.removeprefix("+++ b/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        elif head := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            start, count = int(head[1]), int(head[2] or 1)
            found.setdefault(module, set()).update(range(start, start + count))
    return found


def _run(
    asked: Iterable[Mutant],
    reach: Reach,
    before: dict[str, tuple[str, str]],
    jobs: int,
    seconds: float | None,
) -> Iterator[tuple[Mutant, tuple[str, str, bool]]]:
    """Run mutants, as many at a time as there are jobs, and give what came of each as it ends."""
    ends = time.monotonic() + seconds if seconds else None
    waiting = []
    for mutant in asked:
        if _key(mutant) in before:
            yield mutant, (*before[_key(mutant)], False)
        else:
            waiting.append((mutant, reach.tests(mutant)))
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        for mutant, found in pool.imap_unordered(_one, ((*each, ends) for each in waiting)):
            if found is not None:
                yield mutant, (*found, True)


def _one(work: tuple[Mutant, list[str], float | None]) -> tuple[Mutant, tuple[str, str] | None]:
    mutant, tests, ends = work
    if ends is not None and time.monotonic() > ends:
        return mutant, None
    return mutant, running.run(mutant, tests)


def _key(mutant: Mutant) -> str:
    """Return what a result is kept by: the mutant and the text of its module."""
    return f"{mutant} @{_digest(mutant.module)}"


_digests: dict[str, str] = {}


def _digest(module: str) -> str:
    if module not in _digests:
        _digests[module] = hashlib.sha256(path_of(module).read_bytes()).hexdigest()[:12]
    return _digests[module]


def _before(path: Path) -> dict[str, tuple[str, str]]:
    """Read results; what survived is run again, as there may be new tests."""
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {row["key"]: (row["verdict"], row["test"]) for row in rows if row["test"]}


def _keep(path: Path, mutant: Mutant, verdict: str, test: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        row = {"key": _key(mutant), "verdict": verdict, "test": test, "line": mutant.lines[0]}
        file.write(json.dumps(row) + "\n")


def _place(mutant: Mutant) -> str:
    return f"{path_of(mutant.module).relative_to(LIBRARY)}:{mutant.lines[0]}"


if __name__ == "__main__":
    sys.exit(main())
