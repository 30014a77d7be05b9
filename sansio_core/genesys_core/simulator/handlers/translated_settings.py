"""Singleton resources whose request and response bodies have different models.

Invariants: a read returns what was written; DELETE restores the initial state.

Guess: initially there is no default setting, groups are not dynamic, and toggles are off.
"""

from collections.abc import Mapping
from typing import Final

from genesys_core.simulator.handlers.conversation_lookup import require_user_context
from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
    no_content,
)
from genesys_core.simulator.http.problems import no_such_entity
from genesys_core.simulator.state.world import GROUPS, Record

__all__ = ["HANDLERS"]


def get_default_setting(call: ApiCall) -> Reply:
    """Return the default messaging setting."""
    return json_reply(_default_setting(call))


def put_default_setting(call: ApiCall) -> Reply:
    """Make a messaging setting the default."""
    identity = str(call.document().get("settingId"))
    if identity not in call.state.collections.get(_above(call), {}):
        raise no_such_entity("setting", identity)
    call.state.singles[_place(call)] = {"settingId": identity}
    return json_reply(_default_setting(call))


def _default_setting(call: ApiCall) -> Record:
    identity = str(call.state.singles.get(_place(call), {}).get("settingId"))
    found = call.state.collections.get(_above(call), {}).get(identity)
    if found is None:
        raise no_such_entity("setting", "default")
    return found


def get_dynamic_settings(call: ApiCall) -> Reply:
    """Return the skills that select a group's members."""
    held = call.state.singles.get(_group(call))
    if held is None:
        raise no_such_entity("dynamicsetting", call.arguments["groupId"])
    return json_reply(held)


def put_dynamic_settings(call: ApiCall) -> Reply:
    """Select a group's members by skills."""
    place, identity = _group(call), call.arguments["groupId"]
    call.state.singles[place] = {
        "group": {"id": identity, "selfUri": f"/api/v2/groups/{identity}"},
        "dateModified": format_instant(call.now.wall),
        "query": call.document(),
        "selfUri": call.path,
    }
    return no_content()


def delete_dynamic_settings(call: ApiCall) -> Reply:
    """Stop selecting a group's members by skills."""
    call.state.singles.pop(_group(call), None)
    return no_content()


def _group(call: ApiCall) -> tuple[str, ...]:
    identity = call.arguments["groupId"]
    if identity not in call.state.collections.get(GROUPS, {}):
        raise no_such_entity("group", identity)
    return _place(call)


def get_calendar(call: ApiCall) -> Reply:
    """Return the link to the caller's calendar, if the caller has created one."""
    return json_reply({**call.state.singles.get(_calendar(call), {}), "selfUri": call.path})


def post_calendar(call: ApiCall) -> Reply:
    """Create a link to the caller's calendar."""
    identity = call.state.new_id("calendar")
    link = f"http://{call.host}/api/v2/workforcemanagement/calendar/data/ics?calendarId={identity}"
    call.state.singles[_calendar(call)] = {"calendarUrl": link}
    return get_calendar(call)


def delete_calendar(call: ApiCall) -> Reply:
    """Remove the link to the caller's calendar."""
    call.state.singles.pop(_calendar(call), None)
    return no_content()


def _calendar(call: ApiCall) -> tuple[str, ...]:
    return (*_place(call), require_user_context(call))


def get_toggle(call: ApiCall) -> Reply:
    """Return whether a feature toggle is on."""
    held = call.state.singles.get(_place(call), {"enabled": False})
    return json_reply({"featureName": call.arguments["featureName"], **held})


def post_toggle(call: ApiCall) -> Reply:
    """Turn a feature toggle on if it is off, or off if it is on."""
    held = call.state.singles.get(_place(call), {})
    call.state.singles[_place(call)] = {"enabled": held.get("enabled") is not True}
    return get_toggle(call)


def forget_default_setting(call: ApiCall) -> Reply:
    """Clear the default messaging setting."""
    call.state.singles.pop(_place(call), None)
    return no_content()


def _place(call: ApiCall) -> tuple[str, ...]:
    return tuple(call.route.template.format(**call.arguments).split("/"))


def _above(call: ApiCall) -> tuple[str, ...]:
    return _place(call)[:-1]


_DEFAULTS: Final = tuple(
    f"/api/v2/{each}/settings/default" for each in ("messaging", "conversations/messaging")
)
_GROUP: Final = "/api/v2/groups/{groupId}/dynamicsettings"
_CALENDAR: Final = "/api/v2/workforcemanagement/calendar/url/ics"
_TOGGLE: Final = "/api/v2/license/toggles/{featureName}"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    **{("GET", each): get_default_setting for each in _DEFAULTS},
    **{("PUT", each): put_default_setting for each in _DEFAULTS},
    **{("DELETE", each): forget_default_setting for each in _DEFAULTS},
    ("GET", _GROUP): get_dynamic_settings,
    ("PUT", _GROUP): put_dynamic_settings,
    ("DELETE", _GROUP): delete_dynamic_settings,
    ("GET", _CALENDAR): get_calendar,
    ("POST", _CALENDAR): post_calendar,
    ("DELETE", _CALENDAR): delete_calendar,
    ("GET", _TOGGLE): get_toggle,
    ("POST", _TOGGLE): post_toggle,
}
