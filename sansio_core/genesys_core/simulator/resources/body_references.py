"""References by id in request bodies, such as to a division, a queue, a skill or a user.

Invariants: a write is rejected if an id in its body refers to no existing entity. The collection is
determined by the property's name: ``sourceQueueId`` and ``queue`` refer to a queue, ``memberIds`` to
users. Two kinds of ids are not checked: those of entities that cannot be created in the simulator,
and those in example responses, so that a response can be sent back. The status 400 and the code
``bad.request`` are guesses.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.problems import no_such_reference
from genesys_core.simulator.resources.rule_types import ResourceAction
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.resources.store import ResourceStore, kind_of
from genesys_core.simulator.state.definition import Definition, Schema
from genesys_core.simulator.state.examples import Json, uuid_shaped

__all__ = [
    "MEMBERS",
    "NOT_REFERENCES",
    "REFERENCES",
    "Reference",
    "check_body_references",
    "find_target",
    "list_body_references",
]

_OUTBOUND: Final = "/api/v2/outbound"
_USERS: Final = "/api/v2/users"
_FLOWS: Final = "/api/v2/flows"

REFERENCES: Final[Mapping[str, str]] = {
    "agent": _USERS,
    "attendee": _USERS,
    "businessunit": "/api/v2/workforcemanagement/businessunits",
    "callabletimeset": f"{_OUTBOUND}/callabletimesets",
    "campaign": f"{_OUTBOUND}/campaigns",
    "contactlist": f"{_OUTBOUND}/contactlists",
    "contactlistfilter": f"{_OUTBOUND}/contactlistfilters",
    "division": "/api/v2/authorization/divisions",
    "dnclist": f"{_OUTBOUND}/dnclists",
    "facilitator": _USERS,
    "flow": _FLOWS,
    "group": "/api/v2/groups",
    "language": "/api/v2/routing/languages",
    "location": "/api/v2/locations",
    "managementunit": "/api/v2/workforcemanagement/managementunits",
    "manager": _USERS,
    "member": _USERS,
    "owner": _USERS,
    "prompt": "/api/v2/architect/prompts",
    "queue": "/api/v2/routing/queues",
    "role": "/api/v2/authorization/roles",
    "ruleset": f"{_OUTBOUND}/rulesets",
    "schedule": "/api/v2/architect/schedules",
    "schedulegroup": "/api/v2/architect/schedulegroups",
    "site": "/api/v2/telephony/providers/edges/sites",
    "skill": "/api/v2/routing/skills",
    "skillgroup": "/api/v2/routing/skillgroups",
    "team": "/api/v2/teams",
    "user": _USERS,
    "wrapupcode": "/api/v2/routing/wrapupcodes",
}
"""The path of the collection to which a property refers, by the last words of the property's name."""

NOT_REFERENCES: Final = frozenset(
    {
        "defaultRoleId",  # such as ``admin``
        "edgeGroup",
        "emailCampaign",
        "emailCampaigns",
        "externalUserId",
        "interactiveResponsePromptId",
        "lastModifiedUserId",
        "lockedUser",
        "member",  # of a share: a user, a group or others
        "messagingCampaign",
        "owner",  # of a greeting: a user, a group or the organization
        "planningGroupId",
        "planningGroupIds",
        "promptId",
        "questionGroupId",
        "questionGroups",
        "scheduleId",
        "smsCampaigns",
        "sourcePlanningGroup",
        "staffingGroupId",
        "staffingGroupIds",
        "wfmSchedule",
        "whatsAppCampaign",
    }
)
"""Properties that do not refer to the collection that their name suggests."""

OTHER_ORGANIZATIONS: Final = "/api/v2/orgauthorization/"
"""The path prefix of operations whose bodies refer to entities in other organizations."""

MEMBERS: Final[Mapping[str, str]] = {
    "/api/v2/routing/queues/{queueId}/wrapupcodes": "/api/v2/routing/wrapupcodes",
    "/api/v2/users/{userId}/routinglanguages": "/api/v2/routing/languages",
    "/api/v2/users/{userId}/routinglanguages/bulk": "/api/v2/routing/languages",
    "/api/v2/users/{userId}/routingskills": "/api/v2/routing/skills",
    "/api/v2/users/{userId}/routingskills/bulk": "/api/v2/routing/skills",
}
"""For requests whose body is a list: the collection to which the ids refer, by the request's path.
Queue members are checked by their handler, because the platform ignores some unknown members.
"""

_WRITES: Final[frozenset[ResourceAction]] = frozenset(
    {
        "add_members",
        "change_many",
        "change_members",
        "command",
        "copy",
        "create",
        "create_many",
        "merge",
        "replace",
        "set_members",
        "write_single",
    }
)
_BY_HAND: Final = ("/api/v2/users", "/api/v2/routing/queues", "/api/v2/oauth/clients")
"""The paths of collections whose items are created and changed by handlers, not by the rules."""

