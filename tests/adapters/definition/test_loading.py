"""Definition files: plain or packed, of a bounded size."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from genesys_cloud import packed_data
from genesys_cloud.definition import load_definition, load_sources
from genesys_core.errors import ConfigurationError, InvalidValueError

TEXT = b'{"swagger": "2.0", "paths": {}}'
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "xz": lzma.compress,
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_file_may_be_packed(packing: str, tmp_path: Path) -> None:
    file = tmp_path / "definition"
    file.write_bytes(PACKINGS[packing](TEXT))
    assert load_definition(file) == {"swagger": "2.0", "paths": {}}


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_file_that_is_larger_than_the_limit_is_refused(
    packing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "definition"
    file.write_bytes(PACKINGS[packing](TEXT + b" " * 100_000))
    monkeypatch.setattr(packed_data, "MOST_BYTES", 100_000)
    with pytest.raises(
        ConfigurationError, match=r"cannot be read: contains more than 100,000 bytes"
    ):
        load_definition(file)


@pytest.mark.parametrize("packing", ["gzip", "xz"])
def test_a_damaged_file_is_named(packing: str, tmp_path: Path) -> None:
    file = tmp_path / "definition"
    file.write_bytes(PACKINGS[packing](TEXT)[:-12])
    with pytest.raises(ConfigurationError, match=r"definition: cannot be read: "):
        load_definition(file)


def test_of_two_documents_the_one_that_is_no_swagger_is_named(tmp_path: Path) -> None:
    file = tmp_path / "new.json"
    file.write_text('{"openapi": "3.1.0", "paths": {}}')
    with pytest.raises(
        InvalidValueError, match=r"new\.json: the definition is OpenAPI 3\.1\.0, but only"
    ):
        load_sources(file)
