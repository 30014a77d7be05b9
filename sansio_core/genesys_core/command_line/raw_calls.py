"""Parses the arguments of ``call METHOD PATH``."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, quote

from genesys_core.command_line.arguments import COMMON_OPTIONS, CommonOption
from genesys_core.command_line.operations import OperationDescription
from genesys_core.command_line.usage import UsageError

__all__ = ["METHODS", "RAW_OPTIONS", "describe_raw_call", "parse_raw_call"]

RAW_OPTIONS: Final = (
    *(option for option in COMMON_OPTIONS if option.group != "Bulk"),
    CommonOption(
        "param", "Query parameter; repeatable.", "NAME=VALUE", "p", is_repeated=True,
        group="Request",
    ),
)  # fmt: skip
"""The options of the command ``call``."""

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
"""The HTTP methods that ``call`` accepts."""


def describe_raw_call(method: str) -> OperationDescription:
    """Describe the command ``call`` as an operation: with an optional body, possibly a listing."""
    # Worded like the docstring of a builder, because properties are derived from these texts.
    return OperationDescription(
        "call",
        f"{method} PATH",
        method,
        "PATH",
        "any JSON value",
        "Call an endpoint by method and path.",
        "Paginated by the style detected in the response.",
        "",
        ("body",),
        0,
        "        body: any JSON value.\n",
    )


def parse_raw_call(
    arguments: Sequence[str],
) -> tuple[str, str, dict[str, list[str]], Sequence[str]]:
    """Return the method, the path, the query parameters and the remaining arguments.

    Raises:
        UsageError: the method or path is missing or invalid.
    """
    if len(arguments) < 2 or arguments[1].startswith("-"):
        raise UsageError("call: needs METHOD and PATH, such as GET /api/v2/users/me")
    method, path, *rest = arguments
    if method.upper() not in METHODS:
        raise UsageError(f"call {method}: the method must be one of {', '.join(METHODS)}")
    path, _, text = path.partition("?")
    if not path.startswith("/"):
        raise UsageError(f"call {path}: the path must begin with /, such as /api/v2/users/me")
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    # Escapes the characters that a path cannot contain (RFC 3986, section 3.3). "%" is not escaped,
    # so that escapes in the argument are kept.
    return method.upper(), quote(path, safe="/%:@!$&'()*+,;=~-._"), query, rest
