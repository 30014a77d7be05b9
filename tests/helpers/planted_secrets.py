"""Planted secrets, servers that repeat them, and a search of everything that came out."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from base64 import b64decode, b64encode
from types import TracebackType
from urllib.parse import quote

import rich.pretty
import rich.traceback

from genesys_core import errors
from tests.helpers.server import Reply, Seen
from tests.strategies.secrets import SPELLINGS

# Neither a code verifier (RFC 7636, 4.1) nor a URL's user information has all characters.
_ODD = {"verifier": "~", "user information": "~"}

SECRETS = {
    name: f"planted{name.replace(' ', '')}{_ODD.get(name, '/+=')}{'q' * 43}"
    for name in (
        "client secret",
        "access token",
        "second access token",
        "refresh token",
        "rotated refresh token",
        "password",
        "new password",
        "code",
        "verifier",
        "cookie",
        "api key",
        "gateway password",
        "proxy password",
        "token in an error",
        "query token",
        "user information",
        "channel",
    )
}
ASSERTION = b64encode(b"planted assertion, which an identity provider signed").decode()
BASIC = b64encode(f"id:{SECRETS['client secret']}".encode()).decode()
PROXY_BASIC = b64encode(f"user:{SECRETS['proxy password']}".encode()).decode()

_OURS = ("/genesys_core/", "/genesys_cloud/")


def all_secrets() -> dict[str, str]:
    """Each secret by its name, as it is and as a header has it."""
    return {**SECRETS, "assertion": ASSERTION, "Basic header": BASIC, "proxy header": PROXY_BASIC}


def assert_absent(texts: list[str]) -> None:
    """No secret is in any of the texts, whatever its spelling."""
    everything = "\n".join(texts)
    for name, secret in all_secrets().items():
        for spelling in {spell(secret).strip('[]{}"') for spell in SPELLINGS.values()}:
            at = everything.find(spelling)
            if at >= 0:
                around = everything[max(0, at - 200) : at + len(spelling) + 60]
                raise AssertionError(f"the {name} came out: ...{around}...")


def repeated(seen: Seen) -> str:
    """What a request said of who sent it: its credentials, decoded too, and its form."""
    said = [seen.body.decode("utf-8", "replace")]
    for header in ("authorization", "proxy-authorization", "cookie", "x-api-key"):
        value = seen.header(header) or ""
        said.append(value)
        if value.startswith("Basic "):
            said.append(b64decode(value[6:]).decode())
    return " | ".join(filter(None, said))


def refusal(seen: Seen, status: int, spelling: str) -> Reply:
    """An answer that repeats what it was told in every field that has words, so spelt."""
    text = SPELLINGS[spelling](repeated(seen))
    document = {
        "message": f"this is no good: {text}",
        "code": text,
        "error": f"invalid {text}",
        "error_description": f"cannot use {text}",
        "contextId": text,
        "entityId": text,
        "entityName": text,
        "messageWithParams": text,
        "messageParams": {"given": text},
        "details": [{"errorCode": text, "password": SECRETS["new password"]}],
        "errors": [{"message": text}],
        "limit": {"key": text},
    }
    plain = " ".join(text.split())
    headers = (
        ("ININ-Correlation-Id", quote(plain, safe="{}[]\"':/|= %\\")),
        ("WWW-Authenticate", f'Bearer realm="genesys", error="{quote(plain)}"'),
        ("X-Echo", quote(plain, safe="{}[]\"':/|= %\\")),
        ("Set-Cookie", f"session={SECRETS['cookie']}"),
    )
    return Reply(status, document, headers=headers)


class Captured:
    """All that came out, as text."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def error(self, error: BaseException) -> None:
        """All forms in which an error may be shown."""
        self.of(error)
        own = _from_our_frames(error.__traceback__)
        found = traceback.TracebackException(type(error), error, own, capture_locals=True)
        self.texts += [*traceback.format_exception(error), *found.format()]
        self.texts.append(_rich_traceback(error, own))
        if isinstance(error, errors.GenesysCloudError):
            self.of(
                error.attempts, getattr(error, "response", None), getattr(error, "request", None)
            )
            for same in (error, copy.copy(error), copy.deepcopy(error)):
                self.texts.append(pickle.dumps(same).decode("latin-1"))

    def of(self, *values: object) -> None:
        """What ``print``, a debugger and ``rich`` show of values."""
        for value in values:
            self.texts += [repr(value), str(value), rich.pretty.pretty_repr(value)]

    def hook(self, *messages: object) -> None:
        """A hook that looks at what it is given, and changes nothing."""
        self.of(*messages)


def _from_our_frames(found: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of the test: what it planted is in their variables."""
    while found is not None and not any(
        part in found.tb_frame.f_code.co_filename for part in _OURS
    ):
        found = found.tb_next
    return found


def _rich_traceback(error: BaseException, frames: TracebackType | None) -> str:
    """What a traceback of ``rich`` shows besides source lines; drawing the boxes around it takes long."""
    trace = rich.traceback.Traceback.extract(
        type(error), error, frames, show_locals=True, locals_max_string=None
    )
    shown = [stack.exc_value for stack in trace.stacks]
    for stack in trace.stacks:
        for frame in stack.frames:
            shown += [f"{name} = {value}" for name, value in (frame.locals or {}).items()]
    return "\n".join(shown)


class Curious(logging.Handler):
    """Formats each record with everything on it."""

    def __init__(self, captured: Captured) -> None:
        super().__init__(level=1)
        self._captured = captured

    def emit(self, record: logging.LogRecord) -> None:
        self._captured.texts += [
            record.getMessage(),
            repr(vars(record)),
            json.dumps(vars(record), default=repr),
        ]
        if record.name != "asyncio":  # whose records hold tasks
            self._captured.texts.append(pickle.dumps(record).decode("latin-1"))
