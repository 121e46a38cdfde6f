"""Ask readers for as long as one likes.

    python -m tests.fuzz                                   every reader, 5,000 inputs each
    python -m tests.fuzz --inputs 100000 "documents.read compose" libcap.from_text
    python -m tests.fuzz --atheris 60 "documents.read compose"    led by coverage, 60 s, where atheris is installed

The exit status is 1 where a reader has a fault: an exception that is none of capset's, or something that is lost.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence

from hypothesis import Phase, settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask what is asked for, and return the exit status."""
    parser = argparse.ArgumentParser(
        "python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="of readers, with what stands before the last dots or without")
    parser.add_argument("--inputs", type=int, default=5000, metavar="N", help="of each reader (%(default)s)")
    parser.add_argument("--atheris", type=int, metavar="SECONDS", help="of each reader, led by coverage")
    given = parser.parse_args(arguments)
    if given.atheris and len(given.names) == 1:
        return _atheris(given.names[0], given.atheris)

    from tests.fuzz.targets import TARGETS

    names = [name for name in TARGETS if not given.names or any(name.endswith(each) for each in given.names)]
    if not names:
        parser.error(f"there is no such reader; known are {', '.join(TARGETS)}")
    faults = 0
    for name in names:
        if given.atheris:
            command = [sys.executable, "-m", "tests.fuzz", "--atheris", str(given.atheris), name]
            faults += subprocess.run(command, check=False).returncode != 0
        else:
            faults += not _hypothesis(name, given.inputs)
    print(f"{len(names)} readers, {faults} with a fault")
    return 1 if faults else 0


def _hypothesis(name: str, inputs: int) -> bool:
    from tests.fuzz.asking import asking

    told: Counter[str] = Counter()
    started = time.process_time()
    ask = asking(name, told, settings(max_examples=inputs, derandomize=False, phases=set(Phase) - {Phase.explain}))
    try:
        ask()
    except Exception:
        traceback.print_exc()
        good = False
    else:
        good = True
    seconds = time.process_time() - started
    print(f"{name}: {told['read']} read, {told['refused']} refused, {seconds:.0f} s", flush=True)
    return good


def _atheris(name: str, seconds: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["capset"]):
        from tests.fuzz.asking import asking
        from tests.fuzz.targets import TARGETS

    [name] = [each for each in TARGETS if each.endswith(name)]
    options = [f"-max_total_time={seconds}", "-max_len=4096"]
    atheris.Setup([sys.argv[0], *options], asking(name).hypothesis.fuzz_one_input)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
