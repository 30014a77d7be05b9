"""A YAML loader that produces only JSON values.

Invariants: as in YAML 1.2, ``no`` and ``2024-01-01`` are strings, and ``0123`` is 123. All scalars
other than ``true``, ``false``, ``null`` and numbers are strings; infinity and NaN are not
supported, as in JSON.
"""

import re
from typing import Any

import yaml

__all__ = ["Loader"]


class Loader(yaml.SafeLoader):
    """Loads YAML documents with the core schema of YAML 1.2 (section 10.3)."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as in the base class


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    Loader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first)
    )


def _read_integer(loader: Loader, node: yaml.ScalarNode) -> int:
    # PyYAML's own is that of YAML 1.1, where a zero at the beginning means octal.
    return int(loader.construct_scalar(node))


Loader.add_constructor("tag:yaml.org,2002:int", _read_integer)
