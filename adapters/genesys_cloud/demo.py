"""A demonstration: obtains a token, makes typed calls, lists users and receives a notification.

Invariants: the demonstration uses the public client over HTTP with its own simulator, and leaves no
file, thread or open port behind.
"""

import sys
from dataclasses import dataclass
from typing import Any, TextIO

from genesys_cloud import Client, ClientCredentials, GenesysCloudError, Notification
from genesys_cloud.simulator import RunningSimulator, running_simulator
from genesys_core.api import users
from genesys_core.models import PresenceEventUserPresence, Queue, User, UserMe, UserPresence
from genesys_core.observability.terminal import escape_lines

__all__ = ["Findings", "explore_platform", "run_demo"]

_PAGE_SIZE = 25
_SHOWN = 5


@dataclass(frozen=True)
class Findings:
    """The results of the demo.

    Attributes:
        me: the user to whom the token belongs.
        everybody: the users of the organization, from all pages of the listing.
        queues: the queues on the first page of the listing.
        heard: the notification that the demo received after it changed the user's presence.
    """

    me: UserMe
    everybody: list[User]
    queues: list[Queue]
    heard: Notification[Any]


@dataclass(frozen=True)
class _Section:
    title: str
    rows: list[tuple[str, str]]


def run_demo(out: TextIO | None = None) -> int:
    """Run the demo and print the results.

    Args:
        out: the output stream; standard output by default.

    Returns:
        The exit code: 0, or 1 if a call failed; the error is then printed to standard error.
    """
    shown = out or sys.stdout
    try:
        with running_simulator() as simulator:
            _print(_sections(explore_platform(simulator), simulator), shown)
    except GenesysCloudError as error:
        sys.stderr.write(f"genesys-cloud demo: {escape_lines(str(error))}\n")
        return 1
    return 0


def explore_platform(simulator: RunningSimulator) -> Findings:
    """Make the demo's calls, and return their results.

    Raises:
        GenesysCloudError: a call failed.
    """
    auth = ClientCredentials(simulator.client_id, simulator.client_secret)
    with Client(host=simulator.url, auth=auth) as client:
        me = client.users.get_users_me(expand=["presence"])
        return Findings(
            me=me,
            everybody=list(client.paginate(users.get_users(page_size=_PAGE_SIZE))),
            queues=client.routing.get_routing_queues().entities or [],
            heard=_hear(client, me.id or ""),
        )


def _hear(client: Client, user_id: str) -> Notification[Any]:
    """Subscribe to a user's presence, change the presence, and return the notification of it."""
    known = client.presence.get_systempresences()
    busy = next(each.id for each in known if each.name == "BUSY")
    with client.notification_handler() as handler:
        handler.add_subscription(f"v2.users.{user_id}.presence")
        client.presence.patch_user_presences_purecloud(
            user_id, {"presenceDefinition": {"id": busy}}
        )
        return next(event for event in handler if isinstance(event, Notification))


def _sections(found: Findings, simulator: RunningSimulator) -> list[_Section]:
    count = simulator.simulator.count
    tokens, pages = count("POST", "/oauth/token"), count("GET", "/api/v2/users")
    return [
        _Section(
            f"Simulated platform on {simulator.url}",
            [("token requests", f"{tokens}, with client credentials")],
        ),
        _Section("GET /api/v2/users/me", _about(found.me)),
        _Section(
            f"GET /api/v2/users: {len(found.everybody)} users on {pages} pages",
            _some([(user.name or "", user.email or "") for user in found.everybody]),
        ),
        _Section(
            f"GET /api/v2/routing/queues: {len(found.queues)} queues",
            _some([(queue.name or "", queue.description or "") for queue in found.queues]),
        ),
        _Section(
            f"Notification of {found.heard.topic_name}",
            [("presence", _presence(found.heard.event_body) or "?")],
        ),
    ]


def _about(me: UserMe) -> list[tuple[str, str]]:
    facts = {
        "name": me.name,
        "email": me.email,
        "title": me.title,
        "division": me.division.name if me.division else None,
        "presence": _presence(me.presence),
    }
    return [(name, value) for name, value in facts.items() if value]


def _presence(presence: UserPresence | PresenceEventUserPresence | None) -> str | None:
    definition = presence.presence_definition if presence else None
    return definition.system_presence if definition else None


def _some(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    left = len(rows) - _SHOWN
    return rows if left <= 0 else [*rows[:_SHOWN], (f"and {left} more", "")]


def _print(sections: list[_Section], out: TextIO) -> None:
    try:
        from rich.console import Console  # noqa: PLC0415 - an extra, for nicer output
        from rich.table import Table  # noqa: PLC0415
    except ModuleNotFoundError:
        out.writelines(_plain(section) for section in sections)
        return
    console = Console(file=out, highlight=False)
    for section in sections:
        table = Table.grid(padding=(0, 2), pad_edge=True)
        for row in section.rows:
            table.add_row(*row)
        console.print(section.title, style="bold", markup=False)
        console.print(table)


def _plain(section: _Section) -> str:
    width = max((len(left) for left, _ in section.rows), default=0)
    lines = [f"  {left:<{width}}  {right}".rstrip() for left, right in section.rows]
    return "\n".join([section.title, *lines, ""])
