"""The definition that comes with this package.

Law: read at most once in a process, and only when somebody asks.
"""

from functools import cache

from genesys_cloud.packed_data import read_own_data
from genesys_core.simulator import Definition

__all__ = ["bundled_definition"]


@cache  # safe to share: a definition is never changed
def bundled_definition() -> Definition:
    """The API definition of this version, ready for :class:`~genesys_core.simulator.Simulator`."""
    return Definition.from_json(read_own_data("swagger.json.xz"))
