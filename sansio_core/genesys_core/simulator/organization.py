"""A sample organization: entities that refer to each other, as in a real organization.

Invariants: all entities except the stations are created with the requests that a client would send,
so that the rules of the platform apply to them too. The same users and queues yield the same
organization.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Final

from genesys_core.clock import Now
from genesys_core.simulator.data_files import load_data
from genesys_core.simulator.http.exchange import format_instant
from genesys_core.simulator.platform import Simulator
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.stations import (
    STATIONS,
    associate_station,
    set_default_station,
)
from genesys_core.simulator.state.world import DIVISIONS, Record, user_state

__all__ = ["describe_organization", "load_organization"]

_SKILLS: Final = ("Billing", "Orders", "Returns", "Technical support")
_LANGUAGES: Final = ("English", "Spanish")
_CODES: Final = ("Resolved", "Follow-up required", "Wrong number", "Callback promised")
_DIVISIONS: Final = ("Sales", "Support")
_WEEKDAYS: Final = "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR"
_AGENT: Final[Sequence[tuple[str, str, Sequence[str]]]] = (
    ("conversation", "*", ("*",)),
    ("routing", "queue", ("view", "join")),
    ("routing", "wrapupCode", ("view",)),
    ("directory", "*", ("view",)),
)
_MOST: Final = 100
"""The maximum number of members that a request can add to a queue; for groups and teams, it is half
this number."""


def load_organization(simulator: Simulator, *, now: Now) -> dict[str, str]:
    """Load a sample organization, and assign a simulator's existing users and queues to it.

    The organization consists of divisions, a role with grants, skills, languages, wrap-up codes, a
    presence, a location, schedules, flows, a prompt, an IVR, a group and a team with members, and
    stations. Users and queues are changed to refer to most of these.

    Args:
        simulator: the simulated platform.
        now: the time at which all entities are created.

    Returns:
        The ids that the platform assigned, by label; see
        :func:`genesys_core.simulator.data_files.load_data`.

    Raises:
        InvalidValueError: the platform rejects a request, for example because an organization is
            already loaded.
    """
    labels = load_data(simulator, describe_organization(simulator), now=now)
    users = list(simulator.state.users)[:_MOST]
    simulator.seed_items("GET", "/api/v2/stations", len(users))
    stations = simulator.state.collections.get(STATIONS, {})
    for number, (user_id, station_id) in enumerate(zip(users, list(stations), strict=False), 1):
        stations[station_id] = {
            name: value
            for name, value in stations[station_id].items()
            if name in {"id", "name", "selfUri", "type"}
        } | {"name": f"Station {number:03d}", "status": "AVAILABLE"}
        set_default_station(simulator.state, user_id, station_id)
        associate_station(simulator.state, user_id, station_id, format_instant(now.wall))
    return labels


def describe_organization(simulator: Simulator) -> dict[str, Json]:
    """Return the data document from which :func:`load_organization` creates the entities.

    Args:
        simulator: the simulated platform before the organization is loaded.
    """
    users = [each for each in simulator.state.users.values() if user_state(each) == "active"]
    queues = list(simulator.state.queues.values())
    home = next(iter(simulator.state.collections.get(DIVISIONS, {})), "")
    document = {**_places(), **_routing(), **_architect(), **_groups(users)}
    for user, place in zip(users, cycle(range(len(_SKILLS))), strict=False):
        document |= _user(user, users[0], place, home)
    for queue, place in zip(queues, cycle(range(len(_DIVISIONS))), strict=False):
        document |= _queue(queue, users, place)
    return document


def _places() -> dict[str, Json]:
    policies: list[Json] = [
        {"domain": domain, "entityName": entity, "actionSet": list(actions)}
        for domain, entity, actions in _AGENT
    ]
    return {
        "/api/v2/authorization/divisions": _named(_DIVISIONS, description="A division"),
        "/api/v2/authorization/roles": [
            {"id": "$agent", "name": "Agent", "permissionPolicies": policies}
        ],
        "/api/v2/locations": [
            {
                "id": "$location",
                "name": "Headquarters",
                "address": {
                    "city": "Springfield",
                    "country": "US",
                    "countryName": "United States",
                    "state": "IN",
                    "street1": "1 Main Street",
                    "zipcode": "46000",
                },
            }
        ],
        "/api/v2/presence/definitions": [
            {
                "name": "Lunch",
                "systemPresence": "Meal",
                "languageLabels": {"en_US": "Lunch"},
            }
        ],
    }


def _routing() -> dict[str, Json]:
    return {
        "/api/v2/routing/skills": _named(_SKILLS),
        "/api/v2/routing/languages": _named(_LANGUAGES),
        "/api/v2/routing/wrapupcodes": _named(_CODES),
    }


def _architect() -> dict[str, Json]:
    return {
        "/api/v2/architect/schedules": [
            {
                "id": "$open",
                "name": "Opening hours",
                "start": "2024-01-01T08:00:00.000",
                "end": "2024-01-01T18:00:00.000",
                "rrule": _WEEKDAYS,
            },
            {
                "id": "$holiday",
                "name": "New Year",
                "start": "2024-01-01T00:00:00.000",
                "end": "2024-01-02T00:00:00.000",
                "rrule": "FREQ=YEARLY;INTERVAL=1;BYMONTH=1;BYMONTHDAY=1",
            },
        ],
        "/api/v2/architect/schedulegroups": [
            {
                "id": "$hours",
                "name": "Hours",
                "timeZone": "America/New_York",
                "openSchedules": [{"id": "$open"}],
                "holidaySchedules": [{"id": "$holiday"}],
            }
        ],
        "/api/v2/architect/prompts": [
            {"id": "$hold", "name": "HoldMusic", "description": "Music on hold"}
        ],
        "/api/v2/flows": [
            {"id": "$inbound", "name": "Main menu", "type": "INBOUNDCALL"},
            {"id": "$inqueue", "name": "Waiting", "type": "INQUEUECALL"},
        ],
        "/api/v2/architect/ivrs": [
            {
                "name": "Main number",
                "dnis": ["+13175550100"],
                "openHoursFlow": {"id": "$inbound"},
                "closedHoursFlow": {"id": "$inbound"},
                "scheduleGroup": {"id": "$hours"},
            }
        ],
    }


def _groups(users: Sequence[Record]) -> dict[str, Json]:
    if not users:
        return {}
    people: list[Json] = [each["id"] for each in users]
    teams: list[Json] = people[: _MOST // 2]
    group: dict[str, Json] = {
        "id": "$group",
        "name": "Everyone",
        "type": "official",
        "visibility": "public",
        "rulesVisible": True,
        "ownerIds": people[:1],
    }
    return {
        "/api/v2/groups": [group],
        "/api/v2/groups/$group/members": {"memberIds": people[: _MOST // 2], "version": 1},
        "/api/v2/teams": [
            {"id": "$team", "name": "Team 1", "division": {"id": f"${_label(_DIVISIONS[0])}"}}
        ],
        "/api/v2/teams/$team/members": {"memberIds": teams},
    }


def _user(user: Record, manager: Record, place: int, home: str) -> dict[str, Json]:
    """Return the entries that give a user a manager, a location, skills, a language and a role."""
    path = f"/api/v2/users/{user['id']}"
    skills = (_SKILLS[place], _SKILLS[(place + 1) % len(_SKILLS)])
    change: dict[str, Json] = {
        "version": user.get("version", 1),
        "locations": [{"id": "$location", "notes": f"Desk {place + 1}"}],
    }
    if user is not manager:
        change["manager"] = manager["id"]
    return {
        path: change,
        f"{path}/routingskills/bulk": [
            {"id": f"${_label(name)}", "proficiency": float(5 - at)}
            for at, name in enumerate(skills)
        ],
        f"{path}/routinglanguages": {
            "id": f"${_label(_LANGUAGES[place % len(_LANGUAGES)])}",
            "proficiency": 5.0,
        },
        f"/api/v2/authorization/subjects/{user['id']}/bulkadd": {
            "grants": [{"roleId": "$agent", "divisionId": home}]
        },
    }


def _queue(queue: Record, users: Sequence[Record], place: int) -> dict[str, Json]:
    """Return the entries that give a queue a division, a flow, a prompt, codes and members."""
    path = f"/api/v2/routing/queues/{queue['id']}"
    kept: Mapping[str, Json] = {name: queue[name] for name in _QUEUE_FACTS if name in queue}
    members: list[Json] = [{"id": each["id"]} for each in users[place::2][:_MOST]]
    codes: list[Json] = [{"id": f"${_label(name)}"} for name in _CODES]
    return {
        path: {
            **kept,
            "division": {"id": f"${_label(_DIVISIONS[place])}"},
            "queueFlow": {"id": "$inqueue"},
            "onHoldPrompt": {"id": "$hold"},
        },
        f"{path}/wrapupcodes": codes,
        **({f"{path}/members": members} if members else {}),
    }


_QUEUE_FACTS: Final = ("name", "description", "acwSettings", "skillEvaluationMethod")


def _named(names: Sequence[str], **more: Json) -> list[Json]:
    return [{"id": f"${_label(name)}", "name": name, **more} for name in names]


def _label(name: str) -> str:
    """Return an entity's label in the document, without ``$``, given its name."""
    return name.lower().replace(" ", "-")
