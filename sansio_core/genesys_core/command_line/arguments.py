"""Parses an operation's command-line arguments.

Invariants: an operation's own parameter keeps its name. A command option with the same name is
available with the prefix ``--cli-``. Values are converted, but never restricted to those in the
definition, because a newer platform may accept more.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from genesys_core.command_line.bodies import BodyField, is_field, parse_field
from genesys_core.command_line.operations import OperationDescription, OperationParameter
from genesys_core.command_line.usage import UsageError, suggest_name

__all__ = [
    "COMMON_OPTIONS",
    "CONNECTION_OPTIONS",
    "CommonOption",
    "OfferedOption",
    "ParsedArguments",
    "check_required",
    "convert_value",
    "offered_options",
    "parse_arguments",
    "split_command",
]


# At most 300 digits, because int() raises an error for more than 4,300.
_WHOLE: Final = re.compile(r"[0-9]{1,300}")


@dataclass(frozen=True)
class CommonOption:
    """An option of an operation's command that is not a parameter of the operation.

    Attributes:
        name: the option's name without dashes.
        help: a sentence about what the option does.
        metavar: the placeholder for the option's value in help; empty for a switch.
        short: the option's one-letter form, without the dash; empty if it has none.
        is_repeated: whether the option may be given several times.
        values: the values that the option accepts; empty for any value.
        group: the heading under which help pages list the option.
    """

    name: str
    help: str
    metavar: str = ""
    short: str = ""
    is_repeated: bool = False
    values: tuple[str, ...] = ()
    group: str = "Output"


CONNECTION_OPTIONS: Final = (
    CommonOption(
        "profile", "Use the settings and sign-in of this profile.", "NAME", group="Connection"
    ),
    CommonOption("region", "Region such as eu_west_1, or a domain.", "REGION", group="Connection"),
    CommonOption("host", "Base URL of the API, instead of a region.", "URL", group="Connection"),
    CommonOption(
        "token-file", "Token file written by genesys-cloud login.", "PATH", group="Connection"
    ),
    CommonOption("secret-file", "File with the OAuth client's secret.", "PATH", group="Connection"),
    CommonOption(
        "proxy", "Proxy URL; use HTTPS_PROXY if it contains a password.", "URL", group="Connection"
    ),
    CommonOption("ca", "PEM file of CA certificates.", "PATH", group="Connection"),
)
"""Options that select the host and the credentials; they may also precede the command."""

_OUTPUT_FORMATS: Final = ("json", "jsonl", "yaml", "csv", "table", "id")

COMMON_OPTIONS: Final = (
    CommonOption(
        "body", "Request body in JSON or YAML: the text itself, @FILE, or - for standard input.",
        "BODY",
        group="Request",
    ),
    CommonOption("edit", "Edit the body in an editor, starting from a skeleton.", group="Request"),
    CommonOption("header", "Additional request header.", "NAME:VALUE", "H", is_repeated=True, group="Request"),
    CommonOption(
        "timeout", "Timeout for each phase of the request, in seconds.", "SECONDS", group="Request"
    ),
    CommonOption("dry-run", "Print the request and send nothing.", group="Request"),
    CommonOption("curl", "With --dry-run: print the request as a curl command.", group="Request"),
    CommonOption("output", "Output format.", "FORMAT", "o", values=_OUTPUT_FORMATS),
    CommonOption("columns", "Fields to show in tables and CSV, separated by commas.", "A,B.C"),
    CommonOption("query", "JMESPath expression that selects from the result.", "EXPRESSION"),
    CommonOption("raw", "Print the response body as received."),
    CommonOption("verbose", "Print attempts, timings and correlation id to stderr.", short="v"),
    CommonOption("watch", "Repeat the call at this interval, such as 5s.", "INTERVAL"),
    CommonOption(
        "from-file", "Run the operation for each row of a .jsonl or .csv file.", "FILE", group="Bulk"
    ),
    CommonOption(
        "failures", "File for rows that failed (default: FILE.failures.jsonl).", "FILE", group="Bulk"
    ),
    CommonOption(
        "max-failures", "Stop starting rows if more than N rows have failed.", "N", group="Bulk"
    ),
    CommonOption("parallel", "Number of rows processed in parallel (default: 8).", "N", group="Bulk"),
    CommonOption("all", "Request all pages.", group="Listings"),
    CommonOption("limit", "Maximum number of items; implies --all.", "N", group="Listings"),
    CommonOption(
        "resume", "Continue a listing from this token, or a --from-file run from this journal.",
        "TOKEN",
        group="Listings",
    ),
    *CONNECTION_OPTIONS,
)  # fmt: skip
"""The options that every operation accepts."""


@dataclass
class ParsedArguments:
    """An operation's parsed arguments.

    Attributes:
        values: the converted values of the operation's parameters, by parameter name.
        fields: the fields of the body, in the order given.
        common: the values of the command options, by name without dashes.
    """

    values: dict[str, object] = field(default_factory=dict[str, object])
    fields: list[BodyField] = field(default_factory=list[BodyField])
    common: dict[str, str | bool | tuple[str, ...]] = field(
        default_factory=dict[str, "str | bool | tuple[str, ...]"]
    )

    def text(self, name: str) -> str | None:
        """Return the value of a command option; ``None`` if the option was not given."""
        value = self.common.get(name)
        return value if isinstance(value, str) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the values of a repeatable command option."""
        value = self.common.get(name)
        return value if isinstance(value, tuple) else ()

    def number(self, name: str, least: int = 0) -> int | None:
        """Return the value of a command option as a number; ``None`` if the option was not given.

        Args:
            name: the option's name without dashes.
            least: the smallest number that is allowed.

        Raises:
            UsageError: the option's value is not a whole number, or is less than ``least``.
        """
        text = self.text(name)
        if text is None:
            return None
        if _WHOLE.fullmatch(text) and int(text) >= least:
            return int(text)
        raise UsageError(f"--{name} {text!r}: must be a whole number, {least} or more")

    def has(self, name: str) -> bool:
        """Return whether a command option was given."""
        return name in self.common


