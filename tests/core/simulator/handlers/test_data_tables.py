"""Data tables: rows by key, in the form of the schema."""

import pytest

from genesys_core.simulator import Settings
from tests.strategies.simulator import Desk

TABLES = "/api/v2/flows/datatables"
SCHEMA = {
    "type": "object",
    "required": ["key"],
    "properties": {
        "key": {"type": "string"},
        "open": {"type": "boolean", "default": True},
        "level": {"type": "integer"},
        "ratio": {"type": "number"},
        "note": {"type": "string"},
    },
    "additionalProperties": False,
}


class Tables(Desk):
    def __init__(self, schema=SCHEMA, **settings):
        super().__init__(settings=Settings(**settings))
        body = {"name": "Hours"} | ({} if schema is None else {"schema": schema})
        self.table = self.call("POST", TABLES, body).json
        self.at = f"{TABLES}/{self.table['id']}"
        self.rows = f"{self.at}/rows"


def test_a_table_keeps_its_schema():
    desk = Tables()
    assert desk.table["schema"]["additionalProperties"] is False
    assert desk.call("GET", f"{desk.at}?expand=schema").json["schema"] == desk.table["schema"]


def test_rows_are_created_read_replaced_and_deleted_by_their_key():
    desk = Tables()
    made = desk.call("POST", desk.rows, {"key": "Café 1", "level": 3, "ratio": 1})
    assert made.json == {"key": "Café 1", "open": True, "level": 3, "ratio": 1}
    at = f"{desk.rows}/Caf%C3%A9%201"
    assert desk.call("GET", at).json == {"key": "Café 1"}
    assert desk.call("GET", f"{at}?showbrief=false").json == made.json
    replaced = desk.call("PUT", at, {"key": "Café 1", "open": False})
    assert replaced.json == {"key": "Café 1", "open": False}
    assert desk.call("PUT", at, {"level": 4}).json == {"key": "Café 1", "open": True, "level": 4}
    assert desk.call("DELETE", at).status == 204
    gone = desk.call("GET", at)
    assert (gone.status, gone.json["code"]) == (404, "flows.datatables.row.not.found")


def test_rows_are_listed_by_key_in_pages():
    desk = Tables()
    for key in ("b", "C", "a"):
        desk.call("POST", desk.rows, {"key": key, "level": 1})
    page = desk.call("GET", f"{desk.rows}?pageSize=2").json
    assert (page["entities"], page["total"], page["pageCount"]) == (
        [{"key": "a"}, {"key": "b"}],
        3,
        2,
    )
    full = desk.call("GET", f"{desk.rows}?showbrief=false&sortOrder=descending").json["entities"]
    assert [(each["key"], each["level"]) for each in full] == [("C", 1), ("b", 1), ("a", 1)]


@pytest.mark.parametrize(
    ("row", "status", "code"),
    [
        ({"key": "a"}, 409, "not.unique"),
        ({"level": 1}, 400, "schema.exception"),
        ({"key": ""}, 400, "schema.exception"),
        ({"key": 1}, 400, "schema.exception"),
        ({"key": "b", "level": "1"}, 400, "schema.exception"),
        ({"key": "b", "open": 1}, 400, "schema.exception"),
        ({"key": "b", "other": 1}, 400, "schema.exception"),
    ],
)
def test_rows_that_do_not_fit_are_refused(row, status, code):
    desk = Tables()
    desk.call("POST", desk.rows, {"key": "a"})
    answer = desk.call("POST", desk.rows, row)
    assert (answer.status, answer.json["code"]) == (status, f"flows.datatables.{code}")
    assert desk.call("GET", desk.rows).json["total"] == 1


def test_a_row_keeps_its_key():
    desk = Tables()
    desk.call("POST", desk.rows, {"key": "a"})
    answer = desk.call("PUT", f"{desk.rows}/a", {"key": "b"})
    assert (answer.status, answer.json["code"]) == (400, "bad.request")
    assert desk.call("PUT", f"{desk.rows}/b", {"key": "b"}).status == 404


def test_there_are_no_rows_without_their_table():
    desk = Tables()
    desk.call("POST", desk.rows, {"key": "a"})
    assert desk.call("DELETE", desk.at).status == 204
    for method, path in (("GET", desk.rows), ("GET", f"{desk.rows}/a")):
        answer = desk.call(method, path)
        assert (answer.status, answer.json["code"]) == (404, "flows.datatables.table.not.found")
    answer = desk.call("POST", desk.rows, {"key": "a"})
    assert answer.json["code"] == "flows.datatables.table.not.found"
    assert not [each for each in desk.simulator.state.collections if "rows" in each]


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA | {"properties": {"other": {"type": "string"}}},
        SCHEMA | {"properties": {"key": {"type": "integer"}}},
        SCHEMA | {"required": []},
        {name: each for name, each in SCHEMA.items() if name != "required"},
        SCHEMA | {"additionalProperties": True},
        {name: each for name, each in SCHEMA.items() if name != "additionalProperties"},
    ],
)
def test_a_schema_without_a_key_or_with_other_properties_is_refused(schema):
    answer = Desk().call("POST", TABLES, {"name": "T", "schema": schema})
    assert (answer.status, answer.json["code"]) == (400, "flows.datatables.schema.exception")


def test_a_schema_only_gains_fields():
    desk = Tables()
    more = SCHEMA | {"properties": SCHEMA["properties"] | {"more": {"type": "string"}}}
    assert desk.call("PUT", desk.at, {"name": "Hours", "schema": more}).status == 200
    assert desk.call("POST", desk.rows, {"key": "a", "more": "x"}).status == 200
    answer = desk.call("PUT", desk.at, {"name": "Hours", "schema": SCHEMA})
    assert (answer.status, answer.json["code"]) == (400, "flows.datatables.cannot.remove.fields")
    assert "more" in answer.json["message"]


def test_a_table_without_a_schema_takes_any_row_with_a_key():
    desk = Tables(schema=None)
    assert desk.call("POST", desk.rows, {"key": "a", "x": 1}).json == {"key": "a", "x": 1}
    assert desk.call("POST", desk.rows, {"x": 1}).status == 400


def test_no_more_rows_than_the_settings_allow():
    desk = Tables(max_items=3)
    answers = [desk.call("POST", desk.rows, {"key": str(n)}) for n in range(9)]
    assert answers[0].status == 200
    assert answers[-1].json["code"] == "flows.datatables.too.many.rows"
