"""Contact lists: size and export, and the changes that are rejected.

Invariants: a list's size is the number of its contacts. Its columns cannot be changed. An outbound
entity that another one refers to cannot be deleted.

Guesses: the error codes for changed columns, and for entities in use other than contact lists; an
export takes as long as a job; do-not-call lists are exported in the same way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
    no_content,
)
from genesys_core.simulator.http.problems import PlatformProblem, bad_request, no_such_entity
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.jobs import JobRun
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import Record

__all__ = ["CHECKS", "FOLLOW_UPS", "HANDLERS"]

_OUTBOUND: Final = "/api/v2/outbound"
_LISTS: Final = f"{_OUTBOUND}/contactlists"
_LIST: Final = f"{_LISTS}/{{contactListId}}"
_CONTACTS: Final = f"{_LIST}/contacts"

_MOST_READ: Final = 50

_COLUMNS: Final[Mapping[str, str]] = {
    "columnNames": "column.names",
    "phoneColumns": "phone.columns",
    "zipCodeColumnName": "zip.code.column.name",
    "automaticTimeZoneMapping": "automatic.time.zone.mapping",
}
"""The contact list properties that cannot be changed, each with the suffix of the error code."""

_CAMPAIGNS: Final = ("campaigns", "messagingcampaigns")
_USERS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "attemptlimits/{attemptLimitsId}": (("contactlists",), "attemptLimits"),
    "callabletimesets/{callableTimeSetId}": (_CAMPAIGNS, "callableTimeSet"),
    "callanalysisresponsesets/{callAnalysisSetId}": (_CAMPAIGNS, "callAnalysisResponseSet"),
    "contactlistfilters/{contactListFilterId}": (_CAMPAIGNS, "contactListFilters"),
    "contactlists/{contactListId}": (_CAMPAIGNS, "contactList"),
    "digitalrulesets/{digitalRuleSetId}": (("messagingcampaigns",), "ruleSets"),
    "dnclists/{dncListId}": (_CAMPAIGNS, "dncLists"),
    "rulesets/{ruleSetId}": (("campaigns",), "ruleSets"),
}
"""For each outbound entity, by path: the collections whose items can refer to it, and the property
that contains the reference."""


def check_columns(call: ApiCall) -> None:
    """Check that a contact list update does not change the columns.

    Raises:
        Problem: 400 with the error code of the changed property.
    """
    old = _stored(call, _LISTS, call.arguments["contactListId"])
    for name, given in call.document().items() if old else ():
        # Missing, null, empty and false mean the same here.
        if name in _COLUMNS and given != old.get(name) and (given or old.get(name)):
            message = f"The field '{name}' of a contact list cannot be changed."
            raise PlatformProblem(400, f"cannot.update.{_COLUMNS[name]}", message)


def check_removal(call: ApiCall) -> None:
    """Check that nothing refers to the entity to be deleted.

    Raises:
        Problem: 400 if another entity refers to it, naming that entity.
    """
    kind = call.route.template.removeprefix(f"{_OUTBOUND}/").partition("/")[0]
    collections, name = next(_USERS[each] for each in _USERS if each.startswith(f"{kind}/"))
    ids = [*call.arguments.values(), *call.query.get("id", ())]
    for each in collections:
        for user in call.state.collections.get(_place(f"{_OUTBOUND}/{each}"), {}).values():
            if any(identity in ids for identity in _ids(user.get(name))):
                message = f"The entity cannot be deleted: it is used by [{user.get('name')}]."
                if kind == "contactlists":
                    raise PlatformProblem(400, "contact.list.in.use", message)
                raise bad_request(message)


def check_read(call: ApiCall) -> None:
    """Check that the number of requested contacts does not exceed the platform's limit.

    Raises:
        Problem: 400 if the number exceeds the limit.
    """
    if isinstance(call.body, list) and len(call.body) > _MOST_READ:
        message = f"At most {_MOST_READ} contacts can be requested at once."
        raise PlatformProblem(400, "too.many.contacts.requested", message)


def count_contacts(call: ApiCall) -> None:
    """Set a contact list's size to the number of its contacts."""
    identity = call.arguments["contactListId"]
    lists = call.state.collections.get(_place(_LISTS), {})
    if identity in lists:
        contacts = call.state.collections.get((*_place(_LISTS), identity, "contacts"), {})
        lists[identity] = {**lists[identity], "size": len(contacts)}


