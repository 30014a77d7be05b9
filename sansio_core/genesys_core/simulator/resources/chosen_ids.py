"""Item ids that the caller chooses instead of the platform, such as domains and languages.

Invariants: the id is a string property of the body; if the body lacks this property, the platform
assigns an id.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.state.examples import Json

__all__ = ["CHOSEN_IDS", "find_chosen_id"]

CHOSEN_IDS: Final[Mapping[tuple[str, ...], str]] = {
    ("", "api", "v2", "routing", "email", "domains"): "id",
    ("", "api", "v2", "architect", "prompts", "{}", "resources"): "language",
    ("", "api", "v2", "architect", "systemprompts", "{}", "resources"): "language",
}
"""The property that contains an item's id, by the path of the collection with ``{}`` for ids.

The keys of data table rows, which are ids too, are handled separately.
"""


def find_chosen_id(place: tuple[str, ...], given: Mapping[str, Json]) -> str | None:
    """Return the id that a request body specifies for a collection's new item, or ``None``."""
    for template, name in CHOSEN_IDS.items():
        if len(template) == len(place) and all(
            part in ("{}", segment) for part, segment in zip(template, place, strict=True)
        ):
            value = given.get(name)
            return value if isinstance(value, str) and value else None
    return None
