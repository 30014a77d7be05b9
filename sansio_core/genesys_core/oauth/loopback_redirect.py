"""Where a browser lands after a sign-in: what a loopback server answers, and what it learns.

Law: only the redirect that answers our own sign-in ends it; every other visit gets a page that says
why not, and the wait goes on. A page needs nothing from elsewhere, passes on no referrer, stays in no
cache, and shows what came from outside as text.

The adapter accepts connections on the loopback address and sends what it is told; every decision is
made here. ::

    redirect = LoopbackRedirect(redirect_uri, state)
    match redirect.received(request, now=now):
        case BrowserPage() as page: ...        # answer, and wait for the next request
        case CodeArrived(code=code): ...       # exchange it, answer with signed_in_page()
        case TokenArrived(token=token): ...    # the implicit grant: nothing to exchange
        case SignInRefused(error=error): ...   # answer with refused_page(error)
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from typing import ClassVar, Final, Literal, TypeAlias
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from genesys_core import errors
from genesys_core.clock import Now
from genesys_core.confidential import Confidential
from genesys_core.errors import AccessDeniedError, GenesysCloudError, InvalidValueError, OAuthError
from genesys_core.oauth.authorization import (
    STATE_MISMATCH,
    parse_code_redirect,
    parse_token_redirect,
)
from genesys_core.oauth.tokens import Token

__all__ = [
    "BrowserPage",
    "BrowserRequest",
    "CodeArrived",
    "LoopbackRedirect",
    "SignInOutcome",
    "SignInRefused",
    "TokenArrived",
    "check_redirect_uri",
    "check_timeout",
    "default_redirect_uri",
    "read_browser_request",
    "redirect_port",
    "refused_page",
    "response_type_of",
    "sign_in_timed_out",
    "signed_in_page",
]

MAX_VISIT: Final = 65_536
"""Bytes of a request; a redirect with a token in it has a few thousand."""


class BrowserRequest(Confidential, frozen=True):
    """A browser's request, read.

    Attributes:
        method: as it came.
        target: path and query; never shown, because a code may be in it.
        host: the ``Host`` header, empty where there is none.
        body: of a POST; never shown.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"target", "body"})

    method: str
    target: str
    host: str
    body: bytes = b""


class BrowserPage(Struct, frozen=True):
    """An answer to a browser.

    Attributes:
        status: the status code.
        title: what happened, in two or three words.
        content: HTML below the title.
        script: the one script that the page may run.
    """

    status: int
    title: str
    content: str
    script: str = ""

    def to_bytes(self) -> bytes:
        """The whole HTTP/1.1 response; the connection is to be closed after it."""
        script = f"<script>{self.script}</script>" if self.script else ""
        text = _FRAME.format(title=escape(self.title), content=self.content, script=script)
        body = text.encode("utf-8", "replace")
        fields = {**_FIELDS, "Content-Security-Policy": self._policy()}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        reason = HTTPStatus(self.status).phrase
        start = f"HTTP/1.1 {self.status} {reason}\r\n{head}Content-Length: {len(body)}\r\n\r\n"
        return start.encode("ascii") + body

    @property
    def is_foreign(self) -> bool:
        """Whether it answers the redirect of another sign-in, which was not believed."""
        return self.status == 400

    def _policy(self) -> str:
        policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
        if not self.script:
            return f"{policy}; form-action 'none'; frame-ancestors 'none'"
        digest = b64encode(hashlib.sha256(self.script.encode()).digest()).decode()
        return f"{policy}; form-action 'self'; frame-ancestors 'none'; script-src 'sha256-{digest}'"


class CodeArrived(Confidential, frozen=True):
    """The user signed in: exchange this code; never shown."""

    __secrets__: ClassVar[frozenset[str]] = frozenset({"code"})

    code: str


class TokenArrived(Struct, frozen=True):
    """The user signed in, and here is the token."""

    token: Token


class SignInRefused(Struct, frozen=True):
    """The user or the platform said no."""

    error: OAuthError


SignInOutcome: TypeAlias = CodeArrived | TokenArrived | SignInRefused
"""What ends a sign-in."""


