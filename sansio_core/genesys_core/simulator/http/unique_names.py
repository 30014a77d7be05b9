"""Unique names on the platform, and the response to a name that is already in use.

Invariants: names in a collection of :data:`UNIQUE_NAMES` are unique, case-insensitively. Other
collections may have duplicate names.

Guesses: comparison is case-insensitive; names of queues, skills, skill groups, languages, groups,
teams, wrap-up codes, divisions, roles and data tables are unique, and the response is 409
``general.conflict``; a DID pool is identified by its first number. The other codes were published
in 2018.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from genesys_core.simulator.http.problems import PlatformProblem
from genesys_core.simulator.state.examples import Json

__all__ = ["UNIQUE_NAMES", "UniqueName", "check_unique_name", "find_unique_name"]


class UniqueName(Struct, frozen=True):
    """A collection's uniqueness rule.

    Attributes:
        name: the unique property; if it is a list, each of its elements is unique.
        status: the status of the response if the name is already in use.
        code: the error code of that response.
        within: the property whose value entities must share for their names to conflict, such as a
            flow's type; empty if all names conflict.
        blank: the error code of the 400 for a blank name; empty if there is no specific one.
    """

    name: str = "name"
    status: int = 409
    code: str = "general.conflict"
    within: str = ""
    blank: str = ""


_GUESS: Final = UniqueName()
_OUTBOUND: Final = UniqueName(status=400, code="duplicate.name", blank="name.cannot.be.blank")
_EDGE: Final = UniqueName(status=400, code="duplicate.edge.name")

UNIQUE_NAMES: Final[Mapping[str, UniqueName]] = {
    "/api/v2/architect/ivrs": UniqueName(name="dnis"),
    "/api/v2/architect/prompts": UniqueName(code="architect.prompt.already.exists"),
    "/api/v2/architect/prompts/{}/resources": UniqueName(name="language"),
    "/api/v2/architect/systemprompts/{}/resources": UniqueName(name="language"),
    "/api/v2/authorization/divisions": _GUESS,
    "/api/v2/authorization/roles": _GUESS,
    "/api/v2/flows": UniqueName(code="architect.flow.already.exists", within="type"),
    "/api/v2/flows/datatables": _GUESS,
    "/api/v2/groups": _GUESS,
    "/api/v2/outbound/attemptlimits": _OUTBOUND,
    "/api/v2/outbound/callabletimesets": _OUTBOUND,
    "/api/v2/outbound/callanalysisresponsesets": _OUTBOUND,
    "/api/v2/outbound/campaignrules": _OUTBOUND,
    "/api/v2/outbound/campaigns": _OUTBOUND,
    "/api/v2/outbound/contactlistfilters": _OUTBOUND,
    "/api/v2/outbound/contactlists": _OUTBOUND,
    "/api/v2/outbound/contactlisttemplates": _OUTBOUND,
    "/api/v2/outbound/digitalrulesets": _OUTBOUND,
    "/api/v2/outbound/dnclists": _OUTBOUND,
    "/api/v2/outbound/filespecificationtemplates": _OUTBOUND,
    "/api/v2/outbound/importtemplates": _OUTBOUND,
    "/api/v2/outbound/messagingcampaigns": _OUTBOUND,
    "/api/v2/outbound/rulesets": _OUTBOUND,
    "/api/v2/outbound/sequences": _OUTBOUND,
    "/api/v2/routing/email/domains": UniqueName(
        name="id", status=400, code="postino.domain.exists"
    ),
    "/api/v2/routing/email/domains/{}/routes": UniqueName(
        name="pattern", status=400, code="postino.route.pattern.exists"
    ),
    "/api/v2/routing/languages": _GUESS,
    "/api/v2/routing/queues": _GUESS,
    "/api/v2/routing/skillgroups": _GUESS,
    "/api/v2/routing/skills": _GUESS,
    "/api/v2/routing/wrapupcodes": _GUESS,
    "/api/v2/teams": _GUESS,
    "/api/v2/telephony/providers/edges": _EDGE,
    "/api/v2/telephony/providers/edges/didpools": UniqueName(name="startPhoneNumber"),
}
"""The uniqueness rules, by the collection's path with ``{}`` for ids. Handlers check the emails of
users and the keys of data table rows.
"""

_BELOW: Final = [each.split("/") for each in UNIQUE_NAMES if "{}" in each]


def find_unique_name(path: str) -> UniqueName | None:
    """Return the uniqueness rule of the collection at a path, or ``None``."""
    known = UNIQUE_NAMES.get(path)
    if known is not None:
        return known
    parts = path.split("/")
    for pattern in _BELOW:
        if len(pattern) == len(parts) and all(
            one in ("{}", other) for one, other in zip(pattern, parts, strict=True)
        ):
            return UNIQUE_NAMES["/".join(pattern)]
    return None


def check_unique_name(
    path: str,
    kind: str,
    given: Mapping[str, Json],
    others: Iterable[Mapping[str, Json]],
    identity: str = "",
) -> None:
    """Check that an entity's name is not in use.

    Args:
        path: the collection's path.
        kind: the kind of the entity, named in the error message.
        given: the entity's properties after the change.
        others: the entities in the collection.
        identity: the entity's id, if the entity is already in the collection.

    Raises:
        Problem: 409 or 400 with the platform's code, if the name is in use; 400 for a blank name,
            if the platform has a code for that.
    """
    unique = find_unique_name(path)
    if unique is None:
        return
    value = given.get(unique.name)
    if unique.blank and isinstance(value, str) and not value.strip():
        message = f"The {unique.name} of a {kind} is blank."
        raise PlatformProblem(400, unique.blank, message)
    wanted = set(_names(value))
    for each in others:
        known = each.get(unique.name)
        # The common case first, for speed: this loop runs over the whole collection.
        if isinstance(known, str) and known.casefold() not in wanted:
            continue
        if each.get("id") == identity or not _collides(unique, given, each):
            continue
        taken = wanted.intersection(_names(known))
        if taken:
            name = min(taken)
            message = f"A {kind} with the {unique.name} [{name}] already exists."
            raise PlatformProblem(unique.status, unique.code, message)


def _collides(unique: UniqueName, one: Mapping[str, Json], other: Mapping[str, Json]) -> bool:
    return not unique.within or one.get(unique.within) == other.get(unique.within)


def _names(value: Json) -> Iterator[str]:
    """Yield the names in a property's value, case-folded, except empty ones."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and each:
            yield each.casefold()
