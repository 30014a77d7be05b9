"""Lazy exports for facade packages, whose names are imported on first use (PEP 562).

A facade lists its names twice: in a ``TYPE_CHECKING`` block for type checkers and editors, and in
the table passed to :func:`export_lazily` for the interpreter.
``tests/architecture/test_exports.py`` checks that the two agree.
"""

from collections.abc import Mapping
from importlib import import_module

__all__ = ["export_lazily"]


def export_lazily(
    namespace: dict[str, object],
    homes: Mapping[str, str],
    *,
    unlisted: Mapping[str, str] | None = None,
    endings: Mapping[str, str] | None = None,
) -> None:
    """Export other modules' names from the calling module, importing each on first access.

    Defines ``__all__``, ``__getattr__`` and ``__dir__`` in that module. Type checkers do not see
    these definitions, so they report misspelled names as errors.

    Args:
        namespace: the calling module's ``globals()``; names are cached there once imported.
        homes: maps each defining module to its names, separated by spaces; ``name=original``
            exports ``original`` as ``name``, and ``name=.`` the module itself.
        unlisted: like ``homes``, for names that ``from module import *`` leaves out.
        endings: maps a suffix to the module that defines all names with this suffix; ``from module
            import *`` leaves these names out as well.
    """
    origins = _origins(homes)
    exported = sorted(origins, key=_order)
    origins |= _origins(unlisted or {})
    others = endings or {}
    module_name = str(namespace["__name__"])

    def __getattr__(name: str) -> object:  # noqa: N807 - the name that PEP 562 requires
        module, original = origins.get(name, ("", name))
        # Looked up with `dir`, so that an unknown name gets the message below.
        for ending, home in others.items():
            if name.endswith(ending) and name in dir(import_module(home)):
                module = home
        if not module:
            known = ", ".join(exported)
            raise AttributeError(f"{module_name} exports no {name}; it exports {known}", name=name)
        found = import_module(module)
        value = namespace[name] = found if original == "." else getattr(found, original)
        return value

    def __dir__() -> list[str]:  # noqa: N807 - the name that PEP 562 requires
        more = (
            name
            for ending, home in others.items()
            for name in dir(import_module(home))
            if name.endswith(ending)
        )
        return sorted({*namespace, *origins, *more})

    namespace.update(__all__=exported, __getattr__=__getattr__, __dir__=__dir__)


def _origins(homes: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the defining module and the original name of each exported name."""
    found: dict[str, tuple[str, str]] = {}
    for module, names in homes.items():
        for entry in names.split():
            name, _, original = entry.partition("=")
            found[name] = (module, original or name)
    return found


def _order(name: str) -> tuple[int, str]:
    """Return a name's sort key: constants, then classes, then other names, each alphabetically."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name
