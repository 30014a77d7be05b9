"""Data tables: their schemas, and rows that have a ``key`` and match the schema.

Invariants: every row has a unique key and, if the table has a schema, only the schema's properties,
with their types. Deleting a table deletes its rows. Properties of a schema cannot be removed. The
error codes for rows that do not match the schema are a guess.
"""

from collections.abc import Callable, Mapping
from typing import Final

from genesys_core.simulator.http.checks import has_type
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply, no_content
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.http.problems import PlatformProblem, bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record

__all__ = ["CHECKS", "HANDLERS", "check_table"]

TABLES: Final = ("", "api", "v2", "flows", "datatables")
"""The path segments of the data table collection."""


def get_rows(call: ApiCall) -> Reply:
    """Return a page of a table's rows, sorted by key.

    A row has only its key, unless ``showbrief=false`` is set.
    """
    _table(call)
    rows = sorted(_rows(call).values(), key=lambda row: str(row["key"]).casefold())
    if call.argument("sortOrder", "ascending").startswith("desc"):
        rows.reverse()
    return json_reply(make_page(call, rows, lambda row: _show(call, row)))


def get_row(call: ApiCall) -> Reply:
    """Return a row of a data table; only its key, unless ``showbrief=false`` is set."""
    return json_reply(_show(call, _row(call)))


def post_row(call: ApiCall) -> Reply:
    """Add a row to a table."""
    row = _checked(call)
    rows = _rows(call)
    if row["key"] in rows:
        message = f"The table already has a row with the key [{row['key']}]."
        raise PlatformProblem(409, "flows.datatables.not.unique", message)
    if call.state.count_items() >= call.settings.max_items:
        message = (
            f"The simulator stores at most {call.settings.max_items} items (Settings.max_items)."
        )
        raise PlatformProblem(400, "flows.datatables.too.many.rows", message)
    call.state.collections.setdefault(_place(call), {})[str(row["key"])] = row
    return json_reply(row)


def put_row(call: ApiCall) -> Reply:
    """Replace a row of a table; its key cannot be changed."""
    old, row = _row(call), _checked(call, call.arguments["rowId"])
    if row["key"] != old["key"]:
        raise bad_request("The key of a row cannot be changed.", field="key")
    _rows(call)[str(row["key"])] = row
    return json_reply(row)


def delete_row(call: ApiCall) -> Reply:
    """Delete a row of a table."""
    del _rows(call)[str(_row(call)["key"])]
    return no_content()


def check_table(call: ApiCall) -> None:
    """Check a data table's schema when the table is created or replaced.

    Raises:
        Problem: 400 if the schema has no key, or lacks properties that the table has.
    """
    body: Mapping[str, Json] = call.body if isinstance(call.body, Mapping) else {}
    schema = body.get("schema")
    if not isinstance(schema, Mapping) or not schema:
        return
    properties = _mapping(schema.get("properties"))
    required = schema.get("required")
    if _mapping(properties.get("key")).get("type") != "string":
        raise _schema_problem("The schema must have a property 'key' of type string.")
    if not isinstance(required, list) or "key" not in required:
        raise _schema_problem("The schema must require the property 'key'.")
    if schema.get("additionalProperties") is not False:
        raise _schema_problem("The schema must have additionalProperties: false.")
    old = call.state.collections.get(TABLES, {}).get(call.arguments.get("datatableId", ""), {})
    gone = [name for name in _properties(old) if name not in properties]
    if gone:
        message = f"Fields cannot be removed from a table: {', '.join(gone)}."
        raise PlatformProblem(400, "flows.datatables.cannot.remove.fields", message)


def _checked(call: ApiCall, key: str | None = None) -> Record:
    """Return the row in a call's body, completed with the schema's defaults.

    Raises:
        Problem: 400 if the row does not match the schema.
    """
    table, given = _table(call), dict(_mapping(call.body))
    if key is not None:
        given.setdefault("key", key)
    properties = _properties(table)
    for name in given:
        if properties and name not in properties:
            raise _schema_problem(f"The table has no field '{name}'.")
    row: Record = {}
    for name, facts in {"key": {"type": "string"}, **properties}.items():
        value = given.get(name, _mapping(facts).get("default"))
        if value is None:
            continue
        kind = str(_mapping(facts).get("type") or "string")
        if not has_type(kind, None, value):
            raise _schema_problem(f"The field '{name}' must be a value of the type {kind}.")
        row[name] = value
    if not properties:  # a table without a schema accepts any properties
        row |= given
    if not row.get("key"):
        raise _schema_problem("The field 'key' is required.")
    return row


def _schema_problem(message: str) -> PlatformProblem:
    return PlatformProblem(400, "flows.datatables.schema.exception", message)


def _show(call: ApiCall, row: Record) -> Record:
    return row if call.argument("showbrief", "true") == "false" else {"key": row["key"]}


def _table(call: ApiCall) -> Record:
    identity = call.arguments["datatableId"]
    table = call.state.collections.get(TABLES, {}).get(identity)
    if table is None:
        message = f"There is no data table {identity}."
        raise PlatformProblem(404, "flows.datatables.table.not.found", message)
    return table


def _row(call: ApiCall) -> Record:
    _table(call)
    row = _rows(call).get(call.arguments["rowId"])
    if row is None:
        message = f"The table has no row with the key {call.arguments['rowId']}."
        raise PlatformProblem(404, "flows.datatables.row.not.found", message)
    return row


def _place(call: ApiCall) -> tuple[str, ...]:
    return (*TABLES, call.arguments["datatableId"], "rows")


def _rows(call: ApiCall) -> dict[str, Record]:
    return call.state.collections.get(_place(call), {})


def _properties(table: Mapping[str, Json]) -> Mapping[str, Json]:
    return _mapping(_mapping(table.get("schema")).get("properties"))


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


CHECKS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    ("POST", "/api/v2/flows/datatables"): check_table,
    ("PUT", "/api/v2/flows/datatables/{datatableId}"): check_table,
}
"""The check of each operation, performed before the generic rules process the API call."""

_ROWS: Final = "/api/v2/flows/datatables/{datatableId}/rows"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", _ROWS): get_rows,
    ("POST", _ROWS): post_row,
    ("GET", f"{_ROWS}/{{rowId}}"): get_row,
    ("PUT", f"{_ROWS}/{{rowId}}"): put_row,
    ("DELETE", f"{_ROWS}/{{rowId}}"): delete_row,
}
