"""A YAML loader that produces JSON values, unless a document uses explicit tags.

Invariants: as in YAML 1.2, ``no`` and ``2024-01-01`` are strings, and ``0123`` is 123. All scalars
other than ``true``, ``false``, ``null`` and decimal numbers are strings. Keys are strings, as written.
"""

import re
from typing import Any

import yaml

__all__ = ["Loader"]

_STRING = "tag:yaml.org,2002:str"


class Loader(yaml.SafeLoader):
    """Loads YAML documents with the core schema of YAML 1.2 (section 10.3), with one exception.

    Hexadecimal and octal integers, infinity and NaN are strings, because JSON has no notation for
    them.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as in the base class

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - as in the base class
        """Return a mapping as an object whose keys are strings, such as ``true`` and ``01``."""
        # JSON has no other keys, and the encoder would write the key true as "1".
        for number, (key, value) in enumerate(node.value):
            if isinstance(key, yaml.ScalarNode):
                node.value[number] = (yaml.ScalarNode(_STRING, key.value), value)
        return super().construct_mapping(node, deep)


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
    # PyYAML's own constructor follows YAML 1.1, in which a leading zero means octal.
    return int(loader.construct_scalar(node))


Loader.add_constructor("tag:yaml.org,2002:int", _read_integer)
