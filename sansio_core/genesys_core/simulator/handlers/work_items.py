"""Task management: versions, histories, wrap-ups and assignments of work items, bins and types.

Invariants: every change to a work item, bin or type creates a version, counted from 1; the latest
100 are kept until the entity is deleted. A history lists the differences from the previous version.
Updates need no version, because the models have none: the last update wins.

Guesses: a wrap-up creates a version of its work item; the number of versions kept.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from genesys_core.simulator.handlers.conversation_lookup import require_user_context
from genesys_core.simulator.http.capacity import check_room
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
    no_content,
)
from genesys_core.simulator.http.problems import (
    bad_request,
    no_such_entity,
    no_such_reference,
)
from genesys_core.simulator.http.values import conform_reply
from genesys_core.simulator.state.changes import RecordChange
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import WRAP_UP_CODES, Record, reference_of

__all__ = ["HANDLERS", "MOST_VERSIONS", "keep_version"]

MOST_VERSIONS: Final = 100
"""The maximum number of versions kept of each work item, bin or type."""

_BASE: Final = "/api/v2/taskmanagement"
_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    f"{_BASE}/workbins": ("workbinId", "workbin"),
    f"{_BASE}/workitems": ("workitemId", "workitem"),
    f"{_BASE}/worktypes": ("worktypeId", "worktype"),
}
"""The path parameter and the name of each kind of entity, by the path of its collection."""

_MOST_ROWS: Final = 200
_ROWS: Final = 25


def keep_version(state: PlatformState, change: RecordChange, user_id: str | None) -> None:
    """Store a new version of a work item, bin or type that has been created or changed.

    Args:
        state: the platform's state.
        change: the created, updated or deleted record.
        user_id: the id of the user who changed the record.
    """
    owner, _, last = change.template.rpartition("/")
    if owner not in _KINDS or last != "{}" or change.kind == "deleted":
        return
    place = (*owner.split("/"), change.ids[0], "versions")
    kept = state.collections.setdefault(place, {})
    number = int(next(reversed(kept), "0")) + 1
    author: Record = {} if user_id is None else {"modifiedBy": {"id": user_id}}
    kept[str(number)] = {**change.record, **author, "version": number}
    while len(kept) > MOST_VERSIONS:
        del kept[next(iter(kept))]


def get_versions(call: ApiCall) -> Reply:
    """Return the versions of a work item, bin or type, by default oldest first."""
    return json_reply(_page(call, list(_versions(call).values())))


def get_version(call: ApiCall) -> Reply:
    """Return one version of a work item, bin or type."""
    number = call.arguments["entityVersion"]
    known = _versions(call).get(number)
    if known is None:
        raise no_such_entity("version", number)
    return json_reply(_conformed(call, known))


def get_history(call: ApiCall) -> Reply:
    """Return the differences between the versions of a work item, bin or type."""
    versions = list(_versions(call).values())
    names = _delta_names(call)
    changes: list[Record] = []
    for before, after in zip([{}, *versions[:-1]], versions, strict=True):
        delta: Record = {}
        for name in names:
            old, new = _attribute(before, name), _attribute(after, name)
            if old != new:
                delta[name] = {"oldValue": old, "newValue": new}
        changes.append(
            {"version": after["version"], "modifiedBy": after.get("modifiedBy"), "delta": delta}
        )
    return json_reply(_page(call, changes))


def get_wrapups(call: ApiCall) -> Reply:
    """Return a work item's wrap-ups, or only those of the user in the path."""
    _find(call)
    user_id = call.arguments.get("userId")
    shown = [
        each
        for each in _wrapups(call).values()
        if user_id is None or each["user"] == {"id": user_id}
    ]
    return json_reply(_page(call, shown))


def patch_wrapups(call: ApiCall) -> Reply:
    """Add a user's wrap-up to a work item or, with the action ``Remove``, remove that wrap-up."""
    item, body = _find(call), call.document()
    user_id = call.arguments.get("userId") or require_user_context(call)
    _check_user(call, user_id, field="userId")
    code = str(body.get("wrapupCode"))
    known = call.state.collections.get(WRAP_UP_CODES, {}).get(code)
    if known is None and call.settings.check_references:
        raise no_such_reference("wrapupcode", code, field="wrapupCode")
    kept, key = _wrapups(call), f"{user_id}/{code}"
    if body.get("action") == "Remove":
        kept.pop(key, None)
    else:
        check_room(call)
        kept[key] = {
            "workitem": reference_of(item),
            "wrapupCode": {"id": code} if known is None else reference_of(known),
            "user": {"id": user_id},
            "modifiedBy": {"id": call.user_id or user_id},
            "dateModified": format_instant(call.now.wall),
        }
    call.state.collections[*_place(call), "wrapups"] = kept
    _change(call, item, {})
    return no_content()


