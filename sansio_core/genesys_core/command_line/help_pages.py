"""Help pages of operations and APIs, from the definition.

Invariants: a page fits the width of the terminal, unless a word is longer.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from genesys_core.command_line.arguments import COMMON_OPTIONS, CommonOption, offered_options
from genesys_core.command_line.operations import OperationDescription, OperationParameter

__all__ = [
    "api_page",
    "describe_operation_text",
    "list_definitions",
    "operation_page",
    "usage_line",
]

_PROGRAM: Final = "genesys-cloud"
_VALUES_SHOWN: Final = 30


def usage_line(description: OperationDescription) -> str:
    """Return the usage line of an operation: the command with its required arguments."""
    parts = [_PROGRAM, description.api, description.name]
    for each in description.parameters:
        if each.place == "path":
            parts.append(each.name.strip("_").upper())
        elif each.is_required and each.place != "body":
            parts.append(f"{each.option} {_metavar(each)}".strip())
    body = description.body
    if body is not None:
        parts.append("KEY=VALUE..." if body.is_required else "[KEY=VALUE...]")
    return " ".join([*parts, "[OPTIONS]"])


def describe_operation_text(description: OperationDescription, width: int) -> str:
    """Return the summary, request, return type and notes of an operation, without its options.

    Args:
        description: the operation's description.
        width: the terminal's width in characters.
    """
    lines = [description.summary, ""] if description.summary else []
    lines.append(f"{description.method} {description.path}")
    lines += ["", *_wrapped(f"Returns {description.returns or 'nothing'}.", width)]
    if description.notes:
        lines += _wrapped(description.notes.replace("``", ""), width)
    lines += [description.link] if description.link else []
    return "\n".join(lines)


def operation_page(
    description: OperationDescription,
    width: int,
    common: tuple[CommonOption, ...] = COMMON_OPTIONS,
) -> str:
    """Return the help page of an operation.

    Args:
        description: the operation's description.
        width: the terminal's width in characters.
        common: the options of the command that are not parameters of the operation.
    """
    lines = ["Usage:", *_wrapped(usage_line(description), width, "  ", "      "), ""]
    lines += [describe_operation_text(description, width), ""]
    rows = [
        (_option_text(each), _parameter_help(each))
        for each in description.parameters
        if each.place != "body"
    ]
    if rows:
        lines += ["Parameters:", *list_definitions(rows, width), ""]
    body = description.body
    if body is not None:
        text = (
            f"{body.kind}; pass --body, --edit, or fields: key=value for strings, key:=json for "
            f"everything else, a.b=value in nested objects. See: {_PROGRAM} describe model "
            f"{body.kind.removeprefix('list of ')}"
        )
        lines += ["Body:", *_wrapped(text, width, "  ", "  "), ""]
    lines += _common_help(description, width, common)
    return "\n".join(lines).rstrip()


def _common_help(
    description: OperationDescription, width: int, common: tuple[CommonOption, ...]
) -> list[str]:
    offered = offered_options(description.parameters, common)
    groups: dict[str, list[tuple[str, str]]] = {}
    for option in common:
        if _is_useless(option, description):
            continue
        name = next(key for key, each in offered.items() if each.common is option)
        short = f"-{option.short}, " if option.short else ""
        groups.setdefault(option.group, []).append(
            (f"{short}{name} {option.metavar}".strip(), _with_values(option.help, option.values))
        )
    lines: list[str] = []
    for group, rows in groups.items():
        lines += [f"{group}:", *list_definitions(rows, width), ""]
    return lines


def _is_useless(option: CommonOption, description: OperationDescription) -> bool:
    if option.name in {"body", "edit"}:
        return description.body is None
    return option.group == "Listings" and not description.is_listing


def _option_text(parameter: OperationParameter) -> str:
    return f"{parameter.option} {_metavar(parameter)}".strip()


def _metavar(parameter: OperationParameter) -> str:
    if parameter.kind == "boolean":
        return ""
    return {"integer": "N", "number": "N", "date": "DATE", "date-time": "TIME"}.get(
        parameter.kind, "TEXT"
    )


def _parameter_help(parameter: OperationParameter) -> str:
    facts = [
        word
        for word, applies in (
            ("required", parameter.is_required),
            ("repeatable", parameter.is_list),
        )
        if applies
    ]
    words = f"{parameter.help} ({', '.join(facts)})" if facts else parameter.help
    return _with_values(words.strip(), parameter.values)


def _with_values(text: str, values: Sequence[str]) -> str:
    if not values:
        return text
    shown = ", ".join(values[:_VALUES_SHOWN])
    more = f" and {len(values) - _VALUES_SHOWN} more" if len(values) > _VALUES_SHOWN else ""
    return f"{text} [{shown}{more}]".strip()


def api_page(api: str, operations: Mapping[str, OperationDescription], width: int) -> str:
    """Return the help page of an API: its operations.

    Args:
        api: the API's name.
        operations: descriptions of the API's operations, by name.
        width: the terminal's width in characters.
    """
    rows = [(each.name, _short(each)) for each in operations.values()]
    lines = [
        f"Usage: {_PROGRAM} {api} METHOD [ARGUMENTS] [OPTIONS]",
        "",
        f"{len(rows)} operations. For help on one: {_PROGRAM} {api} METHOD --help",
        "",
        *_listed(rows, width),
    ]
    return "\n".join(lines)


def _short(description: OperationDescription) -> str:
    flags = [
        word
        for word, applies in (
            ("deprecated", description.is_deprecated),
            ("preview", description.is_preview),
        )
        if applies
    ]
    return description.title + (f" ({', '.join(flags)})" if flags else "")


def _listed(rows: Iterable[tuple[str, str]], width: int) -> list[str]:
    lines: list[str] = []
    for name, text in rows:
        lines.append(f"  {name}")
        lines += _wrapped(text, width, "      ", "      ")
    return lines


def list_definitions(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Format names and their descriptions in two columns, or in one if the terminal is narrow.

    Args:
        rows: pairs of a name and its description.
        width: the terminal's width in characters.
    """
    # A name longer than 32 characters is on a line of its own; texts have at least 24 characters.
    column = min(max(len(name) for name, _ in rows) + 4, 36)
    if width < column + 24:
        return _listed(rows, width)
    lines: list[str] = []
    for name, text in rows:
        head = f"  {name}"
        if len(head) + 2 > column or not text:
            lines.append(head)
            head = ""
        lines += _wrapped(text, width, head.ljust(column), " " * column) if text else []
    return lines


def _wrapped(text: str, width: int, first: str = "", other: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        max(width, 20),  # textwrap rejects 0, and a narrower text is unreadable
        initial_indent=first,
        subsequent_indent=other,
        break_long_words=False,
        break_on_hyphens=False,
    )
