"""Make recorded steps again with whatever capset is on the path, and say whether anything differs."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from capset import kernel, live
from capset.kernel import KernelError


def main() -> None:
    """Compare until something differs."""
    rules = live.kernel_rules()
    for step in pickle.loads(Path(sys.argv[1]).read_bytes()):
        explain = getattr(kernel, f"explain_{step.call}")
        try:
            explanation = explain(step.before, *step.arguments, **step.keywords, rules=rules)
        except (KernelError, ValueError) as error:  # sets that no thread can have
            print(f"differs: {step.call}: {error}")
            sys.exit(1)
        number = explanation.error.errno if explanation.error else 0
        after = explanation.after or step.before
        if (number, after, explanation.secure) != (step.errno, step.after, step.secure):
            print(f"differs: {step.call}{step.arguments}")
            sys.exit(1)
    print("no difference")


if __name__ == "__main__":
    main()
