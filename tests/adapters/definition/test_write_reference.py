"""The reference of definitions with invalid parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from genesys_cloud.definition import write_reference

STRING = {"type": "string"}
MODEL = {"properties": {"a": STRING, "b": STRING}}


def deep(levels: int) -> Any:
    """Properties within properties."""
    return json.loads('{"properties": {"a": ' * levels + "{}" + "}}" * levels)


@pytest.mark.parametrize(
    "model",
    [
        {"properties": {"a": {**STRING, "enum": [None]}}},
        {"properties": {"a": 3}},
        deep(400),
    ],
)
def test_only_the_examples_need_a_valid_definition(model: Any, tmp_path: Path) -> None:
    """As when generating code, an invalid part is left out."""
    reply = {"responses": {"200": {"schema": {"$ref": "#/definitions/Fine"}}}}
    document: Any = {
        "swagger": "2.0",
        "paths": {"/x": {"get": {"operationId": "getX", "tags": ["A"], **reply}}},
        "definitions": {"Fine": MODEL},
    }
    page = tmp_path / "out" / "apis" / "a.md"
    (tmp_path / "fine.json").write_text(json.dumps(document))
    write_reference(tmp_path / "out", definition=tmp_path / "fine.json")
    assert "Example response" in page.read_text()
    document["definitions"]["Other"] = model
    (tmp_path / "odd.json").write_text(json.dumps(document))
    write_reference(tmp_path / "out", definition=tmp_path / "odd.json")
    assert "get_x" in page.read_text()
    assert "Example response" not in page.read_text()
