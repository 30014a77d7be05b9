"""The definition that comes with this package.

Law: read at most once in a process, and only when somebody asks.
"""

import gzip
from functools import cache
from importlib.resources import files

from genesys_core.simulator import Definition

__all__ = ["bundled_definition"]


@cache  # safe to share: a definition is never changed
def bundled_definition() -> Definition:
    """The API definition of this version, ready for :class:`~genesys_core.simulator.Simulator`."""
    packed = files("genesys_cloud").joinpath("data", "swagger.json.gz").read_bytes()
    return Definition.from_json(gzip.decompress(packed))
