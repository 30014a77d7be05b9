"""HTTP requests and pages for a loopback redirect server (RFC 8252 section 7.3).

Invariants: only the redirect that belongs to this sign-in ends the wait; every other request gets a
page with the reason, and the server keeps waiting. Pages load no external resources, send no
referrer, are not cached, and escape all external text.

The adapter accepts connections on the loopback address and sends the pages; every decision is made
here. ::

    redirect = LoopbackRedirect(redirect_uri, state)
    match redirect.received(request, now=now):
        case BrowserPage() as page: ...        # send it and wait for the next request
        case CodeArrived(code=code): ...       # exchange the code, send signed_in_page()
        case TokenArrived(token=token): ...    # implicit grant: nothing to exchange
        case SignInRefused(error=error): ...   # send refused_page(error)
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
from genesys_core.checks import NUMBER, TEXT, WHOLE_NUMBER
from genesys_core.clock import Now
from genesys_core.confidential import Confidential
from genesys_core.errors import AccessDeniedError, GenesysCloudError, InvalidValueError, OAuthError
from genesys_core.http.messages import LONGEST
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

MAX_REQUEST: Final = 65_536
"""Maximum size of a request in bytes; a redirect with a token takes a few thousand."""


class BrowserRequest(Confidential, frozen=True):
    """A parsed browser request.

    Attributes:
        method: the HTTP method as received.
        target: path and query; never shown, because it may contain a code.
        host: the ``Host`` header, empty if there is none.
        body: the body of a POST; never shown.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"target", "body"})

    method: str
    target: str
    host: str
    body: bytes = b""


class BrowserPage(Struct, frozen=True):
    """A page to send to the browser.

    Attributes:
        status: the HTTP status code.
        title: the page's title, two or three words.
        content: HTML below the title.
        script: the only script that the page may run.
    """

    status: int
    title: str
    content: str
    script: str = ""

    def to_bytes(self) -> bytes:
        """Return the complete HTTP/1.1 response; close the connection after sending it."""
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
        """Whether the redirect is rejected because its ``state`` does not match this sign-in."""
        # Of the pages that LoopbackRedirect.received returns, only this one has the status 400.
        return self.status == 400

    def _policy(self) -> str:
        policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
        if not self.script:
            return f"{policy}; form-action 'none'; frame-ancestors 'none'"
        digest = b64encode(hashlib.sha256(self.script.encode()).digest()).decode()
        return f"{policy}; form-action 'self'; frame-ancestors 'none'; script-src 'sha256-{digest}'"


class CodeArrived(Confidential, frozen=True):
    """The user signed in: exchange the authorization code for a token. The code is never shown."""

    __secrets__: ClassVar[frozenset[str]] = frozenset({"code"})

    code: str


class TokenArrived(Struct, frozen=True):
    """The user signed in with the implicit grant, which has no code to exchange."""

    token: Token


class SignInRefused(Struct, frozen=True):
    """The user or the platform refused the sign-in."""

    error: OAuthError


SignInOutcome: TypeAlias = CodeArrived | TokenArrived | SignInRefused
"""The final result of a browser sign-in."""


class LoopbackRedirect(Confidential, frozen=True):
    """Processes a browser's requests until one of them is the redirect of this sign-in.

    Args:
        redirect_uri: the redirect URI of the authorization request.
        state: the state of the authorization request; never shown.
        is_implicit: whether to expect a token in the fragment instead of a code in the query.
    """

    __secrets__: ClassVar[frozenset[str]] = frozenset({"state"})

    redirect_uri: str
    state: str
    is_implicit: bool = False

    def received(self, request: BrowserRequest, *, now: Now) -> "BrowserPage | SignInOutcome":
        """Handle a request: return a page to send, or the result of the sign-in.

        Args:
            request: the browser's request.
            now: when the request was received; the base of an implicit token's expiry.
        """
        wanted = urlsplit(self.redirect_uri)
        # Reject other host names: someone's DNS may point them to the loopback address (DNS
        # rebinding). Browsers omit the default port from `Host`.
        if request.host.lower().removesuffix(":80") != wanted.netloc.lower().removesuffix(":80"):
            return _problem(421, "This server does not serve this host.")
        if request.target.partition("?")[0] != (wanted.path or "/"):
            return _problem(404, "Not found. The redirect URI of this sign-in has another path.")
        if request.method not in ("GET", "POST") or (
            request.method == "POST" and not self.is_implicit
        ):
            return _problem(405, "This page accepts only sign-in redirects.")
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
            # The fragment never leaves the browser; only a script can submit it.
            return _HAND_OVER
        return TokenArrived(parse_token_redirect(url, state=self.state, now=now))


def check_redirect_uri(uri: str) -> tuple[str, int]:
    """Return the host and port of a redirect URI that a loopback server can serve.

    Args:
        uri: a URI such as ``http://127.0.0.1:8080/callback``; the port is required.

    Raises:
        InvalidValueError: the URI does not have this form.
    """
    TEXT.check("redirect_uri", uri)
    rule = "must be http://127.0.0.1:PORT/PATH or http://localhost:PORT/PATH, without ? and #"
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError:
        raise InvalidValueError(f"redirect_uri {uri!r}: {rule}") from None
    # Browsers read a backslash as a slash, and what precedes an "@" as a user name.
    plain = uri.isascii() and uri.isprintable() and not set(uri) & {*" ?#\\"} and "@" not in uri
    if not plain or parts.scheme != "http" or host not in ("127.0.0.1", "localhost") or not port:
        raise InvalidValueError(f"redirect_uri {uri!r}: {rule}")
    return host, port


