"""References by id in request paths, such as to a user, a queue or a conversation.

Invariants: a request whose path refers to an item of another collection, such as the user in
``/api/v2/voicemail/users/{userId}/policy``, gets a 404 unless that item exists. The
name of the path parameter determines the collection.
"""

from collections.abc import Collection as Container
from collections.abc import Iterator, Mapping
from typing import Final

from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.problems import no_such_entity
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.resources.store import ResourceStore, kind_of

__all__ = ["CONVERSATIONS", "REFERRED", "check_references", "list_references"]

CONVERSATIONS: Final = "/api/v2/conversations"
"""The path of the conversations; no rule applies to them, because commands create and change them."""

REFERRED: Final[Mapping[str, str]] = {
    "businessUnitId": "/api/v2/workforcemanagement/businessunits",
    "campaignId": "/api/v2/outbound/campaigns",
    "clientId": "/api/v2/oauth/clients",
    "contactListId": "/api/v2/outbound/contactlists",
    "conversationId": CONVERSATIONS,
    "deploymentId": "/api/v2/webdeployments/deployments",
    "divisionId": "/api/v2/authorization/divisions",
    "flowId": "/api/v2/flows",
    "groupId": "/api/v2/groups",
    "managementUnitId": "/api/v2/workforcemanagement/managementunits",
    "queueId": "/api/v2/routing/queues",
    "roleId": "/api/v2/authorization/roles",
    "skillGroupId": "/api/v2/routing/skillgroups",
    "teamId": "/api/v2/teams",
    "userId": "/api/v2/users",
}
"""The path of the collection to which each path parameter refers, by the parameter's name."""


def list_references(rules: ResourceRules, template: str) -> Iterator[tuple[str, str]]:
    """Yield each path parameter that refers to another collection, and the collection's path."""
    at = template.find("/{")
    while at >= 0:
        end = template.index("}", at)
        name = template[at + 2 : end]
        target = REFERRED.get(name)
        if target is not None and rules.collection(template[:at]) is None:
            yield name, target
        at = template.find("/{", end)


def check_references(rules: ResourceRules, store: ResourceStore, call: ApiCall) -> None:
    """Check that all entities referenced in a call's path exist.

    Raises:
        Problem: 404 for an unknown id.
    """
    for name, target in list_references(rules, call.route.template):
        identity = call.arguments[name]
        known = _known_ids(store, call, target)
        if known is not None and identity not in known:
            raise no_such_entity(kind_of(target), identity)


def _known_ids(store: ResourceStore, call: ApiCall, target: str) -> Container[str] | None:
    """Return the ids that a reference may have; ``None`` if it may have any."""
    if target == CONVERSATIONS:
        return call.state.contact_center.conversations
    return store.known_items(call.state, target, {})