def patch_assignment(call: ApiCall) -> Reply:
    """Assign a work item to a user."""
    item, user_id = _find(call), str(call.document().get("id"))
    _check_user(call, user_id, field="id")
    _change(call, item, {"assignee": {"id": user_id}})
    return no_content()


def _change(call: ApiCall, item: Record, changes: Record) -> None:
    when = format_instant(call.now.wall)
    place = _place(call)
    call.state.collections[place[:-1]][place[-1]] = {**item, **changes, "dateModified": when}


def _check_user(call: ApiCall, user_id: str, *, field: str) -> None:
    if call.settings.check_references and user_id not in call.state.users:
        raise no_such_reference("user", user_id, field=field)


def _place(call: ApiCall) -> tuple[str, ...]:
    """Return the path of the item that a call refers to."""
    owner = next(each for each in _KINDS if call.route.template.startswith(f"{each}/"))
    return (*owner.split("/"), call.arguments[_KINDS[owner][0]])


def _find(call: ApiCall) -> Record:
    place = _place(call)
    record = call.state.collections.get(place[:-1], {}).get(place[-1])
    if record is None:
        raise no_such_entity(_KINDS["/".join(place[:-1])][1], place[-1])
    return record


def _versions(call: ApiCall) -> Mapping[str, Record]:
    """Return an entity's versions; an entity that no request created has only its current one."""
    record, place = _find(call), _place(call)
    kept = call.state.collections.get((*place, "versions"), {})
    return kept or {"1": {**record, "version": 1}}


def _wrapups(call: ApiCall) -> dict[str, Record]:
    return call.state.collections.get((*_place(call), "wrapups"), {})


def _delta_names(call: ApiCall) -> Sequence[str]:
    """Return the attributes that a history compares."""
    schema = call.route.facts.reply_schema
    for name in ("entities", "delta"):
        known = None if schema is None else call.definition.resolve(schema)
        schema = None if known is None else (known.properties or {}).get(name)
        if schema is not None and schema.items is not None:
            schema = schema.items
    return [] if schema is None else list(call.definition.resolve(schema).properties or ())


def _attribute(record: Mapping[str, Json], name: str) -> Json:
    """Return an attribute as a history names it: ``fooId`` is the id in ``foo``, for example."""
    if name in record or not name.endswith(("Id", "Ids")):
        return record.get(name)
    if name.endswith("Id"):
        value = record.get(name.removesuffix("Id"))
        return value.get("id") if isinstance(value, Mapping) else None
    listed = record.get(f"{name.removesuffix('Ids')}s")
    found = listed if isinstance(listed, list) else []
    # The model of a list declares objects.
    return [{"id": each.get("id")} for each in found if isinstance(each, Mapping)] or None


def _page(call: ApiCall, rows: Sequence[Record]) -> Json:
    """Return the page that follows the number of rows in the cursor ``after``."""
    ordered = [*rows]
    if call.argument("sortOrder", "").lower().startswith("desc"):
        ordered.reverse()
    start, size = call.number("after", 0), call.number("pageSize", _ROWS)
    if start is None or start < 0:
        message = (
            f"The value [{call.argument('after', '')}] of after is not valid for this listing."
        )
        raise bad_request(message, field="after")
    if size is None or not 1 <= size <= _MOST_ROWS:
        message = f"The pageSize [{size}] must be from 1 to {_MOST_ROWS}."
        raise bad_request(message, field="pageSize")
    end = start + size
    page: Record = {"entities": list(ordered[start:end]), "selfUri": call.path}
    if end < len(ordered):
        others = {k: v for k, v in call.query.items() if k not in {"after", "pageSize"}}
        query = urlencode({"after": end, "pageSize": size, **others}, doseq=True)
        page |= {"after": str(end), "nextUri": f"{call.path}?{query}"}
    return _conformed(call, page)


def _conformed(call: ApiCall, value: Record) -> Json:
    schema = call.route.facts.reply_schema
    return value if schema is None else conform_reply(call, schema, value)


_ITEM: Final = f"{_BASE}/workitems/{{workitemId}}"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    **{
        ("GET", f"{owner}/{{{parameter}}}/{tail}"): handler
        for owner, (parameter, _) in _KINDS.items()
        for tail, handler in (
            ("versions", get_versions),
            ("versions/{entityVersion}", get_version),
            ("history", get_history),
        )
    },
    ("GET", f"{_ITEM}/wrapups"): get_wrapups,
    ("GET", f"{_ITEM}/users/{{userId}}/wrapups"): get_wrapups,
    ("PATCH", f"{_ITEM}/users/{{userId}}/wrapups"): patch_wrapups,
    ("PATCH", f"{_ITEM}/users/me/wrapups"): patch_wrapups,
    ("PATCH", f"{_ITEM}/assignment"): patch_assignment,
}
