"""Detects listings: which operations return lists of items, and how their pages are requested.

Invariants: the paging style is derived from the request's parameters and the response's fields.
Tables in this module contain facts that the definition lacks: operations that look like listings but
are not, responses without a type, limits of page numbers, and identifying fields.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.calls.listing import Listing, PagingStyle, PagingWindow
from genesys_core.definition.read.definition import (
    ApiDefinition,
    ApiOperation,
    Array,
    Field,
    ModelDef,
    Plain,
    Ref,
    Type,
)
from genesys_core.definition.read.read_only_posts import only_reads

__all__ = [
    "IDENTITIES",
    "NOT_LISTINGS",
    "UNTYPED_REPLIES",
    "WINDOWS",
    "find_filters",
    "find_item_type",
    "find_listing",
    "listing_problems",
]

_STARTS_A_JOB: Final = "starts a job; the paging parameters apply to its results"
_INSERTS: Final = "`after` is the ID of the stage plan to insert after, not a cursor"

NOT_LISTINGS: Final[Mapping[str, str]] = {
    "GET /api/v2/integrations/{integrationId}": "has page parameters, but returns one integration",
    "PATCH /api/v2/integrations/{integrationId}": "has page parameters, but returns one integration",
    "GET /api/v2/chats/users/{userId}/messages": "has a time window, but returns one message",
    "POST /api/v2/casemanagement/caseplans/{caseplanId}/stageplans": _INSERTS,
    "POST /api/v2/casemanagement/caseplans/{caseplanId}/stageplans/{stageplanId}/reposition": (
        _INSERTS
    ),
    "POST /api/v2/casemanagement/cases/query/jobs": _STARTS_A_JOB,
    "POST /api/v2/integrations/speech/nuance/{nuanceIntegrationId}/bots/jobs": _STARTS_A_JOB,
    "POST /api/v2/taskmanagement/workitems/query/jobs": _STARTS_A_JOB,
}
"""Operations with paging parameters that are not listings, by method and path, with the reason."""

UNTYPED_REPLIES: Final[Mapping[str, str]] = {
    "GET /api/v2/organizations/limits/namespaces": "entities",
    "POST /api/v2/orgauthorization/trustees/audits": "entities",
    "POST /api/v2/orgauthorization/trustor/audits": "entities",
}
"""The items field, by method and path, of listings whose response has no fields in the definition.

Their requests have ``pageNumber`` and ``pageSize``. In most other listings with these parameters, the
field is ``entities``.
"""

_SCAN: Final = "get_externalcontacts_scan_"

WINDOWS: Final[Mapping[str, PagingWindow]] = {
    "GET /api/v2/externalcontacts/contacts": PagingWindow(1000, instead=f"{_SCAN}contacts"),
    "GET /api/v2/externalcontacts/contacts/{contactId}/notes": PagingWindow(
        1000, instead=f"{_SCAN}notes"
    ),
    "GET /api/v2/externalcontacts/organizations": PagingWindow(
        1000, instead=f"{_SCAN}organizations"
    ),
    "GET /api/v2/externalcontacts/organizations/{externalOrganizationId}/contacts": PagingWindow(
        1000, instead=f"{_SCAN}contacts"
    ),
    "GET /api/v2/externalcontacts/organizations/{externalOrganizationId}/notes": PagingWindow(
        1000, instead=f"{_SCAN}notes"
    ),
    "GET /api/v2/externalcontacts/organizations/{externalOrganizationId}/relationships": (
        PagingWindow(1000, instead=f"{_SCAN}relationships")
    ),
    "GET /api/v2/routing/queues/divisionviews": PagingWindow(
        pages=5, instead="get_routing_queues_divisionviews_all"
    ),
}
"""Page number limits by method and path, from descriptions in the official SDK.

The definition does not contain these limits.
"""

IDENTITIES: Final[Mapping[str, str]] = {
    "AnalyticsConversation": "conversationId",
    "AnalyticsConversationWithoutAttributes": "conversationId",
    "AnalyticsUserDetail": "userId",
}
"""The identifying field of items without an ``id``, by the class name of the items' model.

