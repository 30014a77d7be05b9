"""The keys of configuration files, their rules, and the validation of documents.

Invariants: INI and JSON share the table :data:`KEYS`; validation reports every problem of a document,
not only the first: an unknown section or key is a warning, an invalid value is a problem. Values of
unknown and of secret keys are not shown.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from genesys_core.confidential import REDACTED
from genesys_core.configuration.document import (
    ConfigurationProblem,
    Document,
    Entry,
    find_nearest,
    format_name,
    format_value,
)
from genesys_core.hosts import Gateway, base_url

__all__ = ["KEYS", "JudgedDocument", "Key", "LogFormat", "LogLevel", "judge_document"]

LogLevel: TypeAlias = Literal["trace", "debug", "error", "none"]
"""The log levels, from most to least verbose; see :mod:`genesys_core.observability.log_records`."""

LogFormat: TypeAlias = Literal["text", "json"]
"""The format of log records."""


class Key(Struct, frozen=True):
    """The rule for the values of one key in a configuration file.

    Attributes:
        read: a function that converts text to a value, and raises :exc:`ValueError` if the text is
            invalid.
        rule: a description of valid values, such as ``true or false``.
        example: an example of a valid value.
        about: a sentence that describes what the key configures.
        choices: all valid values, if there are only a few.
        is_text: whether the value must be a string in a JSON file.
        is_secret: whether the value is secret and never shown.
    """

    read: Callable[[str], object]
    rule: str
    example: str
    about: str = ""
    choices: tuple[str, ...] = ()
    is_text: bool = False
    is_secret: bool = False


_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
# At most 300 digits: float() returns infinity for 310, and int() raises an error for more than 4,300.
_WHOLE = re.compile(r"[+-]?[0-9]{1,300}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?(e[+-]?[0-9]{1,4})?", re.IGNORECASE)


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError from None


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text) or int(text) < 0:
        raise ValueError
    return int(text)


def _seconds(text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise ValueError
    number = int(text) if _WHOLE.fullmatch(text) else float(text)
    if not 0 <= number < math.inf:
        raise ValueError
    return number


def _port(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError
    port = int(text)
    Gateway("host", port=port)  # checks the range
    return port


def _text(text: str) -> str:
    text.encode()  # a lone surrogate raises ValueError
    if re.search(r"[\x00-\x1f\x7f-\x9f]", text):
        raise ValueError
    return text


def _host(text: str) -> str:
    base_url(_text(text))
    return text


def _gateway(field: str) -> Callable[[str], str]:
    """Return a function that validates and returns the text for one field of :class:`Gateway`."""

    def read(text: str) -> str:
        fields: dict[str, Any] = {"host": "host", field: _text(text)}
        Gateway(**fields)
        return text

    return read


def _choice(about: str, *choices: str) -> Key:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError
        return text.lower()

    *most, last = choices
    # The example is not the last choice, because the last level is "none".
    return Key(read, f"{', '.join(most)} or {last}", choices[-2], about, choices)


def _on_off(about: str) -> Key:
    return Key(_boolean, "true or false", "true", about, ("true", "false"))


def _duration(about: str) -> Key:
    return Key(_seconds, "a number of seconds, 0 or more", "10", about)


def _line(about: str, *, is_secret: bool = False) -> Key:
    rule = "text without control characters or lone surrogates"
    return Key(_text, rule, "one line of text", about, is_text=True, is_secret=is_secret)


_PATH = "a plain URL path; no query, no fragment, no dot segments"

KEYS: Final[Mapping[str, Mapping[str, Key]]] = {
    "logging": {
        "log_level": _choice(
            "The log level; trace is the most verbose.", "trace", "debug", "error", "none"
        ),
        "log_format": _choice("The format of log records.", "text", "json"),
        "log_to_console": _on_off("Whether log records are written to standard error."),
        "log_file_path": Key(
            _text,
            "a path without control characters or lone surrogates",
            "/var/log/genesys.log",
            "The file to which log records are appended.",
            is_text=True,
        ),
        "log_request_body": _on_off(
            "Whether request bodies are logged; they contain personal data."
        ),
        "log_response_body": _on_off(
            "Whether the bodies of error responses are logged; they may contain personal data."
        ),
    },
    "retry": {
        "max_retry_time_sec": _duration(
            "The retry budget: the maximum time from the start of a call to its last retry, in "
            "seconds. 0 disables retries."
        ),
        "retry_wait_max": _duration(
            "The retry budget under its name in the .NET SDK; an alias of max_retry_time_sec. "
            "If both are set, they must be equal. The Python field of this name differs: it "
            "limits a single delay."
        ),
        "retry_max": Key(_whole, "a whole number, 0 or more", "5", "Maximum number of retries."),
        "retry_wait_min": _duration("Minimum delay before a retry, in seconds."),
        "retry_after_default": _duration(
            "Seconds to wait before a retry if the response has no Retry-After."
        ),
        "backoff_interval": _duration(
            "Seconds between increases of the backoff delay (3, 9, 27 s)."
        ),
    },
    "reauthentication": {
        "refresh_access_token": _on_off(
            "Whether a rejected token is replaced with a new one and the request repeated."
        ),
        "refresh_token_wait_max": _duration(
            "Maximum time that a call waits for another call's token refresh, in seconds."
        ),
    },
    "general": {
        "live_reload_config": _on_off("Whether running clients reload the file when it changes."),
        "host": Key(
            _host,
            "the base URL of an API host",
            "https://api.mypurecloud.com",
            "The base URL of the API, which selects the region.",
            is_text=True,
        ),
    },
    "gateway": {
        "host": Key(
            _gateway("host"),
            "a bare host name; protocol, port and paths have their own keys",
            "gateway.example.com",
            "The gateway's host name; required if any other key of the section is set.",
            is_text=True,
        ),
        "protocol": Key(
            _gateway("protocol"),
            "https or http",
            "https",
            "The protocol of requests to the gateway.",
            ("https", "http"),
        ),
        "port": Key(
            _port,
            "a whole number from 0 to 65535, or -1 for none",
            "443",
            "The gateway's port; the protocol's default port if not set.",
        ),
        "path_params_login": Key(
            _gateway("path_params_login"),
            _PATH,
            "login",
            "The gateway's path prefix before /oauth/token.",
            is_text=True,
        ),
        "path_params_api": Key(
            _gateway("path_params_api"),
            _PATH,
            "api",
            "The gateway's path prefix before /api/v2/...",
            is_text=True,
        ),
        # The official SDKs have these keys too, so a file may contain them.
        "username": _line("Accepted for compatibility with the official SDKs, but not used."),
        "password": _line(
            "Accepted for compatibility with the official SDKs, but neither used nor shown.",
            is_secret=True,
        ),
    },
}
"""All keys by section: those of the official SDKs, ``max_retry_time_sec``, and two further fields
of :class:`~genesys_core.session.retry.RetryConfiguration` whose names the SDKs do not use.
"""


class JudgedDocument(Struct, frozen=True):
    """The result of validating a document.

    Attributes:
        values: the value of each ``(section, key)`` that is present and valid.
        lines: the line number of each key that has a value, valid or not.
        problems: a problem for each invalid setting, in line order.
        warnings: a warning for each unknown section or key, in line order.
    """

    values: Mapping[tuple[str, str], object]
    lines: Mapping[tuple[str, str], int]
    problems: tuple[ConfigurationProblem, ...]
    warnings: tuple[ConfigurationProblem, ...]


def judge_document(document: Document) -> JudgedDocument:
    """Validate a document; the result contains every problem."""
    values: dict[tuple[str, str], object] = {}
    lines: dict[tuple[str, str], int] = {}
    problems = [*document.problems, *_repeated(document), *_misplaced(document)]
    for entry in document.entries:
        key = KEYS.get(entry.section, {}).get(entry.key)
        if key is None:
            continue
        # Only with text: in rules about several keys, too, an empty value counts as not set.
        if entry.text:
            lines[entry.section, entry.key] = entry.line
        if (complaint := _complaint(entry, key)) is not None:
            problems.append(ConfigurationProblem(entry.line, complaint))
        elif entry.text:
            values[entry.section, entry.key] = key.read(entry.text)
    return JudgedDocument(values, lines, tuple(sorted(problems)), tuple(sorted(_ignored(document))))


def _complaint(entry: Entry, key: Key) -> str | None:
    """Return why the value of a known key is invalid; ``None`` if it is valid."""
    place = f"[{entry.section}] {entry.key}"
    if entry.kind == "container":
        return f"{place}: must be a single value, not an object or array; for example {key.example}"
    if not entry.text:
        return None  # empty counts as not set, as in the official SDKs
    shown = REDACTED if key.is_secret else format_value(entry.text, quoted=entry.kind == "text")
    if entry.kind == "literal" and key.is_text:
        return f"{place} = {shown}: must be a JSON string; put it in quotes"
    try:
        key.read(entry.text)
    except ValueError:
        meant = find_nearest(entry.text.lower(), key.choices)
        way_out = f"did you mean {meant}?" if meant else f"for example {key.example}"
        return f"{place} = {shown}: must be {key.rule}; {way_out}"
    return None


def _repeated(document: Document) -> Iterator[ConfigurationProblem]:
    """Yield a problem for each duplicate section or key."""
    first: dict[tuple[str, ...], int] = {}
    places: list[tuple[tuple[str, ...], int]] = [
        ((name,), line) for name, line in document.sections
    ]
    places += [((entry.section, entry.key), entry.line) for entry in document.entries]
    for place, line in places:
        if place in first:
            shown = " ".join((f"[{format_name(place[0])}]", *map(format_name, place[1:])))
            yield ConfigurationProblem(
                line, f"{shown}: is already on line {first[place]}; keep one of them"
            )
        first.setdefault(place, line)


def _misplaced(document: Document) -> Iterator[ConfigurationProblem]:
    """Yield a problem for each known name outside any section, where it has no effect."""
    for entry in document.entries:
        homes = _sections_with(entry.key)
        if entry.section:
            continue
        if entry.key in KEYS:
            rule = f"must be a section with keys such as {next(iter(KEYS[entry.key]))}"
            yield ConfigurationProblem(entry.line, f"[{entry.key}]: {rule}")
        elif homes:
            yield ConfigurationProblem(
                entry.line, f"{entry.key}: must be in a section; move it to {homes}"
            )


def _ignored(document: Document) -> Iterator[ConfigurationProblem]:
    """Yield warnings for unknown sections and keys."""
    for section, line in document.sections:
        if section not in KEYS:
            yield ConfigurationProblem(
                line,
                f"[{format_name(section)}]: unknown section, ignored; {_meant_section(section)}",
            )
    for entry in document.entries:
        if entry.section in KEYS and entry.key not in KEYS[entry.section]:
            place = f"[{entry.section}] {format_name(entry.key)}"
            yield ConfigurationProblem(
                entry.line, f"{place}: unknown key, ignored; {_meant_key(entry)}"
            )
        elif not entry.section and entry.key not in KEYS and not _sections_with(entry.key):
            rule = "unknown key outside any section, ignored; remove it"
            yield ConfigurationProblem(entry.line, f"{format_name(entry.key)}: {rule}")


def _meant_section(section: str) -> str:
    meant = find_nearest(section, KEYS)
    return f"did you mean [{meant}]?" if meant else f"known sections: {', '.join(KEYS)}"


def _meant_key(entry: Entry) -> str:
    if homes := _sections_with(entry.key):
        return f"it belongs to {homes}"
    meant = find_nearest(entry.key, KEYS[entry.section])
    return f"did you mean {meant}?" if meant else f"known keys: {', '.join(KEYS[entry.section])}"


def _sections_with(key: str) -> str:
    """Return the sections that have a key, joined with "or"; empty if none does."""
    return " or ".join(f"[{section}]" for section, keys in KEYS.items() if key in keys)
