"""Writes the page about the commands, with their usage, arguments and options, and the exit codes.

Invariants: every command has one section, whose anchor is derived from its name; the
shared options of operations are listed once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from genesys_core.command_line.arguments import COMMON_OPTIONS, CommonOption
from genesys_core.command_line.exit_codes import EXIT_CODES
from genesys_core.command_line.job_calls import JOB_ACTIONS, JOB_OPTIONS
from genesys_core.command_line.raw_calls import METHODS, RAW_OPTIONS
from genesys_core.definition.reference.markdown import (
    code_block,
    inline_code,
    plain_text,
    write_heading,
    write_table,
)

__all__ = [
    "COMMANDS",
    "CommandArgument",
    "CommandDescription",
    "command_anchor",
    "commands_text",
]

COMMANDS: Final = "commands.md"
_PROGRAM: Final = "genesys-cloud"
_OPERATION: Final = "API METHOD"
_OPERATION_SUMMARY: Final = (
    "Call an operation. APIs and methods have the same names as in the [reference](index.md). Each "
    "method's section shows its command line; `genesys-cloud API METHOD --help` lists its parameters."
)


# Click shows the value of an option as `<str>` or `<int range>`.
_TYPE: Final = re.compile(r" <([\w ]+?)(?: range)?>")
_VALUES: Final[Mapping[str, str]] = {"str": "TEXT", "int": "N", "float": "N"}


class CommandArgument(Struct, frozen=True):
    """A command's positional argument.

    Attributes:
        name: the argument's name, as in help texts.
        help: the argument's description.
        is_required: whether the command requires the argument.
    """

    name: str
    help: str
    is_required: bool


class CommandDescription(Struct, frozen=True):
    """A command of the command-line tool.

    Attributes:
        name: the command's name, such as ``config check``; empty for the program itself.
        help: the command's description: paragraphs separated by empty lines.
        arguments: the positional arguments, in order.
        options: each option with its value's type, such as ``--profile <str>``, and its help text.
        usage: the part of the usage line after the command's name; if empty, it is derived from
            the arguments.
    """

    name: str
    help: str
    arguments: Sequence[CommandArgument] = ()
    options: Sequence[tuple[str, str]] = ()
    usage: str = ""


def command_anchor(name: str) -> str:
    """Return a command's anchor on the page, such as ``config-check``."""
    return name.replace(" ", "-").lower() if name else _PROGRAM


def commands_text(commands: Iterable[CommandDescription]) -> str:
    """Return the page about the commands.

    Args:
        commands: the program itself and its commands. The arguments and options of ``call`` and
            ``jobs``, which are parsed without typer, are ignored.
    """
    described = list(_completed(commands))
    rows = (
        (f"[{inline_code(each.name)}](#{command_anchor(each.name)})", _first_sentence(each))
        for each in described
        if each.name
    )
    lines = [
        "# Commands",
        "",
        "All commands, generated from their help texts. [The command line](../cli.md) introduces them.",
        "",
        *write_table(("command", ""), rows),
    ]
    for each in described:
        lines += _section(each)
    codes = ((str(int(code)), meaning) for code, meaning in EXIT_CODES.items())
    lines += [write_heading(2, "Exit codes", "exit-codes"), ""]
    lines += write_table(("code", "meaning"), codes)
    return "\n".join(lines)


def _completed(commands: Iterable[CommandDescription]) -> Iterator[CommandDescription]:
    """Yield all commands, including those that are parsed without typer."""
    for each in commands:
        match each.name:
            case "call":
                usage = f"{{{'|'.join(METHODS)}}} PATH [KEY=VALUE...] [OPTIONS]"
                yield CommandDescription(each.name, each.help, usage=usage)
            case "jobs":
                usage = "ACTION API METHOD [ARGUMENTS] [OPTIONS]"
                yield CommandDescription(each.name, each.help, usage=usage)
                for action, text in JOB_ACTIONS.items():
                    usage = "API METHOD [ARGUMENTS] [OPTIONS]"
                    yield CommandDescription(f"jobs {action}", text, usage=usage)
            case _:
                yield each
        if not each.name:
            usage = "[ARGUMENTS] [KEY=VALUE...] [OPTIONS]"
            yield CommandDescription(_OPERATION, _OPERATION_SUMMARY, usage=usage)


def _section(command: CommandDescription) -> list[str]:
    full = f"{_PROGRAM} {command.name}".strip()
    lines = [write_heading(2, full, command_anchor(command.name)), ""]
    lines += [*code_block("text", f"{full} {_usage(command)}"), ""]
    for paragraph in command.help.split("\n\n"):
        shown = paragraph if command.name == _OPERATION else plain_text(paragraph)
        lines += [shown, ""]
    arguments = ((_argument(each), each.help) for each in command.arguments)
    options = ((_option(name), text) for name, text in command.options)
    lines += write_table(("argument", ""), _rows(arguments))
    lines += write_table(("option", ""), _rows(options))
    if command.name == _OPERATION:
        for group, rows in _by_group(COMMON_OPTIONS).items():
            lines += write_table((f"{group} options", ""), rows)
    elif command.name == "call":
        lines += _shared_options(RAW_OPTIONS)
    elif command.name == "jobs":
        lines += _shared_options(JOB_OPTIONS)
    return lines


def _shared_options(options: Sequence[CommonOption]) -> list[str]:
    """Return lines that list how a command's options differ from those of every operation."""
    added = [one for one in options if one not in COMMON_OPTIONS]
    missing = [one for one in COMMON_OPTIONS if one not in options]
    without = ", ".join(inline_code(f"--{one.name}") for one in missing)
    link = f"[options of every operation](#{command_anchor(_OPERATION)})"
    rows = [row for group in _by_group(added).values() for row in group]
    return [f"Takes the {link} except {without}, and:", "", *write_table(("option", ""), rows)]


def _by_group(options: Iterable[CommonOption]) -> Mapping[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in options:
        short = f"-{one.short}, " if one.short else ""
        known = f" {', '.join(map(inline_code, one.values))}" if one.values else ""
        row = (inline_code(f"{short}--{one.name} {one.metavar}"), f"{plain_text(one.help)}{known}")
        groups.setdefault(one.group, []).append(row)
    return groups


def _usage(command: CommandDescription) -> str:
    if command.usage:
        return command.usage
    parts = [
        _argument(each) if each.is_required else f"[{_argument(each)}]"
        for each in command.arguments
    ]
    return " ".join(["[OPTIONS]", *parts])


def _argument(argument: CommandArgument) -> str:
    """Return the name of an argument for the usage line: in upper case, unless set explicitly."""
    name = argument.name.removeprefix("[").replace("]", "")
    return name.upper() if name.islower() else name


def _option(name: str) -> str:
    """Return an option with its value's type replaced: ``--limit <int>`` becomes ``--limit N``."""
    return _TYPE.sub(lambda found: f" {_VALUES.get(found[1], found[1].upper())}", name)


def _rows(described: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(inline_code(name), plain_text(text)) for name, text in described]


def _first_sentence(command: CommandDescription) -> str:
    if command.name == _OPERATION:
        return "Call an operation."
    return plain_text(command.help.partition("\n\n")[0])