Not derived from names, because many fields that look like an id are not unique: a subject has several
grants with the same ``subjectId``, a session several turns with the same ``sessionId``.
"""

# "Resources", "totalResults" and "count" are SCIM's (RFC 7644, section 3.4.2).
_ENVELOPES: Final = ("entities", "results", "Resources", "conversations", "userDetails")
_TOTALS: Final = ("total", "totalResults", "totalHits")
_SIZES: Final = ("pageSize", "limit", "count")
_WRAPPER_FIELDS: Final = 3
"""The maximum number of fields of a response whose only list is assumed to contain its items."""


def find_listing(operation: ApiOperation, models: Mapping[str, ModelDef]) -> Listing | None:
    """Return how an operation's response is paginated; ``None`` if it is not a listing."""
    key = f"{operation.method} {operation.path}"
    items = UNTYPED_REPLIES.get(key) or _items(operation.returns, models)
    if items is None or key in NOT_LISTINGS:
        return None
    reply = {one.wire for one in _fields(operation.returns, models)}
    if operation.method not in ("GET", "POST") and "nextUri" not in reply:
        return None  # the list in its response is what the request changed, not a page
    style, send, following = _style(operation, reply, models)
    return Listing(
        style,
        "" if items == _ROOT else items,
        _identity(find_item_type(operation, models), models),
        send,
        following,
        _size(operation, models),
        next((total for total in _TOTALS if total in reply), ""),
        "nextUri" in reply and _may_follow(operation),
        WINDOWS.get(key),
    )


def find_item_type(operation: ApiOperation, models: Mapping[str, ModelDef]) -> Type:
    """Return the type of a listing's items; any JSON value if the definition does not specify it."""
    found = operation.returns
    path = _items(found, models)
    for wire in [] if path in (None, _ROOT) else str(path).split("."):
        found = next(one.type for one in _fields(found, models) if one.wire == wire)
    return found.items if isinstance(found, Array) else Plain("any")


def find_filters(operation: ApiOperation, models: Mapping[str, ModelDef]) -> frozenset[str]:
    """Return the fields of a GET listing's items; a parameter with a field's name is a filter."""
    if operation.method != "GET" or find_listing(operation, models) is None:
        return frozenset()
    item = find_item_type(operation, models)
    return (
        frozenset(one.wire for one in _fields(item, models))
        if isinstance(item, Ref)
        else frozenset()
    )


def listing_problems(definition: ApiDefinition) -> list[str]:
    """Return a message for each operation or table entry that contradicts the rules.

    An operation with paging parameters must be a listing or in :data:`NOT_LISTINGS`, and the
    operations in the tables must exist and need their entries.
    """
    models = {model.name: model for model in definition.models}
    operations = {f"{one.method} {one.path}": one for one in definition.operations()}
    pages = {
        key
        for key, one in operations.items()
        if _style(one, set(), models)[1] and find_listing(one, models) is None
    }
    problems = [
        f"{key}: has paging parameters, but its response has no list; "
        "if it is not a listing, add it to NOT_LISTINGS, otherwise to UNTYPED_REPLIES"
        for key in sorted(pages - NOT_LISTINGS.keys())
    ]
    problems += [
        f"{key}: is in NOT_LISTINGS, but has no paging parameters"
        for key in sorted(NOT_LISTINGS.keys() - pages)
    ]
    for key in (*UNTYPED_REPLIES, *WINDOWS):
        listing = find_listing(operations[key], models) if key in operations else None
        if listing is None or listing.style != "page":
            problems.append(
                f"{key}: is in UNTYPED_REPLIES or WINDOWS, but is not paginated by page number"
            )
    names = {one.name for one in operations.values()}
    return problems + [
        f"{window.instead}: is in WINDOWS, but is not an operation"
        for window in WINDOWS.values()
        if window.instead not in names
    ]


_ROOT: Final = "$"
"""The placeholder for the path of the items if the response itself is an array."""


