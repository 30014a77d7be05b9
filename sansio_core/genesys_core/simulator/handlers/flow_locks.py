"""Flow locks, which reserve a flow for one caller until the flow is checked in or published.

Invariants: a flow is locked by at most one caller, which is a user or a client. A new flow is
locked by its creator. Only the holder can check in or revert the flow; other callers cannot change,
publish or delete a locked flow. Flows themselves are not executed.

Guesses: a flow is published immediately, even if the caller has locked it; any caller may unlock a
flow.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from genesys_core.simulator.handlers.generic import respond_with_example
from genesys_core.simulator.http.exchange import ApiCall, Handler, Reply, json_reply
from genesys_core.simulator.http.problems import PlatformProblem, no_such_entity
from genesys_core.simulator.http.values import conform_reply
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.examples import Json, uuid_shaped
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.world import Record

__all__ = ["AMENDMENTS", "CHECKS", "FLOWS", "HANDLERS", "missing_flow", "name_flow"]

FLOWS: Final = "/api/v2/flows"
"""The path of the flow collection."""

_PLACE: Final = ("", "api", "v2", "flows")
_FLOW: Final = f"{FLOWS}/{{flowId}}"
_ACTIONS: Final = f"{FLOWS}/actions"
_LOCKS: Final = ("lockedUser", "lockedClient")
_REMEMBERED: Final = 1_000
"""The maximum number of deleted flows whose ids are remembered; the oldest are forgotten first."""


def missing_flow(state: PlatformState, identity: str) -> PlatformProblem:
    """Return the problem for an unknown flow id: 410 if the flow was deleted, otherwise 404."""
    # Deleted flows are not stored: an id that was issued, but is now unknown, belonged to one.
    issued = state.issued[FLOWS]
    latest = range(issued, max(issued - _REMEMBERED, 0), -1)
    if any(identity == uuid_shaped(state.seed, FLOWS, each, "issued") for each in latest):
        extra: Record = {"entityId": identity, "entityName": "flow"}
        return PlatformProblem(410, "architect.flow.deleted", "The flow was deleted.", extra=extra)
    return no_such_entity("flow", identity)


def name_flow(call: ApiCall) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the flow collection's path segments and the id of the flow that an action is for."""
    if call.route.template.startswith(f"{_ACTIONS}/"):
        yield _PLACE, call.argument("flow", "")


def check_lock(call: ApiCall) -> None:
    """Check that no other caller holds a flow's lock.

    Raises:
        Problem: 409 if another caller holds the lock.
    """
    _check_others(call, call.state.collections.get(_PLACE, {}).get(call.arguments["flowId"], {}))


def lock_new(call: ApiCall) -> ApiCall:
    """Return the API call that creates a flow, with the caller's lock added to its body."""
    return _with_lock(call, _lock_of(call))


def keep_lock(call: ApiCall) -> ApiCall:
    """Return the API call that changes a flow, with the flow's current lock added to its body."""
    old = call.state.collections.get(_PLACE, {}).get(call.arguments["flowId"], {})
    return _with_lock(call, {name: old[name] for name in _LOCKS if name in old})


def check_out_flow(call: ApiCall) -> Reply:
    """Lock a flow for the caller."""
    return _act(call, lambda flow: {**_unlocked(flow), **_lock_of(call)})


def revert_flow(call: ApiCall) -> Reply:
    """Revert a flow that the caller has locked, and unlock it."""
    return _act(call, _unlocked, is_own=True)


def unlock_flow(call: ApiCall) -> Reply:
    """Unlock a flow, whichever caller has locked it."""
    return _act(call, _unlocked, is_forced=True)


def deactivate_flow(call: ApiCall) -> Reply:
    """Make a flow inactive, so that it cannot be used."""
    return _act(call, lambda flow: {**flow, "active": False})


def check_in_flow(call: ApiCall) -> Reply:
    """Check in a flow: unlock it, keeping the saved changes."""
    return _operate(call, "CHECKIN", "checkedInVersion", is_own=True)


def publish_flow(call: ApiCall) -> Reply:
    """Publish a flow, and unlock it."""
    return _operate(call, "PUBLISH", "publishedVersion")