class LoopbackRedirect(Confidential, frozen=True):
    """The place where one sign-in's redirect is waited for.

    Args:
        redirect_uri: as in the authorize URL.
        state: as in the authorize URL; never shown.
        is_implicit: whether a token in the fragment is waited for, instead of a code in the query.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"state"})

    redirect_uri: str
    state: str
    is_implicit: bool = False

    def received(self, request: BrowserRequest, *, now: Now) -> "BrowserPage | SignInOutcome":
        """What a visit means: a page to answer with, or the end of the sign-in.

        Args:
            request: the request.
            now: when it came; an implicit token's expiry counts from here.
        """
        wanted = urlsplit(self.redirect_uri)
        # A name that somebody else's DNS points to the loopback address is not ours.
        if request.host.lower().removesuffix(":80") != wanted.netloc.lower().removesuffix(":80"):
            return _problem(421, "This address is not served here.")
        if request.target.partition("?")[0] != (wanted.path or "/"):
            return _problem(404, "There is nothing here; the sign-in ends on another page.")
        if request.method not in ("GET", "POST") or (
            request.method == "POST" and not self.is_implicit
        ):
            return _problem(405, "This page is only for the redirect of a sign-in.")
        try:
            return self._read(request, now)
        except OAuthError as error:
            if error.error == STATE_MISMATCH:
                return _problem(400, _ANOTHER_SIGN_IN)
            return SignInRefused(error)

    def _read(self, request: BrowserRequest, now: Now) -> "BrowserPage | SignInOutcome":
        if not self.is_implicit:
            return CodeArrived(parse_code_redirect(request.target, state=self.state))
        if request.method == "POST":
            fragment = parse_qs(request.body.decode("utf-8", "replace")).get("fragment", [""])[0]
            url = f"{self.redirect_uri}#{fragment.removeprefix('#')}"
        elif "error" in parse_qs(request.target.partition("?")[2]):
            url = request.target
        else:
            # What follows "#" is the browser's own; only a script can hand it over.
            return _HAND_OVER
        return TokenArrived(parse_token_redirect(url, state=self.state, now=now))


def check_redirect_uri(uri: str) -> tuple[str, int]:
    """The host and port of a redirect URI that a loopback server can serve.

    Args:
        uri: such as ``http://127.0.0.1:8080/callback``, with the port.

    Raises:
        InvalidValueError: it is something else.
    """
    rule = "must be http://127.0.0.1:PORT/PATH or http://localhost:PORT/PATH, without ? and #"
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        raise InvalidValueError(f"redirect_uri {uri!r}: {rule}") from None
    plain = uri.isascii() and uri.isprintable() and not set(uri) & {*" ?#\\"} and "@" not in uri
    if not plain or parts.scheme != "http" or host not in ("127.0.0.1", "localhost") or not port:
        raise InvalidValueError(f"redirect_uri {uri!r}: {rule}")
    return host, port


def response_type_of(grant: str) -> Literal["code", "token"]:
    """What the browser is to bring back for a grant (RFC 6749, 3.1.1).

    Args:
        grant: ``pkce`` or ``implicit``.

    Raises:
        InvalidValueError: another word.
    """
    if grant == "pkce":
        return "code"
    if grant == "implicit":
        return "token"
    raise InvalidValueError(f"grant {grant!r}: must be pkce or implicit")


def redirect_port(port: int, redirect_uri: str | None) -> int:
    """The port to listen on for a redirect; 0 for any free one.

    Args:
        port: as the caller gave it; 0 leaves it open.
        redirect_uri: as the caller gave it.

    Raises:
        InvalidValueError: no port, no loopback URI, or two different ports.
    """
    if not 0 <= port <= 65_535:
        raise InvalidValueError(f"port {port!r}: must be 0 to 65535; 0 is for any free one")
    if redirect_uri is None:
        return port
    named = check_redirect_uri(redirect_uri)[1]
    if port not in (0, named):
        raise InvalidValueError(
            f"port {port!r} and redirect_uri {redirect_uri!r}: they name different ports; "
            "give one of them"
        )
    return named


def default_redirect_uri(port: int) -> str:
    """The redirect URI of a sign-in for which nobody named one (RFC 8252, 7.3)."""
    return f"http://127.0.0.1:{port}/callback"


def check_timeout(seconds: float) -> None:
    """Check the time that a user gets.

    Raises:
        InvalidValueError: nothing, or without end.
    """
    if not 0 < seconds < float("inf"):
        raise InvalidValueError(f"timeout={seconds!r}: must be above 0 seconds, and finite")


def sign_in_timed_out(seconds: float, foreign: int) -> errors.TimeoutError:
    """The error of a sign-in to which nobody came in time.

    Args:
        seconds: the time that there was.
        foreign: redirects of other sign-ins that came meanwhile.
    """
    words = f"nobody signed in within {seconds:g} s"
    if foreign:
        words += (
            f"; {foreign} redirect(s) of another sign-in came (their state differs) "
            "and were not believed"
        )
    return errors.TimeoutError(words, sent=False)


def read_browser_request(data: bytes) -> BrowserRequest | BrowserPage | None:
    """A request, as far as it has come.

    Args:
        data: all bytes of the connection up to now.

    Returns:
        The visit; a page where it cannot be one; ``None`` where more bytes are needed.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    if len(data) > MAX_VISIT:
        return _problem(413, "The request is too long.")
    if not end:
        return None
    start, *lines = head.decode("latin-1").split("\r\n")
    words, fields = start.split(" "), _fields(lines)
    if fields is None or len(words) != 3 or not words[2].startswith("HTTP/1."):
        return _problem(400, "The request is not HTTP.")
    length = fields.get("content-length", "0")
    if "transfer-encoding" in fields or _LENGTH.fullmatch(length) is None:
        return _problem(400, "The request has a body of unknown length.")
    is_whole = len(rest) >= int(length)
    return BrowserRequest(words[0], words[1], fields.get("host", ""), rest) if is_whole else None


