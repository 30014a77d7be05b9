"""One helper for the faces of rooms: names that are imported on first use (PEP 562)."""

from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ["export_lazily"]


def export_lazily(
    namespace: dict[str, object], homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a module whose names live elsewhere.

    Args:
        namespace: the module's ``globals()``; a name that was imported once is kept there.
        homes: the names, parted by spaces, by the module that defines them.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}
    module_name = str(namespace["__name__"])

    def __getattr__(name: str) -> object:  # noqa: N807 - what PEP 562 calls it
        if name not in home:
            known = ", ".join(sorted(home))
            raise AttributeError(f"{module_name} exports no {name}; it exports {known}", name=name)
        value = namespace[name] = getattr(import_module(home[name]), name)
        return value

    def __dir__() -> list[str]:  # noqa: N807 - what PEP 562 calls it
        return sorted({*namespace, *home})

    return __getattr__, __dir__
