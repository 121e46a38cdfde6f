"""ByType: a function that is chosen by the type of a value, and loaded when a value of that type first comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, singledispatch, update_wrapper
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Concatenate, Generic, Never, ParamSpec, TypeVar, cast

from capset.errors import shown

__all__ = ["ByType"]

P = ParamSpec("P")
R = TypeVar("R")
Registered = TypeVar("Registered", bound=Callable[..., Any])


class ByType(Generic[P, R]):
    """A :func:`functools.singledispatch` function that finds capset's own functions by where a type is defined.

    What a value of ``capset.live.snapshot`` is as HTML is registered by ``capset.display.as_html.live``, and so on:
    the name of the way, then that of the layer. Other packages register their functions themselves; for one type
    theirs goes before capset's, whichever was loaded first.

    Args:
        function: What is done with a type for which nothing is registered, which is to raise an error. Its name says
            in which folder the others are.
    """

    def __init__(self, function: Callable[Concatenate[Any, P], R]) -> None:
        self._functions = singledispatch(function)
        self._name = function.__name__
        self._folder = f"capset.display.as_{self._name}"
        self.__qualname__: str
        update_wrapper(self, function)

    def __call__(self, value: object, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do what is registered for the type of the value."""
        return self.dispatch(type(value))(value, *args, **kwargs)

    def __reduce__(self) -> str:
        return self.__qualname__  # as a function is pickled: by its name, so that a pool of processes can map it

    def dispatch(self, cls: type[Any]) -> Callable[..., R]:
        """Return the function for a type."""
        for each in cls.__mro__:
            self._load_ours(each)
        return self._functions.dispatch(cls)

    def register(self, cls: type[Any], *others: Never) -> Callable[[Registered], Registered]:
        """Register a function for a type and its subclasses, as a decorator.

        Args:
            cls: The type.
            others: There are none: the function is what is decorated.

        Raises:
            TypeError: It was called without the type, or with the function too.
        """
        if not isinstance(cls, type) or others:
            got = ", ".join(map(shown, (cls, *others)))
            name = f"display.{self._name}"
            raise TypeError(f"{name}.register(TheirType) is a decorator, and takes the type alone, got {got}")
        self._load_ours(cls)  # capset's own comes first, so that it does not take the place of this one later
        return cast("Callable[[Registered], Registered]", self._functions.register(cls))

    def _load_ours(self, cls: type[Any]) -> None:
        package, *layer = cls.__module__.split(".")
        if package == "capset" and layer:
            _load_if_there(f"{self._folder}.{layer[0]}")


@cache
def _load_if_there(module: str) -> None:
    if find_spec(module):
        import_module(module)
