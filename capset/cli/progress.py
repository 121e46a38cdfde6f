"""Progress of long work, on a terminal alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from capset.cli.terminal import is_animated

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["progress"]

_PATIENCE = 0.5  # seconds that nobody minds to wait without a word


@contextmanager
def progress() -> Generator[Callable[[str], None]]:
    """Show on standard error how far something is that takes long; it is gone when that ends.

    Nothing is shown where nobody looks, or where no thread can be started that draws it.
    """
    begun, watched, bar = monotonic(), is_animated(sys.stderr), None

    def report(told: str) -> None:
        nonlocal watched, bar
        if watched and bar is None and monotonic() - begun >= _PATIENCE:
            bar = _bar()
            watched = bar is not None
        if bar is not None:
            bar.update(bar.task_ids[0], description=told)

    try:
        yield report
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Progress | None:
    try:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.table import Column

        Thread(target=int).start()  # as Rich will
    except (ModuleNotFoundError, RuntimeError):  # what is asked for needs neither
        return None
    text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
    bar = Progress(SpinnerColumn(), TimeElapsedColumn(), text, console=Console(stderr=True), transient=True)
    bar.add_task("")
    bar.start()
    return bar
