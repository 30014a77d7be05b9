"""``genesys-cloud apis`` and ``describe``: search and describe operations, models and topics."""

from typing import Annotated

import typer

from genesys_cloud.cli.operation_catalog import all_operations, api_names, operations_of
from genesys_cloud.cli.output import terminal_width, write_line
from genesys_core.command_line.help_pages import operation_page
from genesys_core.command_line.operation_search import OperationFilter, search_operations
from genesys_core.command_line.usage import UsageError, suggest_name

__all__ = ["apis", "describe"]


def apis(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Words to search for.")
    ] = None,
    *,
    path: Annotated[
        str, typer.Option(help="List only operations whose path contains this text.")
    ] = "",
    permission: Annotated[
        str, typer.Option(help="List only operations with a permission that contains this text.")
    ] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="List only operations in preview.")
    ] = False,
    deprecated: Annotated[
        bool, typer.Option("--deprecated", help="List only deprecated operations.")
    ] = False,
) -> None:
    """List the APIs, or search all operations by words, path or permission."""
    wanted = OperationFilter(tuple(words or ()), path, permission, preview, deprecated)
    if wanted == OperationFilter():
        for name in api_names():
            write_line(f"{name}  {len(operations_of(name))} operations")
        return
    for each in search_operations(all_operations(), wanted):
        write_line(f"{each.api} {each.name}")
        write_line(f"    {each.title}")


def describe(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="METHOD | model NAME | TOPIC",
            help="What to describe: a method, model or topic.",
        ),
    ],
) -> None:
    """Describe a method, a model (with its fields and values) or a notification topic."""
    match what:
        case ["model", name]:
            from genesys_cloud.cli.body_input import model_catalog  # noqa: PLC0415

            write_line(model_catalog().page(name, terminal_width()))
        case [topic] if topic.startswith("v2."):
            _describe_topic(topic)
        case [method] | [_, method] if what != ["model"]:
            _describe_method(method, what[0] if len(what) == 2 else None)
        case _:
            raise UsageError("describe: needs METHOD, API METHOD, model NAME or TOPIC")


def _describe_method(method: str, api: str | None) -> None:
    operations = [
        each
        for each in all_operations()
        if each.name == method.replace("-", "_") and api in {None, each.api}
    ]
    if not operations:
        names = {each.name for each in all_operations()}
        raise UsageError(f"{method}: no such method{suggest_name(method, names)}")
    write_line(operation_page(operations[0], terminal_width()))
    for each in operations[1:]:
        write_line(f"\nAlso: genesys-cloud {each.api} {each.name}")


def _describe_topic(topic: str) -> None:
    from genesys_cloud.cli.body_input import model_catalog  # noqa: PLC0415
    from genesys_core.notifications.topics import NOTIFICATION_TOPICS  # noqa: PLC0415

    model = NOTIFICATION_TOPICS.get(topic)
    if model is None:
        raise UsageError(f"{topic}: no such topic{suggest_name(topic, NOTIFICATION_TOPICS)}")
    write_line(f"{topic}\n")
    write_line(model_catalog().page(model.__name__, terminal_width()))