_LENGTH = re.compile(r"[0-9]{1,9}")


def signed_in_page() -> BrowserPage:
    """The page for a sign-in that gave a token."""
    return BrowserPage(200, "Signed in", _paragraph("You can close this window and go back."))


def refused_page(error: GenesysCloudError) -> BrowserPage:
    """The page for a sign-in that gave none."""
    if isinstance(error, AccessDeniedError):
        words = error.description or "The user or the platform said no."
        return BrowserPage(200, "Not signed in", _paragraph(f"The sign-in was refused: {words}"))
    return BrowserPage(200, "Not signed in", _paragraph(f"The sign-in failed: {error}"))


def _fields(lines: list[str]) -> Mapping[str, str] | None:
    """Header fields by name; ``None`` where one has no colon, or those that matter are repeated."""
    pairs = [line.partition(":") for line in lines]
    if any(not colon or not name for name, colon, _ in pairs):
        return None
    names = [name.lower() for name, _, _ in pairs]
    if any(names.count(name) > 1 for name in ("host", "content-length")):
        return None
    return {name.lower(): value.strip() for name, _, value in pairs}


def _paragraph(text: str) -> str:
    return f'<p id="message">{escape(text)}</p>'


def _problem(status: int, text: str) -> BrowserPage:
    return BrowserPage(status, "Not this page", _paragraph(text))


_ANOTHER_SIGN_IN: Final = (
    "This is not the answer to the sign-in that is waited for: its state differs. "
    "Nothing was taken from it. Use the window that was opened last, or start again."
)

_FIELDS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}

_FRAME: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 30em; margin: 4em auto; padding: 0 1em; }}</style>
</head>
<body>
<h1>{title}</h1>
{content}
{script}
</body>
</html>
"""

_HAND_OVER: Final = BrowserPage(
    200,
    "Signing in",
    """<form method="post"><input type="hidden" name="fragment"></form>
<noscript><p id="message">This page needs JavaScript to hand over what the platform sent.</p></noscript>""",
    # The address is cleaned first, so that no token stays in the history.
    "const form = document.forms[0];"
    "form.elements.fragment.value = location.hash;"
    "history.replaceState(null, '', location.pathname);"
    "form.submit();",
)
