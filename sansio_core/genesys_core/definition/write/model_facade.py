"""Writes the lazy ``models`` package and its stub.

Invariants: importing :mod:`genesys_core.models` imports no model. Both files are written from the
same list of shards, so a name that a type checker sees exists at run time.
"""

from collections.abc import Sequence

from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.shards import Shard
from genesys_core.definition.write.layout import BUILT_IN, Layout
from genesys_core.definition.write.source_text import (
    to_plain_text,
    wrap_text,
    write_banner,
)

__all__ = ["facade_source", "facade_stub"]

# How `_home` searches `_TABLE`: each name follows a space, a module starts a line, and only modules
# begin with an underscore; so the last "\n_" before a name starts the row of its module. Names that are
# not identifiers are rejected first, because "User Queue" could match two neighboring names.
_FACADE = '''\
"""All models of the platform, each imported on first use.

``from %s.models import %s`` imports the module of ``%s`` and those
that it depends on. :func:`preload` imports models ahead of time.
"""

from importlib import import_module as _import_module

# One paragraph per module of models. Finding a name in this text is rare and takes microseconds;
# creating a dictionary of all names would slow down every import of this package.
_TABLE = """
%s
"""


def _home(name: str) -> str | None:
    """Return the module that contains a model."""
    if not name.isidentifier():
        return None
    place = max(_TABLE.find(f" {name} "), _TABLE.find(f" {name}\\n"))
    if place < 0:
        return None
    start = _TABLE.rindex("\\n_", 0, place + 1) + 1
    return _TABLE[start : _TABLE.index(" ", start)]


def _names() -> list[str]:
    return [name for name in _TABLE.split() if name[0] != "_"]


def __getattr__(name: str) -> object:
    module = _home(name)
    if module is None:
        raise AttributeError(_unknown(name), name=name)
    model = getattr(_import_module(f"{__name__}.{module}"), name)
    globals()[name] = model
    return model


def __dir__() -> list[str]:
    return sorted({*globals(), *_names()})


def _unknown(name: str) -> str:
    wanted = name.replace("_", "").lower() if name[:1] != "_" else ""
    near = next((known for known in _names() if known.lower() == wanted), None) if wanted else None
    hint = f"; did you mean {near}?" if near else ", which defines %d models"
    return f"there is no model {name} in definition %s{hint}"


def preload(*names: str) -> None:
    """Import models now rather than on first use.

    Args:
        names: the names of models; empty for all models.

    Raises:
        AttributeError: there is no model of that name.
    """
    for name in names or _names():
        __getattr__(name)
'''


def facade_source(
    definition: ApiDefinition, shards: Sequence[Shard], layout: Layout = BUILT_IN
) -> str:
    """Return the source of ``models/__init__.py``, which maps each model to its module."""
    table = "\n".join(line for shard in shards for line in _paragraph(shard))
    count = sum(len(shard.models) for shard in shards)
    version = to_plain_text(definition.version).replace("{", "{{").replace("}", "}}")
    names = [name for shard in shards for name in shard.models]
    example = "UserMe" if "UserMe" in names else min(names, default="Model")
    return write_banner(definition.version) + _FACADE % (
        *(layout.package, example, example),
        *(table, count, version),
    )


def _paragraph(shard: Shard) -> list[str]:
    """Return a shard's row: the names of its module and models, such as ``_users_1 A B C``."""
    return wrap_text(" ".join([shard.module, *sorted(shard.models)]), "", " ")


def facade_stub(definition: ApiDefinition, shards: Sequence[Shard]) -> str:
    """Return the text of ``models/__init__.pyi``, for type checkers and editors.

    ``import *`` in a stub re-exports the models that a module defines, but not those that it imports
    (PEP 484).
    """
    lines = ["def preload(*names: str) -> None: ...", ""]
    lines += [f"from .{shard.module} import *" for shard in shards]
    return write_banner(definition.version) + "\n".join([*lines, ""])
