"""Starts and stops outbound campaigns, and rejects changes to active campaigns and rules.

Invariants: a new campaign is off. Turning a campaign off takes as long as a job; meanwhile it is
``stopping``, and can be neither changed nor deleted. The simulator does not dial, so no campaign
completes by itself.

Guesses: a stopping campaign cannot be turned on before it is off; turning a campaign off keeps its
version; messaging campaigns behave like other campaigns; the status and error code for a running
sequence; the exact error codes for campaign rules.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from genesys_core.simulator.conversations.timers import set_timer
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    no_content,
)
from genesys_core.simulator.http.problems import PlatformProblem, bad_request, no_such_entity
from genesys_core.simulator.http.values import adopt_properties
from genesys_core.simulator.state.changes import RecordChange
from genesys_core.simulator.state.definition import Schema
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.memory import PlatformState
from genesys_core.simulator.state.timeline import VirtualTimer
from genesys_core.simulator.state.world import Record

__all__ = ["AMENDMENTS", "CHECKS", "FOLLOW_UPS", "HANDLERS", "end_stopping"]

_OUTBOUND: Final = "/api/v2/outbound"
_CAMPAIGNS: Final = (
    f"{_OUTBOUND}/campaigns/{{campaignId}}",
    f"{_OUTBOUND}/messagingcampaigns/{{messagingCampaignId}}",
)
_SEQUENCE: Final = f"{_OUTBOUND}/sequences/{{sequenceId}}"
_RULES: Final = f"{_OUTBOUND}/campaignrules"
_RULE: Final = f"{_RULES}/{{campaignRuleId}}"

_ACTIVE: Final = frozenset({"on", "stopping", "forced_stopping"})
_NO_SETTINGS: Final = frozenset({"version", "campaignStatus", "dateCreated", "dateModified", "id"})


def check_campaign_update(call: ApiCall) -> None:
    """Check that an update has all required fields, and changes no settings of an active campaign.

    Raises:
        Problem: 400 for a missing field; 409 for a changed setting, or for starting a campaign that
            is stopping.
    """
    document, old = call.document(), _stored(call)
    if not old:
        return
    for name in ("version", "campaignStatus"):
        if document.get(name) is None:
            raise bad_request(f"The field '{name}' is required for an update.", field=name)
    status = old.get("campaignStatus")
    if status not in _ACTIVE or str(document["version"]) != str(old.get("version")):
        return
    if status != "on" and document["campaignStatus"] == "on":
        raise _is_active(_STOPPING)
    entity = call.definition.resolve(call.route.facts.reply_schema or Schema())
    given = adopt_properties(call.definition, entity, document)
    for name in given.keys() - _NO_SETTINGS:
        if not _is_same(given[name], old.get(name)):
            raise _is_active(f"The field '{name}' of an active campaign cannot be changed.")


def check_campaign_removal(call: ApiCall) -> None:
    """Check that a campaign to be deleted is neither on nor stopping.

    Raises:
        Problem: 400 if the campaign is on or stopping.
    """
    if _stored(call).get("campaignStatus") in _ACTIVE:
        raise PlatformProblem(400, "campaign.in.use", "A running campaign cannot be deleted.")


def check_sequence_removal(call: ApiCall) -> None:
    """Check that a sequence to be deleted is not running.

    Raises:
        Problem: 400 if the sequence is running.
    """
    if _stored(call).get("status") == "on":
        raise bad_request("A running sequence cannot be deleted.")


def check_rule_creation(call: ApiCall) -> None:
    """Check that a campaign rule is created disabled.

    Raises:
        Problem: 400 if the rule is created enabled.
    """
    if call.document().get("enabled") is True:
        raise _is_enabled("create")


def check_rule_update(call: ApiCall) -> None:
    """Check that an enabled campaign rule is changed only to disable it.

    Raises:
        Problem: 400 if another change is requested.
    """
    if _stored(call).get("enabled") is True and call.document().get("enabled") is not False:
        raise _is_enabled("update")


def check_rule_removal(call: ApiCall) -> None:
    """Check that a campaign rule to be deleted is disabled.

    Raises:
        Problem: 400 if the rule is enabled.
    """
    if _stored(call).get("enabled") is True:
        raise _is_enabled("delete")


def settle_status(call: ApiCall) -> ApiCall:
    """Return a campaign update with its resulting status; only ``on`` and ``off`` can be requested."""
    status = _stored(call).get("campaignStatus", "off")
    match call.document().get("campaignStatus"):
        case "off":
            status = "stopping" if status in _ACTIVE else "off"
        case "on":
            status = "on"
        case _:
            pass
    given: Mapping[str, Json] = call.body if isinstance(call.body, Mapping) else {}
    return replace(call, body={**given, "campaignStatus": status})


def begin_stopping(call: ApiCall) -> None:
    """Set the timer that turns a stopping campaign off."""
    record = _stored(call)
    if record.get("campaignStatus") == "stopping":
        # A timer has two strings. With the version, a timer of an earlier stop has no effect.
        about = ("/".join(_place(call)), f"{record['id']} {record.get('version')}")
        seconds = call.settings.job_duration
        set_timer(call.state.contact_center, "campaign", seconds, call.now, about)


def end_stopping(state: PlatformState, timer: VirtualTimer) -> RecordChange | None:
    """Turn off a campaign that has stopped.

    Returns:
        The change to the campaign; ``None`` if it has been deleted or changed in the meantime.
    """
    path, (identity, _, version) = timer.conversation_id, timer.participant_id.partition(" ")
    records = state.collections.get(tuple(path.split("/")), {})
    old = records.get(identity, {})
    if old.get("campaignStatus") != "stopping" or str(old.get("version")) != version:
        return None
    records[identity] = {**old, "campaignStatus": "off"}
    return RecordChange(f"{path}/{{}}", (identity,), "updated", records[identity])


def start_campaign(call: ApiCall) -> Reply:
    """Start a campaign: turn it on."""
    if _stored(call).get("campaignStatus") in {"stopping", "forced_stopping"}:
        raise _is_active(_STOPPING)
    return _turn(call, "on")


def stop_campaign(call: ApiCall) -> Reply:
    """Stop a running campaign: its status becomes ``stopping``, and later ``off``."""
    is_on = _stored(call).get("campaignStatus") == "on"
    return _turn(call, "stopping" if is_on else None)


def _turn(call: ApiCall, status: str | None) -> Reply:
    """Set a campaign's status, unless it already has this status or ``None`` is given."""
    if not call.settings.stateful:
        return no_content()
    old, identity = _stored(call), _identity(call)
    if not old:
        raise no_such_entity("campaign", identity)
    if status not in (None, old.get("campaignStatus")):
        version = old.get("version")
        call.state.collections[_place(call)][identity] = {
            **old,
            "campaignStatus": status,
            "version": version + 1 if isinstance(version, int) else 1,
            "dateModified": format_instant(call.now.wall),
        }
        begin_stopping(call)
    return no_content()


