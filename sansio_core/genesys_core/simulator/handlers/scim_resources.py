"""Common parts of SCIM users and groups: responses, listings, attributes, filters and ETags (RFC 7644).

Invariants: responses have the SCIM media type, and errors the form of RFC 7644 section 3.12. A
change whose ``If-Match`` does not match the current version gets a 412 and changes nothing; a read
whose ``If-None-Match`` matches that version gets a 304 without a body. Versions are weak ETags, and
are compared with the weak comparison of RFC 9110.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from genesys_core.simulator.http.exchange import ApiCall, Reply, json_reply
from genesys_core.simulator.http.problems import ScimProblem
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record

__all__ = [
    "ALWAYS",
    "ScimFilter",
    "ScimResource",
    "as_object",
    "check_version",
    "list_resources",
    "read_filter",
    "show_resource",
]

ScimResource: TypeAlias = Mapping[str, Json]

ScimFilter: TypeAlias = Mapping[str, Callable[[ScimResource], Sequence[Json]]]
"""The function that returns a resource's values of an attribute, by the attribute's lower-case name."""

ALWAYS: Final = frozenset({"id", "schemas", "meta"})
"""The attributes that every response contains, and that callers cannot write."""

_CORE: Final = "urn:ietf:params:scim:schemas:core:2.0:"
_LIST: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_MEDIA: Final = "application/scim+json"
_MOST: Final = 100
_FILTER: Final = re.compile(r'\s*([\w.:]+)\s+eq\s+(?:"([^"]*)"|(true|false))\s*', re.IGNORECASE)


def as_object(value: Json) -> ScimResource:
    """Return a JSON value if it is an object, otherwise an empty object."""
    return value if isinstance(value, Mapping) else {}


def show_resource(call: ApiCall, shown: Record, *, status: int = 200) -> Reply:
    """Return a response with a resource and its ``ETag``, or a 304 if the caller has this version."""
    version = _version_of(shown)
    headers = (("ETag", version),)
    if call.route.method == "GET" and _names_version(call, "If-None-Match", version):
        return Reply(304, headers=headers)
    document = _select(call, shown)
    return json_reply(document, status=status, content_type=_MEDIA, headers=headers)


def check_version(call: ApiCall, shown: ScimResource) -> None:
    """Check that a request's ``If-Match`` header, if any, contains a resource's current version.

    Raises:
        Problem: 412 if the header contains only other versions.
    """
    given = call.headers.get("If-Match", "")
    version = _version_of(shown)
    if given and not _names_version(call, "If-Match", version):
        raise ScimProblem(412, f"If-Match does not contain the current version, {version}.")


def list_resources(call: ApiCall, found: Sequence[Record]) -> Reply:
    """Return a page of at most 100 resources that begins at ``startIndex``."""
    start, count = max(_number(call, "startIndex", 1), 1), _number(call, "count", 25)
    page = found[start - 1 : start - 1 + min(max(count, 0), _MOST)]
    resources: list[Json] = [_select(call, each) for each in page]
    document: Record = {
        "schemas": [_LIST],
        "totalResults": len(found),
        "startIndex": start,
        "itemsPerPage": len(page),
        "Resources": resources,
    }
    return json_reply(document, content_type=_MEDIA)


def read_filter(call: ApiCall, known: ScimFilter) -> Callable[[ScimResource], bool] | None:
    """Return a function that applies a request's filter to a resource; ``None`` without a filter.

    Raises:
        Problem: 400 if the filter is not of the form ``attribute eq value``.
    """
    text = call.argument("filter", "")
    if not text:
        return None
    match = _FILTER.fullmatch(text)
    name = "" if match is None else match[1].rpartition(":")[2].casefold()
    if match is None or name not in known:
        message = (
            f"The filter [{text}] must be 'attribute eq value'; attributes: {', '.join(known)}."
        )
        raise ScimProblem(400, message, "invalidFilter")
    wanted = (match[2] if match[3] is None else match[3]).casefold()
    return lambda shown: any(str(each).casefold() == wanted for each in known[name](shown))


def _version_of(shown: ScimResource) -> str:
    return str(as_object(shown.get("meta")).get("version"))


def _names_version(call: ApiCall, header: str, version: str) -> bool:
    """Return whether a header has a version among its ETags (RFC 9110 section 8.8.3.2, weak comparison)."""
    given = [each.strip() for each in call.headers.get(header, "").split(",")]
    return "*" in given or version.removeprefix("W/") in [each.removeprefix("W/") for each in given]


def _select(call: ApiCall, shown: Record) -> Record:
    """Return the attributes of a resource that a call requests."""
    wanted, unwanted = set(_names(call, "attributes")), set(_names(call, "excludedAttributes"))
    return {
        name: each
        for name, each in shown.items()
        if name in ALWAYS
        or ((not wanted or name.casefold() in wanted) and name.casefold() not in unwanted)
    }


def _names(call: ApiCall, parameter: str) -> Iterator[str]:
    """Yield the attribute names in a parameter, in lower case, without the URN of a core schema."""
    for value in call.query.get(parameter, ()):
        for each in value.split(","):
            name = each.strip()
            if name.startswith(_CORE):
                name = name[len(_CORE) :].partition(":")[2]
            yield name.casefold()


def _number(call: ApiCall, name: str, default: int) -> int:
    number = call.number(name, default)
    return default if number is None else number
