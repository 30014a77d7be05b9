"""One helper for faces: packages whose names are imported on first use (PEP 562).

A face lists its names twice: in a ``TYPE_CHECKING`` block, for type checkers and editors, and in the
table given to :func:`export_lazily`, for the interpreter. ``tests/architecture/test_exports.py``
holds the two together.
"""

from collections.abc import Mapping
from importlib import import_module

__all__ = ["export_lazily"]


def export_lazily(namespace: dict[str, object], homes: Mapping[str, str]) -> None:
    """Make the names of other modules attributes of this one, each imported when it is first read.

    Defines ``__all__``, ``__getattr__`` and ``__dir__`` of the module. Type checkers see none of the
    three, so that a misspelt name is an error to them.

    Args:
        namespace: the module's ``globals()``; a name that was imported once is kept there.
        homes: the names, separated by blanks, by the module that defines them; ``name=original``
            for one that is called otherwise there.
    """
    origins: dict[str, tuple[str, str]] = {}
    for module, names in homes.items():
        for entry in names.split():
            name, _, original = entry.partition("=")
            origins[name] = (module, original or name)
    exported = sorted(origins, key=_order)
    module_name = str(namespace["__name__"])

    def __getattr__(name: str) -> object:  # noqa: N807 - what PEP 562 calls it
        if name not in origins:
            known = ", ".join(exported)
            raise AttributeError(f"{module_name} exports no {name}; it exports {known}", name=name)
        module, original = origins[name]
        value = namespace[name] = getattr(import_module(module), original)
        return value

    def __dir__() -> list[str]:  # noqa: N807 - what PEP 562 calls it
        return sorted({*namespace, *exported})

    namespace.update(__all__=exported, __getattr__=__getattr__, __dir__=__dir__)


def _order(name: str) -> tuple[int, str]:
    """Constants, classes, the rest; each by the alphabet."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name