def clear_list(call: ApiCall) -> Reply:
    """Delete all contacts of a contact list."""
    if call.settings.stateful:
        identity = call.arguments["contactListId"]
        if not _stored(call, _LISTS, identity):
            raise no_such_entity("contactlist", identity)
        call.state.collections.pop((*_place(_LISTS), identity, "contacts"), None)
        count_contacts(call)
    return no_content()


def post_export(call: ApiCall) -> Reply:
    """Begin exporting a contact list or a do-not-call list."""
    at = _exported(call)
    call.state.jobs[(*at, "export")] = JobRun(call.now.monotonic)
    return json_reply({"id": at[-1], "selfUri": f"{'/'.join(at)}/export"})


def get_export(call: ApiCall) -> Reply:
    """Return the link to a list's export, or the exported file; 404 before the export is ready."""
    at = _exported(call)
    run = call.state.jobs.get((*at, "export"))
    over = None if run is None else run.started + call.settings.job_duration
    if over is None or call.now.monotonic < over:
        message = "No export of the list is ready."
        raise PlatformProblem(404, "no.available.list.export.uri", message)
    if call.argument("download", "false") == "true":
        return Reply(200, _write_file(call.state, at), "text/csv")
    when = format_instant(call.now.wall - (call.now.monotonic - over))
    uri = f"http://{call.host}{'/'.join(at)}/export?download=true"
    return json_reply({"uri": uri, "exportTimestamp": when})


def _write_file(state: PlatformState, at: tuple[str, ...]) -> bytes:
    """Return a list as CSV; do-not-call lists have only a header, because they store no numbers."""
    names = state.collections[at[:-1]][at[-1]].get("columnNames")
    columns = names if isinstance(names, list) else []
    if at[-2] != "contactlists":
        return _line(["phone-number"])
    lines = [_line(["inin-outbound-id", *columns])]
    for identity, contact in state.collections.get((*at, "contacts"), {}).items():
        data = contact.get("data")
        known: Mapping[str, Json] = data if isinstance(data, Mapping) else {}
        lines.append(_line([identity, *(known.get(str(each), "") for each in columns)]))
    return b"".join(lines)


def _line(cells: Sequence[Json]) -> bytes:
    """Return a line of a CSV file (RFC 4180)."""
    quoted = ('"' + str(each).replace('"', '""') + '"' for each in cells)
    return (",".join(quoted) + "\r\n").encode()


def _exported(call: ApiCall) -> tuple[str, ...]:
    """Return the path of the list that is exported."""
    path = call.route.template.rpartition("/{")[0]
    (identity,) = call.arguments.values()
    if not _stored(call, path, identity):
        raise no_such_entity(path.rpartition("/")[2].removesuffix("s"), identity)
    return (*_place(path), identity)


def _place(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


def _stored(call: ApiCall, path: str, identity: str) -> Record:
    """Return an item of a collection; empty if there is none."""
    return call.state.collections.get(_place(path), {}).get(identity, {})


def _ids(value: Json) -> Iterator[Json]:
    """Yield the id in a reference, or the ids in a list of references."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, Mapping):
            yield each.get("id")


CHECKS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    ("PUT", _LIST): check_columns,
    ("DELETE", _LISTS): check_removal,
    **{("DELETE", f"{_OUTBOUND}/{each}"): check_removal for each in _USERS},
    ("POST", f"{_CONTACTS}/bulk"): check_read,
}
"""The check of each operation, performed before the generic rules process the API call."""

FOLLOW_UPS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    ("POST", _CONTACTS): count_contacts,
    ("DELETE", _CONTACTS): count_contacts,
    ("DELETE", f"{_CONTACTS}/{{contactId}}"): count_contacts,
}
"""For each operation, the action to perform after the generic rules have processed the API call."""

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("POST", f"{_LIST}/clear"): clear_list,
    **{
        (method, f"{_OUTBOUND}/{each}/export"): handler
        for each in ("contactlists/{contactListId}", "dnclists/{dncListId}")
        for method, handler in (("GET", get_export), ("POST", post_export))
    },
}