@dataclass(frozen=True)
class OfferedOption:
    """An option of an operation's command, for help and completion.

    Attributes:
        option: the option as typed, such as ``--page-size``.
        takes_value: whether the option must be followed by a value.
        help: a description of the option.
        parameter: the operation's parameter that the option sets; ``None`` for a command option.
        common: the command option; ``None`` for a parameter of the operation.
    """

    option: str
    takes_value: bool
    help: str
    parameter: OperationParameter | None = None
    common: CommonOption | None = None


def _offer_parameter(parameter: OperationParameter) -> OfferedOption:
    words = f"list of {parameter.kind}" if parameter.is_list else parameter.kind
    words += ", required" if parameter.is_required else ""
    takes_value = parameter.kind != "boolean"
    return OfferedOption(parameter.option, takes_value, parameter.help or words, parameter)


def split_command(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Split the connection options that precede a command from the command and its arguments.

    Args:
        words: the words of the command line after the program's name.

    Returns:
        The options by name, and the remaining words: from the command on, or from the first option
        that is unknown or incomplete.
    """
    known = {f"--{option.name}": option.name for option in CONNECTION_OPTIONS}
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        name, equals, value = rest[0].partition("=")
        if name not in known or (not equals and len(rest) < 2):
            break
        rest.pop(0)
        options[known[name]] = value if equals else rest.pop(0)
    return options, rest


@lru_cache(maxsize=8)  # parsing and help need the same mapping several times
def offered_options(
    parameters: tuple[OperationParameter, ...], common: tuple[CommonOption, ...] = COMMON_OPTIONS
) -> Mapping[str, OfferedOption]:
    """Return every option of an operation's command, by its text, such as ``--limit`` or ``-o``.

    Args:
        parameters: the operation's parameters.
        common: the options of the command that are not parameters of the operation.
    """
    offered = {each.option: _offer_parameter(each) for each in parameters if each.place != "body"}
    for option in common:
        name = f"--{option.name}"
        name = f"--cli-{option.name}" if name in offered else name
        offered[name] = OfferedOption(name, bool(option.metavar), option.help, common=option)
        if option.short:
            offered[f"-{option.short}"] = offered[name]
    return offered


def parse_arguments(
    description: OperationDescription,
    arguments: Sequence[str],
    common: tuple[CommonOption, ...] = COMMON_OPTIONS,
) -> ParsedArguments:
    """Parse the arguments that follow an operation's name.

    Positional arguments are, in order, the path parameters that no option sets; the remaining ones
    are fields of the body.

    Raises:
        UsageError: an unknown option, a missing or invalid value, or an unexpected argument.
    """
    offered = offered_options(description.parameters, common)
    known = {_plain(name): option for name, option in offered.items() if name.startswith("--")}
    parsed = ParsedArguments()
    loose: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        # POSIX.1 section 12.2, guidelines 10 and 13: operands follow "--", and "-" is one.
        if word == "--":
            loose += rest
            break
        if not word.startswith("-") or word == "-":
            loose.append(word)
            continue
        _parse_option(word, rest, offered, known, parsed)
    _place_loose(description, loose, parsed)
    _check_raw(parsed)
    return parsed


_NOT_WITH_RAW: Final = ("all", "limit", "resume", "query", "columns", "output", "from-file")


def _check_raw(parsed: ParsedArguments) -> None:
    """Reject options that would have no effect on a response body that is printed as received."""
    ignored = next(filter(parsed.has, _NOT_WITH_RAW), None)
    if ignored is not None and parsed.has("raw"):
        raise UsageError(
            f"--raw and --{ignored}: pass only one of them, because --raw prints the body of one "
            "response as received"
        )


def _parse_option(
    word: str,
    rest: list[str],
    offered: Mapping[str, OfferedOption],
    known: Mapping[str, OfferedOption],
    parsed: ParsedArguments,
) -> None:
    name, equals, value = word.partition("=")
    is_long = word.startswith("--")
    if not is_long and len(word) > 2:  # -ojson, -o=json, -pname=value
        name, equals, value = word[:2], "=", word[2:].removeprefix("=")
    found = known.get(_plain(name)) if is_long else offered.get(name)
    # --no-flag sets a Boolean parameter to false; options of the command have no negative form.
    if found is None and _plain(name).startswith("no"):
        found = known.get(_plain(name)[2:])
        if found is None or found.parameter is None or found.takes_value or equals:
            found = None
        else:
            _store(parsed, found, "false")
            return
    if found is None:
        names = [each for each in offered if each.startswith("--")]
        raise UsageError(f"{name}: no such option{suggest_name(name, names)}")
    if found.takes_value and not equals:
        # A value may begin with one dash, as a negative number does; two dashes begin the next option.
        if not rest or (rest[0].startswith("--") and len(rest[0]) > 2):
            raise UsageError(f"{found.option}: needs a value")
        value = rest.pop(0)
    elif not found.takes_value and equals and found.common is not None:
        raise UsageError(f"{found.option}: takes no value")
    _store(parsed, found, value if found.takes_value or equals else "true")


def _store(parsed: ParsedArguments, found: OfferedOption, value: str) -> None:
    if found.parameter is not None:
        name = found.parameter.name
        converted = convert_value(found.parameter, value)
        if found.parameter.is_list:
            before = parsed.values.get(name, ())
            parsed.values[name] = (*_items(before), *_items(converted))
        else:
            parsed.values[name] = converted
    if found.common is not None:
        _store_common(parsed, found.common, found.option, value)


def _store_common(parsed: ParsedArguments, option: CommonOption, name: str, value: str) -> None:
    if option.values and value not in option.values:
        known = ", ".join(option.values)
        raise UsageError(
            f"{name} {value!r}: must be one of {known}{suggest_name(value, option.values)}"
        )
    if option.is_repeated:
        before = parsed.common.get(option.name, ())
        parsed.common[option.name] = (*(before if isinstance(before, tuple) else ()), value)
    else:
        parsed.common[option.name] = value if option.metavar else True


def _items(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)  # pyright: ignore[reportUnknownVariableType]


def _place_loose(
    description: OperationDescription, loose: Iterable[str], parsed: ParsedArguments
) -> None:
    open_places = [
        each
        for each in description.parameters
        if each.place == "path" and each.name not in parsed.values
    ]
    for word in loose:
        if open_places:
            parameter = open_places.pop(0)
            parsed.values[parameter.name] = convert_value(parameter, word)
        elif description.body is None:
            raise UsageError(f"{word!r}: unexpected argument; {description.name} has no body")
        elif not is_field(word):
            raise UsageError(
                f"{word!r}: unexpected argument; fields of the body are key=value or key:=json"
            )
        else:
            parsed.fields.append(parse_field(word))


def convert_value(parameter: OperationParameter, text: str) -> object:
    """Convert a text from the command line to a parameter's type.

    If the parameter is a list whose possible values are in the definition, the text is split at
    commas into a tuple, because no possible value contains a comma.

    Raises:
        UsageError: the text is not a value of the parameter's type.
    """
    if parameter.is_list and parameter.values:
        return tuple(text.split(","))
    convert = _CONVERSIONS.get(parameter.kind)
    if convert is None:
        return text
    try:
        return convert(text)
    except (ValueError, KeyError):
        raise UsageError(
            f"{parameter.option} {text!r}: must be {_WANTED[parameter.kind]}"
        ) from None


_BOOLEANS: Final = {"true": True, "false": False}
_CONVERSIONS: Final[Mapping[str, Callable[[str], object]]] = {
    "integer": int,
    "number": float,
    "boolean": lambda text: _BOOLEANS[text.lower()],
}
_WANTED: Final = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def check_required(
    description: OperationDescription, given: Iterable[str], *, has_body: bool
) -> None:
    """Check that the command line contains all required parameters of an operation.

    Raises:
        UsageError: required parameters are missing; the message names their options.
    """
    names = set(given)
    missing = [
        each
        for each in description.parameters
        if each.is_required and (not has_body if each.place == "body" else each.name not in names)
    ]
    if missing:
        shown = ", ".join(
            f"a body of type {each.kind} (--body, --edit or key=value)"
            if each.place == "body"
            else f"{each.option} {each.name.upper()}"
            for each in missing
        )
        raise UsageError(f"{description.name}: needs {shown}")


def _plain(name: str) -> str:
    # So that pageSize, as in the platform's documentation, and page_size, as in Python, also work.
    return name.lstrip("-").replace("-", "").replace("_", "").lower()