def response_type_of(grant: str) -> Literal["code", "token"]:
    """Return the response type for a grant (RFC 6749 section 3.1.1).

    Args:
        grant: ``pkce`` or ``implicit``.

    Raises:
        InvalidValueError: the grant is neither.
    """
    if grant == "pkce":
        return "code"
    if grant == "implicit":
        return "token"
    raise InvalidValueError(f"grant {grant!r}: must be pkce or implicit")


def redirect_port(port: int, redirect_uri: str | None) -> int:
    """Return the port to listen on; 0 means any free port.

    Args:
        port: the caller's port; 0 for any.
        redirect_uri: the caller's redirect URI.

    Raises:
        InvalidValueError: the port is invalid, the URI is not a loopback URI, or the two ports
            differ.
    """
    WHOLE_NUMBER.check("port", port)
    if not 0 <= port <= 65_535:
        raise InvalidValueError(f"port {port!r}: must be 0 to 65535; 0 selects a free port")
    if redirect_uri is None:
        return port
    named = check_redirect_uri(redirect_uri)[1]
    if port not in (0, named):
        raise InvalidValueError(
            f"port {port!r} and redirect_uri {redirect_uri!r}: the ports differ; pass only one of the two"
        )
    return named


def default_redirect_uri(port: int) -> str:
    """Return the default redirect URI (RFC 8252 section 7.3)."""
    return f"http://127.0.0.1:{port}/callback"


def check_timeout(seconds: float) -> None:
    """Check the timeout of a sign-in.

    Raises:
        InvalidValueError: the timeout is not positive, or is too long.
    """
    NUMBER.check("timeout", seconds)
    if not 0 < seconds <= LONGEST:
        raise InvalidValueError(
            f"timeout={seconds!r}: must be a number of seconds above 0 and at most {LONGEST:g}"
        )


def sign_in_timed_out(seconds: float, foreign: int) -> errors.TimeoutError:
    """Return the error for a sign-in that timed out.

    Args:
        seconds: the timeout in seconds.
        foreign: number of redirects that were rejected because they belonged to other sign-ins.
    """
    words = f"sign-in timed out after {seconds:g} s"
    if foreign:
        words += f"; rejected {foreign} redirect(s) from another sign-in (state mismatch)"
    return errors.TimeoutError(words, sent=False)


def read_browser_request(data: bytes) -> BrowserRequest | BrowserPage | None:
    """Parse a request from the bytes received so far.

    Args:
        data: all bytes received on the connection.

    Returns:
        The request; an error page if it is not valid; ``None`` if it is incomplete.
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    if len(data) > MAX_REQUEST:
        return _problem(413, "The request is too long.")
    if not end:
        return None
    # Latin-1 decodes any bytes (RFC 9110 section 5.5), so a malformed request cannot raise here.
    start, *lines = head.decode("latin-1").split("\r\n")
    words, fields = start.split(" "), _fields(lines)
    if fields is None or len(words) != 3 or not words[2].startswith("HTTP/1."):
        return _problem(400, "The request is not valid HTTP.")
    length = fields.get("content-length", "0")
    if "transfer-encoding" in fields or _LENGTH.fullmatch(length) is None:
        return _problem(400, "The request has a body of unknown length.")
    is_whole = len(rest) >= int(length)
    return BrowserRequest(words[0], words[1], fields.get("host", ""), rest) if is_whole else None


_LENGTH = re.compile(r"[0-9]{1,9}")  # a longer body than MAX_REQUEST is rejected as it arrives


def signed_in_page() -> BrowserPage:
    """Return the page for a successful sign-in."""
    return BrowserPage(200, "Signed in", _paragraph("You can close this window."))


def refused_page(error: GenesysCloudError) -> BrowserPage:
    """Return the page for a failed sign-in."""
    if isinstance(error, AccessDeniedError):
        words = error.description or "The user or the platform denied access."
        return BrowserPage(200, "Not signed in", _paragraph(f"The sign-in was refused: {words}"))
    return BrowserPage(200, "Not signed in", _paragraph(f"The sign-in failed: {error}"))


def _fields(lines: list[str]) -> Mapping[str, str] | None:
    """Parse header fields; ``None`` if one has no colon, or a relevant one is repeated."""
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
    return BrowserPage(status, "Request rejected", _paragraph(text))


_ANOTHER_SIGN_IN: Final = "This redirect belongs to another sign-in (state mismatch) and was ignored. Use the most recently opened window, or start again."

_FIELDS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}

# The empty icon keeps browsers from requesting /favicon.ico.
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
<noscript><p id="message">This page needs JavaScript to complete the sign-in.</p></noscript>""",
    # Clear the address first, so that the token does not stay in the history.
    "const form = document.forms[0];"
    "form.elements.fragment.value = location.hash;"
    "history.replaceState(null, '', location.pathname);"
    "form.submit();",
)