def _is_same(given: Json, kept: Json) -> bool:
    """Return whether a new value equals the stored one; references are compared by id."""
    if isinstance(given, Mapping) and isinstance(kept, Mapping) and "id" in given:
        return given["id"] == kept.get("id")
    if isinstance(given, list) and isinstance(kept, list):
        return len(given) == len(kept) and all(map(_is_same, given, kept))
    return given == kept


_STOPPING: Final = "A campaign that is stopping cannot be turned on."


def _is_active(message: str) -> PlatformProblem:
    return PlatformProblem(409, "invalid.update.campaign.active", message)


def _is_enabled(verb: str) -> PlatformProblem:
    message = f"Cannot {verb} an enabled campaign rule: set enabled to false first."
    return PlatformProblem(400, f"cannot.{verb}.enabled.campaign.rule", message)


def _identity(call: ApiCall) -> str:
    return next(iter(call.arguments.values()))


def _place(call: ApiCall) -> tuple[str, ...]:
    return tuple(call.route.template.split("/")[:5])


def _stored(call: ApiCall) -> Record:
    """Return the stored item that a call is for; empty if there is none.

    For a missing item, the generic rules respond with a 404.
    """
    return call.state.collections.get(_place(call), {}).get(_identity(call), {})


CHECKS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    **{("PUT", each): check_campaign_update for each in _CAMPAIGNS},
    **{("DELETE", each): check_campaign_removal for each in _CAMPAIGNS},
    ("DELETE", _SEQUENCE): check_sequence_removal,
    ("POST", _RULES): check_rule_creation,
    ("PUT", _RULE): check_rule_update,
    ("DELETE", _RULE): check_rule_removal,
}
"""The check of each operation, performed before the generic rules process the API call."""

AMENDMENTS: Mapping[tuple[str, str], Callable[[ApiCall], ApiCall]] = {
    ("PUT", each): settle_status for each in _CAMPAIGNS
}
"""For each operation, the function that changes an API call before the generic rules process it."""

FOLLOW_UPS: Mapping[tuple[str, str], Callable[[ApiCall], None]] = {
    ("PUT", each): begin_stopping for each in _CAMPAIGNS
}
"""For each operation, the action to perform after the generic rules have processed the API call."""

HANDLERS: Mapping[tuple[str, str], Handler] = {
    **{("POST", f"{each}/start"): start_campaign for each in _CAMPAIGNS},
    **{("POST", f"{each}/stop"): stop_campaign for each in _CAMPAIGNS},
}
