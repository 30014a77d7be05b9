"""Lazy exports for facade packages, whose names are imported on first use (PEP 562).

A facade lists its names twice: in a ``TYPE_CHECKING`` block for type checkers and editors, and in
the table passed to :func:`export_lazily` for the interpreter.
``tests/architecture/test_exports.py`` checks that the two agree.
"""

from collections.abc import Mapping
from importlib import import_module

__all__ = ["export_lazily"]


def export_lazily(namespace: dict[str, object], homes: Mapping[str, str]) -> None:
    """Export names of other modules from this module, importing each on first access.

    Defines ``__all__``, ``__getattr__`` and ``__dir__`` in the module. Type checkers see none of
    the three, so they report misspelt names as errors.

    Args:
        namespace: the module's ``globals()``; names are cached there once imported.
        homes: maps each defining module to its names, separated by spaces; ``name=original``
            exports ``original`` as ``name``.
    """
    origins: dict[str, tuple[str, str]] = {}
    for module, names in homes.items():
        for entry in names.split():
            name, _, original = entry.partition("=")
            origins[name] = (module, original or name)
    exported = sorted(origins, key=_order)
    module_name = str(namespace["__name__"])

    def __getattr__(name: str) -> object:  # noqa: N807 - the name that PEP 562 requires
        if name not in origins:
            known = ", ".join(exported)
            raise AttributeError(f"{module_name} exports no {name}; it exports {known}", name=name)
        module, original = origins[name]
        value = namespace[name] = getattr(import_module(module), original)
        return value

    def __dir__() -> list[str]:  # noqa: N807 - the name that PEP 562 requires
        return sorted({*namespace, *exported})

    namespace.update(__all__=exported, __getattr__=__getattr__, __dir__=__dir__)


def _order(name: str) -> tuple[int, str]:
    """Sort constants first, then classes, then everything else, alphabetically."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name