_WORDS: Final = re.compile("[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_EXAMPLE_ID: Final = uuid_shaped(0, "id")
_ANY: Final = "*"
"""The division id that means all divisions."""


class Reference(Struct, frozen=True):
    """An id in a request body that refers to an entity.

    Attributes:
        place: where the id is in the body, such as ``queueFlow.id``.
        target: the path of the collection that the id refers to.
        identity: the id itself.
    """

    place: str
    target: str
    identity: str


def check_body_references(rules: ResourceRules, store: ResourceStore, call: ApiCall) -> None:
    """Check that all entities referenced in a call's body exist.

    Raises:
        Problem: 400 for an unknown id, naming the property and the id; 404 instead if an entity in
            the path does not exist.
    """
    if not call.settings.check_references or not _writes(rules, call):
        return
    for each in list_body_references(call):
        known = store.known_items(call.state, each.target, {})
        if known is not None and each.identity not in known:
            store.check_parents(call)  # a 404 for the path takes precedence over the 400
            raise no_such_reference(kind_of(each.target), each.identity, field=each.place)


def find_target(name: str) -> str | None:
    """Return the path of the collection to which a property's name refers, or ``None``."""
    if name in NOT_REFERENCES:
        return None
    # The longest match first: a `scheduleGroup` is not a `group`.
    words = _WORDS.findall(_stem(name))
    ends = ("".join(words[-count:]).lower() for count in (3, 2, 1) if len(words) >= count)
    targets = (REFERENCES.get(end) or REFERENCES.get(end.removesuffix("s")) for end in ends)
    return next((each for each in targets if each is not None), None)


def list_body_references(call: ApiCall) -> Iterator[Reference]:
    """Yield the ids in a call's body that refer to other entities."""
    wanted = call.route.facts.body
    schema = Schema() if wanted is None or wanted.schema is None else wanted.schema
    members = MEMBERS.get(call.route.template)
    if members is not None and isinstance(call.body, list):
        for at, each in enumerate(call.body):
            yield from _references(members, each, f"[{at}]")
    elif not call.route.template.startswith(OTHER_ORGANIZATIONS):
        yield from _search(call.definition, schema, call.body, "")


def _writes(rules: ResourceRules, call: ApiCall) -> bool:
    template = call.route.template
    if template in MEMBERS or (template.startswith(_BY_HAND) and template.count("/") <= _ITEM):
        return True
    rule = rules.find(call.route)
    return rule is not None and rule.action in _WRITES


_ITEM: Final = 5
"""The number of slashes in ``/api/v2/routing/queues/{queueId}``; longer paths are below an item."""


def _search(definition: Definition, schema: Schema, value: Json, place: str) -> Iterator[Reference]:
    known = definition.resolve(schema)
    if isinstance(value, Mapping):
        for name, each in value.items():
            facts = (known.properties or {}).get(name)
            if facts is None or facts.is_read_only:
                continue
            target = find_target(name) if _can_refer(definition, facts, name) else None
            if target is None:
                yield from _search(definition, facts, each, f"{place}{name}.")
            else:
                yield from _references(target, each, f"{place}{name}")
    elif isinstance(value, list) and known.items is not None:
        for at, each in enumerate(value):
            yield from _search(definition, known.items, each, f"{place.rstrip('.')}[{at}].")


def _can_refer(definition: Definition, facts: Schema, name: str) -> bool:
    """Return whether a property contains ids, or objects that have an id."""
    known = definition.resolve(facts)
    inside = definition.resolve(known.items or Schema()) if known.type == "array" else known
    if inside.type == "string":
        return inside.format is None and inside.enum is None and _stem(name) != name
    return "id" in (inside.properties or {})


def _references(target: str, value: Json, place: str) -> Iterator[Reference]:
    """Yield the ids in a property's value, except ids from examples and the wildcard ``*``."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _references(target, each, f"{place}[{at}]")
    elif isinstance(value, Mapping):
        # A queue's `memberGroups` are groups, teams or skill groups, depending on their `type`.
        kind = str(value.get("type")).lower() if target == REFERENCES["group"] else ""
        yield from _references(REFERENCES.get(kind, target), value.get("id"), f"{place}.id")
    elif isinstance(value, str) and value not in {"", _ANY, _EXAMPLE_ID, _last_name(place)}:
        yield Reference(place, target, value)


def _last_name(place: str) -> str:
    """Return the last property's name in a location; examples of strings consist of that name."""
    return place.rpartition(".")[2].partition("[")[0]


def _stem(name: str) -> str:
    """Return a property's name without the suffix ``Id`` or ``Ids``."""
    return name.removesuffix("s").removesuffix("Id") if name.endswith(("Id", "Ids")) else name
