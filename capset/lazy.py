"""Packages whose names load when they are first used, so that importing one costs little (PEP 562)."""

from __future__ import annotations

import sys

# Not typing.TYPE_CHECKING: importing typing would cost half as much again as importing capset.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["lazily"]


def lazily(
    package: str, homes: Mapping[str, Iterable[str]], *, loaded: Iterable[str] = ()
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return the functions ``__getattr__`` and ``__dir__`` of a package, and its ``__all__``.

    Type checkers and readers see the same names in a block under ``TYPE_CHECKING``.

    Args:
        package: The ``__name__`` of the package.
        homes: The public names by the module that defines them; those of the package itself are its modules.
        loaded: The public names that the package defines at once.
    """
    home_of = {name: home for home, names in homes.items() for name in names}
    public = sorted([*home_of, *loaded])

    def load(name: str) -> object:
        from importlib import import_module

        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        home = home_of[name]
        value = import_module(f"{home}.{name}") if home == package else getattr(import_module(home), name)
        setattr(sys.modules[package], name, value)  # the next look-up finds it without this function
        return value

    def names() -> list[str]:
        return list(public)

    return load, names, public
