"""Writes the page about configuration keys and environment variables.

Invariants: the keys, their rules and their meanings are those of
:data:`genesys_core.configuration.keys.KEYS`; every key has one section, whose anchor is
``section.key``.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from genesys_core.configuration.configuration import DEFAULTS, python_field
from genesys_core.configuration.environment import VARIABLES
from genesys_core.configuration.keys import KEYS, Key
from genesys_core.definition.reference.markdown import (
    inline_code,
    plain_text,
    write_heading,
    write_table,
)
from genesys_core.hosts import Gateway
from genesys_core.session.retry import RetryConfiguration

__all__ = ["CONFIGURATION", "OTHER_VARIABLES", "configuration_text"]

CONFIGURATION: Final = "configuration-keys.md"

_SECTIONS: Final[Mapping[str, str]] = {
    "logging": "The level, format, content and destination of logs; see [Logging](../logging.md).",
    "retry": (
        "Retries are disabled unless a key of this section is set; see [Retries](../retries.md). The "
        "other fields of `RetryConfiguration` can be set only in code."
    ),
    "reauthentication": (
        "Whether and how a token that the platform rejects is replaced; see [Tokens](../tokens.md)."
    ),
    "general": "The API host, and whether running clients reload the file when it changes.",
    "gateway": "A gateway in front of the platform; see [Network](../network.md).",
}

_MEANINGS: Final[Mapping[str, str]] = {
    "GENESYSCLOUD_REGION": (
        "The name of a region, such as `eu_west_1` (or `eu-west-1`), or its domain, such as "
        "`mypurecloud.ie`."
    ),
    "GENESYSCLOUD_HOST": "The base URL of the API. Set either this or the region.",
    "GENESYSCLOUD_OAUTHCLIENT_ID": "The OAuth client's id.",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET": "The OAuth client's secret.",
    "GENESYSCLOUD_ACCESS_TOKEN": "An access token obtained elsewhere.",
}

OTHER_VARIABLES: Final[Mapping[str, str]] = {
    "GENESYSCLOUD_TRANSPORT": (
        "`sockets` (the default) for the library's own transport, or `httpx`."
    ),
    "GENESYSCLOUD_PROFILE": "The command line's profile, as with `--profile`.",
    "GENESYSCLOUD_TOKEN_FILE": "The file in which `genesys-cloud login` saves the sign-in.",
    "HTTPS_PROXY": "The proxy for HTTPS requests and notifications. `https_proxy` has the same effect.",
    "HTTP_PROXY": "The proxy for HTTP requests. `http_proxy` has the same effect.",
    "ALL_PROXY": "The proxy if neither `HTTPS_PROXY` nor `HTTP_PROXY` applies; may be a SOCKS proxy.",
    "NO_PROXY": "Hosts that are reached without a proxy, separated by commas.",
    "SSL_CERT_FILE": "A PEM file with the trusted certificate authorities.",
    "SSL_CERT_DIR": "A directory with the trusted certificate authorities.",
}
"""The environment variables without a configuration key, with their meanings."""


def configuration_text() -> str:
    """Return the page about configuration keys and environment variables."""
    lines = [
        "# Configuration keys",
        "",
        (
            "The keys of configuration files, generated from the table that validates them. "
            "[Configuration](../configuration.md) shows where the file is and how to write it."
        ),
        "",
        *write_table(
            ("section", "keys"),
            (
                (
                    f"[{inline_code(section)}](#{section})",
                    ", ".join(f"[{inline_code(key)}](#{section}.{key})" for key in keys),
                )
                for section, keys in KEYS.items()
            ),
        ),
    ]
    for section, keys in KEYS.items():
        lines += [write_heading(2, f"[{section}]", section), "", _SECTIONS[section], ""]
        for name, key in keys.items():
            lines += [write_heading(3, name, f"{section}.{name}"), "", plain_text(key.about), ""]
            lines += write_table(("", ""), _facts(section, name, key))
    return "\n".join([*lines, *_variables()])


def _facts(section: str, name: str, key: Key) -> Iterator[tuple[str, str]]:
    choices = ", ".join(map(inline_code, key.choices))
    yield "value", choices or f"{plain_text(key.rule)}; for example {inline_code(key.example)}"
    owner, field = python_field(section, name)
    yield "default", _default(section, name, field)
    yield "in Python", inline_code(f"{owner}({field}=...)")


def _default(section: str, name: str, field: str) -> str:
    match section:
        case "retry":  # retries are disabled by default, so DEFAULTS has no effective values
            value = getattr(RetryConfiguration(), field)
            return (
                "none" if value is None else f"{inline_code(f'{value:g}')}, if retries are enabled"
            )
        case "gateway":
            value = getattr(Gateway("host"), field)
            return inline_code(value) if name == "protocol" else "none"
        case _:
            shown = next(
                e.value for e in DEFAULTS.describe() if (e.section, e.key) == (section, name)
            )
            return inline_code(shown) if shown else "none"


def _variables() -> Iterator[str]:
    yield write_heading(2, "Environment variables", "environment-variables")
    yield ""
    yield "Environment variables take precedence over the file. `Client(trust_env=False)` ignores them."
    yield ""
    meanings = {**{name: _MEANINGS[name] for name in VARIABLES.values()}, **OTHER_VARIABLES}
    rows = ((inline_code(name), text) for name, text in meanings.items())
    yield from write_table(("variable", "meaning"), rows)