def _fields(type_: Type | None, models: Mapping[str, ModelDef]) -> tuple[Field, ...]:
    return models[type_.name].fields if isinstance(type_, Ref) else ()


def _items(type_: Type | None, models: Mapping[str, ModelDef]) -> str | None:
    if isinstance(type_, Array):
        return _ROOT
    fields = {one.wire: one.type for one in _fields(type_, models)}
    for name in _ENVELOPES:
        found = fields.get(name)
        if isinstance(found, Array) or found == Plain("any") or found == Plain("object"):
            return name
        nested = {one.wire: one.type for one in _fields(found, models)}
        if isinstance(nested.get("entities"), Array):
            return f"{name}.entities"
    lists = [name for name, one in fields.items() if isinstance(one, Array)]
    if len(lists) != 1 or len(fields) > _WRAPPER_FIELDS or "." in lists[0]:
        return None  # a name with a dot would be read as a path
    return lists[0]


_RULES: Final[tuple[tuple[PagingStyle, str, frozenset[str]], ...]] = (
    ("index", "query.startIndex", frozenset({"query.startIndex", "query.count"})),
    ("token", "query.q64", frozenset({"query.q64"})),
    ("page", "query.pageNumber", frozenset({"query.pageNumber"})),
    ("token", "query.cursor", frozenset({"query.cursor"})),
    ("token", "query.after", frozenset({"query.after"})),
    ("token", "query.nextPage", frozenset({"query.nextPage"})),
    ("link", "", frozenset({"query.afterSourceId"})),
    ("page", "body.paging.pageNumber", frozenset({"body.paging"})),
    ("token", "body.cursor", frozenset({"body.cursor"})),
    ("token", "body.after", frozenset({"body.after"})),
    ("page", "body.pageNumber", frozenset({"body.pageNumber"})),
)
"""Rules: a paging style, the field that selects the page, and the parameters that imply the style.

The first matching rule applies, because some operations have ``cursor`` or ``nextPage`` as well as
``pageNumber``.
"""

_TIME: Final = frozenset({"query.after", "query.before", "query.limit"})


def _style(
    operation: ApiOperation, reply: set[str], models: Mapping[str, ModelDef]
) -> tuple[PagingStyle, str, str]:
    """Return the paging style, the field that selects a page, and the next page's token field."""
    given = _parameters(operation, models)
    links = "nextUri" in reply and _may_follow(operation)
    if given >= _TIME and not links:
        return "time", "query.before", "dateCreated"
    for style, send, needed in _RULES:
        if given >= needed:
            return style, send, _token(send, reply) if style == "token" else ""
    if "cursors" in reply:
        # The definition lacks the parameter here, but an operation with the same results has it.
        return "token", "query.after", "cursors.after"
    return ("link" if links else "single"), "", ""


def _token(send: str, reply: set[str]) -> str:
    name = "nextPage" if send == "query.q64" else send.rpartition(".")[2]
    if "cursors" in reply:
        return "cursors.after"
    return name if name in reply else ""


def _parameters(operation: ApiOperation, models: Mapping[str, ModelDef]) -> set[str]:
    query = {f"query.{one.wire}" for one in operation.parameters if one.location == "query"}
    body = operation.body
    fields = () if body is None else _fields(body.type, models)
    return query | {f"body.{one.wire}" for one in fields}


def _may_follow(operation: ApiOperation) -> bool:
    """Return whether links to pages may be followed: only if the operation changes nothing."""
    return operation.method == "GET" or only_reads(operation)


def _size(operation: ApiOperation, models: Mapping[str, ModelDef]) -> str:
    given = _parameters(operation, models)
    if "body.paging" in given:
        return "body.paging.pageSize"
    places = (f"{where}.{name}" for name in _SIZES for where in ("query", "body"))
    return next((place for place in places if place in given), "")


def _identity(type_: Type, models: Mapping[str, ModelDef]) -> str:
    if isinstance(type_, Ref) and type_.name in IDENTITIES:
        return IDENTITIES[type_.name]
    return "id" if any(one.wire == "id" for one in _fields(type_, models)) else ""
