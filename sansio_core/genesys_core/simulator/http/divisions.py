"""Permissions by division: the effect of a role that is granted in only some divisions.

Invariants: a grant covers only the items of its division. For an item without a division, a grant
in any division suffices. The role Master Admin applies to every division. An entity is in a
division only if it has the property ``division``. Guesses: all permissions depend on divisions,
because the definition does not mark those that do; an entity whose body names no division is in the
home division.
"""

from collections.abc import Iterator, Mapping

from genesys_core.simulator.http.exchange import ApiCall
from genesys_core.simulator.http.problems import missing_permissions
from genesys_core.simulator.state.changes import find_record
from genesys_core.simulator.state.credentials import IssuedToken
from genesys_core.simulator.state.definition import OperationFacts
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.grants import divisions_of_permission
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import home_division

__all__ = ["check_divisions", "is_permitted", "permitted_divisions"]


def permitted_divisions(
    facts: OperationFacts, token: IssuedToken, state: PlatformState
) -> frozenset[str] | None:
    """Return the ids of the divisions in which an operation is permitted; ``None`` for all."""
    subject = token.user_id or token.client_id
    required = facts.required_permissions
    found: frozenset[str] | None = None
    is_first = True
    for name in facts.permission_names:
        held = divisions_of_permission(state, subject, name)
        if is_first:
            found, is_first = held, False
        elif required.type == "ANY":
            found = None if found is None or held is None else found | held
        else:
            found = held if found is None else found if held is None else found & held
    return found


def check_divisions(call: ApiCall) -> None:
    """Check that the caller has the operation's permissions in the divisions of a call's entities.

    Raises:
        Problem: 403, naming the required permissions.
    """
    if call.divisions is None:
        return
    for division in [*_divisions_above(call), *_divisions_in_body(call)]:
        if division not in call.divisions:
            required = call.route.facts.required_permissions
            names = call.route.facts.permission_names
            raise missing_permissions(names, is_any=required.type == "ANY" and len(names) > 1)


def is_permitted(call: ApiCall, item: Json) -> bool:
    """Return whether a listing may show an item to the caller, given the item's division."""
    division = _division_of(item)
    return call.divisions is None or division is None or division in call.divisions


def _divisions_above(call: ApiCall) -> Iterator[str]:
    """Yield the divisions of the entities that a call's path identifies."""
    path: tuple[str, ...] = ()
    for segment in call.route.template.split("/"):
        is_id = segment.startswith("{")
        path = (*path, call.arguments[segment[1:-1]] if is_id else segment)
        division = _division_of(find_record(call.state, path)) if is_id else None
        if division is not None:
            yield division


def _divisions_in_body(call: ApiCall) -> Iterator[str]:
    """Yield the division that a body names.

    If a body that creates an entity could name a division, but does not, yield the home division.
    """
    if not isinstance(call.body, Mapping):
        return
    given = call.body.get("divisionId") or _division_of(call.body)
    if isinstance(given, str):
        yield given
    elif call.route.method == "POST" and not call.route.template.endswith("}"):
        body = call.route.facts.body
        schema = None if body is None or body.schema is None else body.schema
        known = {} if schema is None else call.definition.resolve(schema).properties or {}
        if "division" in known or "divisionId" in known:
            yield str(home_division(call.state.seed)["id"])


def _division_of(item: Json) -> str | None:
    division = item.get("division") if isinstance(item, Mapping) else None
    identity = division.get("id") if isinstance(division, Mapping) else None
    return identity if isinstance(identity, str) and identity != "*" else None
