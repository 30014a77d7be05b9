"""``genesys-cloud listen``: print notifications as they arrive.

Invariants: only events and gaps are written to standard output, with ``--json`` one per line;
everything else goes to standard error. Exit code 0 after Ctrl-C or the requested number of events and
gaps; otherwise the exit code of the library's error.
"""

import signal
from typing import TYPE_CHECKING, Annotated

import typer

from genesys_cloud.cli.connection import open_client
from genesys_cloud.cli.connection_arguments import take_connection
from genesys_cloud.cli.terminal import exit_with_error, print_error, print_json, print_line

if TYPE_CHECKING:
    from genesys_cloud import Client
    from genesys_core.notifications.buffer import Event

__all__ = ["listen"]


@take_connection("secret_file")
def listen(
    ctx: typer.Context,
    topics: Annotated[
        list[str], typer.Argument(metavar="TOPIC...", help="Topics such as v2.users.ID.presence.")
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each event as JSON on one line.")
    ] = False,
    count: Annotated[
        int, typer.Option(min=0, help="Exit after this number of events and gaps; 0 for never.")
    ] = 0,
) -> None:
    """Print notifications as they arrive, until Ctrl-C.

    Uses the sign-in of genesys-cloud login or, without a sign-in, the environment and the
    configuration file. Gaps, in which events may have been missed, are printed too. Exit code 1
    if the platform rejects a topic.
    """
    from genesys_core.command_line.exit_codes import exit_code_of  # noqa: PLC0415 - see cli.app
    from genesys_core.errors import GenesysCloudError  # noqa: PLC0415

    # SIGTERM has the same effect as Ctrl-C: the channel is closed cleanly.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = ctx.obj
    try:
        with open_client(options) as client:
            _print_events(client, topics, as_json=as_json, count=count)
    except KeyboardInterrupt:
        return
    except GenesysCloudError as error:
        exit_with_error("listen", str(error), exit_code_of(error))


def _print_events(client: "Client", topics: list[str], *, as_json: bool, count: int) -> None:
    with client.notification_handler(on_state=_tell) as handler:
        handler.add_subscriptions(topics, timeout=None)
        for number, event in enumerate(handler, 1):
            if as_json:
                print_json(_json(event))
            else:
                print_line(_text(event))
            if number == count:
                return


def _tell(state: object) -> None:
    print_error(f"[{type(state).__name__}]")


def _text(event: "Event") -> str:
    from genesys_core.codec.encoding import to_json  # noqa: PLC0415
    from genesys_core.notifications.channel.events import Gap  # noqa: PLC0415 - see cli.app

    if isinstance(event, Gap):
        return f"-- events from {event.from_.isoformat()} to {event.to.isoformat()} may be missing"
    return f"{event.topic_name} {to_json(event.event_body).decode()}"


def _json(event: "Event") -> str:
    from genesys_core.codec.encoding import to_json  # noqa: PLC0415
    from genesys_core.notifications.channel.events import Gap  # noqa: PLC0415 - see cli.app

    if isinstance(event, Gap):
        return to_json({"gap": {"from": event.from_, "to": event.to}}).decode()
    # Unchanged, so that fields unknown to this version are included.
    return event.raw
