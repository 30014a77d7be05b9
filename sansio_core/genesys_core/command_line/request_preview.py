"""Formats requests as text, for ``--dry-run``, which prints a request instead of sending it.

Invariants: the token is never shown; a curl command reads the token from an environment variable.
"""

import json
import re
from typing import Final

from genesys_core.command_line.formats import json_text
from genesys_core.http.messages import Request
from genesys_core.http.redaction import DEFAULT_REDACTION
from genesys_core.observability.terminal import escape_line

__all__ = ["curl_command", "preview_request"]

_TOKEN: Final = "$GENESYSCLOUD_ACCESS_TOKEN"  # noqa: S105 - a reference to a variable
_SAFE: Final = re.compile(r"[\w@%+=:,./-]+", re.ASCII)


def preview_request(request: Request) -> str:
    """Return a request as text: method and URL, headers, body.

    Credentials are redacted. A JSON body is indented.
    """
    shown = request.redacted()
    lines = [f"{request.method} {shown.url}"]
    lines += [f"{name}: {value}" for name, value in shown.headers.raw]
    text = "\n".join(map(escape_line, lines))
    return f"{text}\n\n{_body(request.body)}" if request.body is not None else text


def _body(body: bytes) -> str:
    try:
        return json_text(DEFAULT_REDACTION.shown_value(json.loads(body)))
    except ValueError:
        return escape_line(body.decode("utf-8", "replace"))


def curl_command(request: Request) -> str:
    """Return a request as a curl command for a POSIX shell.

    Instead of the token, the command contains ``$GENESYSCLOUD_ACCESS_TOKEN``, which the shell expands.
    """
    parts = ["curl"]
    if request.method == "HEAD":
        # With -X HEAD, curl would wait for the body that Content-Length announces.
        parts.append("--head")
    elif request.method != "GET":
        parts += ["-X", request.method]
    parts.append(_quoted(request.url))
    for name, value in request.headers.raw:
        if name.lower() == "authorization":
            parts += ["-H", f'"Authorization: Bearer {_TOKEN}"']
        else:
            parts += ["-H", _quoted(f"{name}: {value}")]
    if request.body is not None:
        parts += ["--data-binary", _quoted(request.body.decode("utf-8", "replace"))]
    return " ".join(parts)


def _quoted(text: str) -> str:
    if _SAFE.fullmatch(text):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "'\\''") + "'"
    # ANSI-C quoting ($'...'), because a terminal would interpret control characters.
    escaped = "".join(map(_ansi_c, text))
    return f"$'{escaped}'"


def _ansi_c(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
