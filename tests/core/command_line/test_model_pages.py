"""Pages about models."""

import pytest

from genesys_core.command_line.bodies import ModelField
from genesys_core.command_line.model_pages import ModelCatalog
from genesys_core.command_line.usage import UsageError

CATALOG = ModelCatalog(
    {
        "User": {
            "required": ["name"],
            "properties": {
                "id": {"type": "string", "readOnly": True},
                "name": {"type": "string"},
                "born": {"type": "string", "format": "date"},
                "uuid": {"type": "string", "format": "uuid"},
                "state": {"type": "string", "enum": [f"value{n}" for n in range(12)]},
                "tags": {"type": "array", "items": {"type": "string", "enum": ["a"]}},
                "manager": {"$ref": "#/definitions/User", "x-read-only": True},
                "any": {},
            },
        },
        "Nothing": {},
        "Codes": {
            "properties": {"code": {"type": "string", "enum": ["a-" * 10 + "b", "c-d", "e-f"]}}
        },
    }
)


def test_fields():
    assert CATALOG.fields_of("User") == [
        ModelField("id", "string", is_read_only=True),
        ModelField("name", "string", is_required=True),
        ModelField("born", "date"),
        ModelField("uuid", "string"),
        ModelField("state", "string"),
        ModelField("tags", "list", "string"),
        ModelField("manager", "User", is_read_only=True),
        ModelField("any", "any JSON value"),
    ]
    assert CATALOG.fields_of("Nothing") == CATALOG.fields_of("Unknown") == []


def test_a_page():
    assert CATALOG.page("user", 60).split("\n") == [
        "User",
        "",
        "  id string (read-only)",
        "  name string (required)",
        "  born date",
        "  uuid string",
        "  state string",
        "      value0, value1, value2, value3, value4, value5,",
        "      value6, value7, value8, value9, value10, value11",
        "  tags list of string",
        "      a",
        "  manager User (read-only)",
        "  any any JSON value",
    ]
    assert "\n      value0,\n      value1,\n" in CATALOG.page("User", 10)
    assert CATALOG.page("Codes", 21).split("\n")[3:] == [
        "      a-a-a-a-a-a-a-a-a-a-b,",
        "      c-d, e-f",
    ]
    assert CATALOG.page("Nothing", 60) == "Nothing\n"


def test_an_unknown_model():
    with pytest.raises(UsageError, match=r"Usre: no such model; did you mean User?"):
        CATALOG.page("Usre", 60)