def _act(
    call: ApiCall,
    change: Callable[[Record], Record],
    *,
    is_own: bool = False,
    is_forced: bool = False,
) -> Reply:
    if not call.settings.stateful:
        return respond_with_example(call)
    changed = _change(call, change, is_own=is_own, is_forced=is_forced)
    return json_reply(conform_reply(call, call.route.facts.reply_schema or Schema(), changed))


def _operate(call: ApiCall, action: str, version: str, *, is_own: bool = False) -> Reply:
    """Set a flow's next version, unlock the flow, and return the completed operation."""
    if not call.settings.stateful:
        return respond_with_example(call)
    who, name = _caller(call)
    operation: Record = {
        "id": call.state.new_id("operation"),
        "complete": True,
        "user" if name == "lockedUser" else "client": {"id": who},
        "actionName": action,
        "actionStatus": "SUCCESS",
    }

    def change(flow: Record) -> Record:
        made = {version: _next_version(flow.get(version), action), "currentOperation": operation}
        return {**_unlocked(flow), **made, **({"active": True} if action == "PUBLISH" else {})}

    _change(call, change, is_own=is_own)
    return json_reply(conform_reply(call, call.route.facts.reply_schema or Schema(), operation))


def _change(
    call: ApiCall,
    change: Callable[[Record], Record],
    *,
    is_own: bool = False,
    is_forced: bool = False,
) -> Record:
    identity = call.argument("flow", "")
    flows = call.state.collections.get(_PLACE, {})
    if identity not in flows:
        raise missing_flow(call.state, identity)
    if not is_forced:
        _check_others(call, flows[identity])
    if is_own and not any(name in flows[identity] for name in _LOCKS):
        message = "The flow is not locked by the caller."
        raise PlatformProblem(409, "architect.flow.not.locked.by.user", message)
    flows[identity] = change(flows[identity])
    return flows[identity]


def _next_version(old: Json, kind: str) -> Record:
    """Return the version that follows a flow's version: ``1.0``, ``2.0`` and so on."""
    number = str(old.get("id")).partition(".")[0] if isinstance(old, Mapping) else ""
    return {"id": f"{int(number) + 1 if number.isdecimal() else 1}.0", "type": kind}


def _check_others(call: ApiCall, flow: Record) -> None:
    who, kind = _caller(call)
    for name in _LOCKS:
        holder = flow.get(name)
        if isinstance(holder, Mapping) and (name, holder.get("id")) != (kind, who):
            message = "The flow is locked by another user."
            raise PlatformProblem(409, "architect.flow.locked.by.user", message)


def _unlocked(flow: Record) -> Record:
    return {name: each for name, each in flow.items() if name not in _LOCKS}


def _caller(call: ApiCall) -> tuple[str, str]:
    """Return the caller's id, and the flow property that contains it if the caller has the lock."""
    if call.user_id is not None:
        return call.user_id, "lockedUser"
    return "" if call.token is None else call.token.client_id, "lockedClient"


def _lock_of(call: ApiCall) -> Record:
    who, name = _caller(call)
    return {name: {"id": who}}


def _with_lock(call: ApiCall, lock: Mapping[str, Json]) -> ApiCall:
    given: Mapping[str, Json] = call.body if isinstance(call.body, Mapping) else {}
    return replace(call, body={**_unlocked({**given}), **lock})


CHECKS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    ("PUT", _FLOW): check_lock,
    ("DELETE", _FLOW): check_lock,
}
"""The check of each operation, performed before the generic rules process the API call."""

AMENDMENTS: Mapping[tuple[str, str], Callable[[ApiCall], ApiCall]] = {
    ("POST", FLOWS): lock_new,
    ("PUT", _FLOW): keep_lock,
}
"""For each operation, the function that changes an API call before the generic rules process it."""

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("POST", f"{_ACTIONS}/checkin"): check_in_flow,
    ("POST", f"{_ACTIONS}/checkout"): check_out_flow,
    ("POST", f"{_ACTIONS}/deactivate"): deactivate_flow,
    ("POST", f"{_ACTIONS}/publish"): publish_flow,
    ("POST", f"{_ACTIONS}/revert"): revert_flow,
    ("POST", f"{_ACTIONS}/unlock"): unlock_flow,
}
