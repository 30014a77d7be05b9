"""Reads a simulator's data files; the core interprets them."""

from collections.abc import Mapping
from pathlib import Path

from genesys_core.simulator.data_files import parse_data
from genesys_core.simulator.state.examples import Json

__all__ = ["read_data"]


def read_data(data: str | Path | Mapping[str, Json]) -> Mapping[str, Json]:
    """Return the document in a JSON file; a mapping is returned unchanged.

    Raises:
        OSError: the file cannot be read.
        InvalidValueError: the file does not contain a JSON object.
    """
    return data if isinstance(data, Mapping) else parse_data(Path(data).read_bytes())
