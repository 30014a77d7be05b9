"""``genesys-cloud simulate``: serve a simulated platform."""

import signal
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from genesys_cloud.cli.terminal import exit_with_error, print_line

__all__ = ["simulate"]


def simulate(
    *,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free port.")
    ] = 0,
    socket_port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="Port of the notification WebSockets; 0 picks a free port."
        ),
    ] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    users: Annotated[int, typer.Option(min=0, help="Number of users in the organization.")] = 60,
    queues: Annotated[int, typer.Option(min=0, help="Number of queues in the organization.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed for generating ids and credentials.")] = 0,
    rate_limit: Annotated[
        int, typer.Option(min=0, help="Rate limit per token in requests per minute; 0 for none.")
    ] = 0,
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            readable=True,
            help="JSON file with data to create (docs/testing.md).",
        ),
    ] = None,
    stateful: Annotated[
        bool,
        typer.Option(
            help="Store created and changed resources; with --no-stateful, every operation returns "
            "an example."
        ),
    ] = True,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Reject unknown enum values, numbers out of range and nulls in lists.",
        ),
    ] = False,
    enforce_permissions: Annotated[
        bool,
        typer.Option(
            "--enforce-permissions",
            help="Require that the caller's roles have the permissions of each operation.",
        ),
    ] = False,
    lag: Annotated[
        bool,
        typer.Option(
            "--lag",
            help="Delay the visibility of created and deleted items by seconds to minutes, as on the "
            "platform.",
        ),
    ] = False,
    organization: Annotated[
        bool | None,
        typer.Option(
            help="Create divisions, roles, skills, flows, groups and so on; the default without --data."
        ),
    ] = None,
    traffic: Annotated[
        str,
        typer.Option(
            metavar="RATE",
            help="Generate conversations with customers and agents, such as 10/min, 2/s or 30/h; "
            "reproducible with --seed.",
        ),
    ] = "",
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage",
            help="Print how each operation is implemented and how each topic is published, and exit.",
        ),
    ] = False,
) -> None:
    """Serve a simulated platform (API and login host) until Ctrl-C."""
    from genesys_cloud import simulator  # noqa: PLC0415 - see genesys_cloud.cli.app
    from genesys_core.errors import InvalidValueError  # noqa: PLC0415 - loads msgspec

    limit = simulator.RateLimit(limit=rate_limit) if rate_limit else None
    platform = simulator.Simulator(
        simulator.bundled_definition(),
        world=simulator.World.sample(users=users, queues=queues, seed=seed),
        settings=simulator.Settings(
            rate_limit=limit,
            seed=seed,
            stateful=stateful,
            strict=strict,
            enforce_permissions=enforce_permissions,
            lag=lag,
        ),
    )
    if coverage:
        _print_coverage(platform.coverage(), platform.topic_coverage())
        return
    try:
        with simulator.running_simulator(
            platform, host=host, port=port, socket_port=socket_port
        ) as running:
            if stateful and (data is None if organization is None else organization):
                running.load_organization()
            if data is not None:
                running.load(data)
            if traffic:
                running.start_traffic(traffic)
            print_line(f"Simulated platform on {running.url} (press Ctrl-C to stop)")
            print_line(f"client id      {running.client_id}")
            print_line(f"client secret  {running.client_secret}")
            print_line(f"user           {running.email or 'none'}")
            print_line(f"password       {running.password}")
            _wait_for_interrupt()
    except InvalidValueError as error:
        exit_with_error("simulate", str(error))
    except OSError as error:
        exit_with_error("simulate", f"{host}:{port}: {error}")


def _print_coverage(operations: Mapping[tuple[str, str], str], topics: Mapping[str, str]) -> None:
    for (method, template), source in operations.items():
        print_line(f"{source:<8} {method:<6} {template}")
    for topic, source in topics.items():
        print_line(f"topic    {topic}  {source}")
    heard = Counter("rule" if each not in {"handler", "none"} else each for each in topics.values())
    for source, count in sorted(heard.items()):
        print_line(f"{count:>8} topics: {source}")
    for source, count in sorted(Counter(operations.values()).items()):
        print_line(f"{count:>8} {source}")


def _wait_for_interrupt() -> None:
    # SIGTERM has the same effect as Ctrl-C: the port is closed, and the thread is joined.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
