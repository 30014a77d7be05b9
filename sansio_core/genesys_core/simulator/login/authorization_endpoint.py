"""Browser sign-in: ``/oauth/authorize`` and ``/logout``.

Invariants: a browser is redirected only to a URI that the client may use. An unknown client, a URI
that it may not use and a repeated parameter are reported to the user on a page, all other errors to
the client with the codes of RFC 6749 section 4.1.2.1. A code or token is issued only for a user who
entered the password or has a session, and never if access was denied.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.simulator.http.exchange import LoginCall, LoginHandler, Reply
from genesys_core.simulator.http.problems import Problem
from genesys_core.simulator.login.clients import is_registered
from genesys_core.simulator.login.pages import form_page, message_page
from genesys_core.simulator.login.token_endpoint import MAX_TOKENS, issue_token, token_lifetime
from genesys_core.simulator.state.credentials import BrowserSession, Code
from genesys_core.simulator.state.world import OAuthClient, active_emails, find_by_email, is_active

__all__ = ["HANDLERS"]

_COOKIE: Final = "simulator_session"
_CHALLENGE = re.compile(r"[0-9A-Za-z_-]{43}")
_GRANTS: Final = {"code": "authorization_code", "token": "implicit"}


def get_authorize(call: LoginCall) -> Reply:
    """Return the login page, or redirect immediately if a session exists and no prompt is required.

    Raises:
        Problem: the request is invalid.
    """
    ask = _read(call)
    session = _session(call)
    if session is not None and ask.prompt != "login":
        return _granted(call, ask, session)
    return _form(call, ask, email=_hinted(ask.login_hint))


def post_authorize(call: LoginCall) -> Reply:
    """Process the submitted login form: sign in, deny access, or reject the password.

    Raises:
        Problem: the request is invalid.
    """
    ask = _read(call)
    if call.form.get("action") == "refuse":
        return ask.refused("access_denied", "The user denied the request.").reply("")
    email = call.form.get("email", "").strip()
    user = find_by_email(call.state.users, email)
    if user is None or not _is_password(call, call.form.get("password", "")):
        return _form(call, ask, email=email, problem="Incorrect email or password.")
    session = _session(call)
    if session is None or session.user_id != user["id"]:
        session = BrowserSession(call.state.new_secret("session"), str(user["id"]))
    granted = _granted(call, ask, session)
    cookie = f"{_COOKIE}={session.value}; Path=/; HttpOnly; SameSite=Lax"
    return replace(granted, headers=(*granted.headers, ("Set-Cookie", cookie)))


def get_logout(call: LoginCall) -> Reply:
    """End the browser's session.

    Tokens remain valid: apps revoke theirs with ``DELETE /api/v2/tokens/me``.

    Raises:
        Problem: the client or the redirect URI is unknown.
    """
    client = _client(call)
    redirect_uri = _one(call, "redirect_uri")
    if redirect_uri is not None and not is_registered(client, redirect_uri):
        _page_problem("The redirect URI is not registered for the client.")
    session = _session(call)
    if session is not None:
        del call.state.sessions[session.value]
    gone = (("Set-Cookie", f"{_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),)
    if redirect_uri is not None:
        return _redirect(redirect_uri, gone)
    page = message_page(200, "Signed out", "The session has ended.")
    return replace(page, headers=(*page.headers, *gone))


HANDLERS: Mapping[tuple[str, str], LoginHandler] = {
    ("GET", "/oauth/authorize"): get_authorize,
    ("POST", "/oauth/authorize"): post_authorize,
    ("GET", "/logout"): get_logout,
}


class _Answered(Problem):
    """An error that is answered with a page or a redirect."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self._reply = reply

    def reply(self, context_id: str) -> Reply:  # noqa: ARG002 - pages have no context id
        return self._reply


class _Ask(Struct, frozen=True):
    """An authorization request with a validated redirect URI."""

    client: OAuthClient
    redirect_uri: str
    response_type: str
    challenge: str | None
    state: str | None
    login_hint: str
    prompt: str | None

    def answered(self, fields: Mapping[str, str]) -> Reply:
        """Return a redirect with parameters in the query, or, for implicit grants, the fragment."""
        more = urlencode({**fields, **({} if self.state is None else {"state": self.state})})
        if self.response_type == "token":
            return _redirect(f"{self.redirect_uri}#{more}")
        joint = "&" if "?" in self.redirect_uri else "?"
        return _redirect(f"{self.redirect_uri}{joint}{more}")

    def refused(self, error: str, description: str) -> _Answered:
        """Return a redirect that reports an error to the client."""
        return _Answered(self.answered({"error": error, "error_description": description}))


def _read(call: LoginCall) -> _Ask:
    client = _client(call)
    redirect_uri = _one(call, "redirect_uri") or ""
    if not is_registered(client, redirect_uri):
        _page_problem("The redirect URI is not registered for the client.")
    ask = _Ask(
        client,
        redirect_uri,
        _one(call, "response_type") or "",
        _one(call, "code_challenge"),
        _one(call, "state"),
        _one(call, "login_hint") or "",
        _one(call, "prompt"),
    )
    _check(call, ask)
    return ask


def _check(call: LoginCall, ask: _Ask) -> None:
    grant = _GRANTS.get(ask.response_type)
    if grant is None:
        raise ask.refused("unsupported_response_type", "response_type must be code or token")
    if grant not in ask.client.grants:
        raise ask.refused(
            "unauthorized_client", f"the grant {grant} is not permitted for the client"
        )
    org, provider = _one(call, "org"), _one(call, "provider")
    if (org is None) != (provider is None):
        raise ask.refused("invalid_request", "org and provider must be specified together")
    if org is not None and org != call.state.organization["name"]:
        raise ask.refused("invalid_request", f"organization {org!r} not found")
    if ask.challenge is not None and not _is_s256(call, ask.challenge):
        raise ask.refused(
            "invalid_request",
            "code_challenge must be an S256 challenge, with code_challenge_method=S256",
        )


def _is_s256(call: LoginCall, challenge: str) -> bool:
    method = _one(call, "code_challenge_method")
    return method == "S256" and _CHALLENGE.fullmatch(challenge) is not None


def _client(call: LoginCall) -> OAuthClient:
    client = call.state.clients.get(_one(call, "client_id") or "")
    if client is None:
        _page_problem("There is no client with this client_id.")
    return client


def _one(call: LoginCall, name: str) -> str | None:
    values: Sequence[str] = call.query.get(name, ())
    if len(values) > 1:
        # RFC 6749 section 3.1: "Request and response parameters MUST NOT be included more than
        # once."
        _page_problem(f"The parameter {name} occurs more than once.")
    return values[0] if values else None


def _page_problem(message: str) -> NoReturn:
    # RFC 6749 section 4.1.2.1: "MUST NOT automatically redirect the user-agent to the invalid
    # redirection URI": show a page instead.
    raise _Answered(message_page(400, "This sign-in cannot continue", message))


def _form(call: LoginCall, ask: _Ask, *, email: str, problem: str = "") -> Reply:
    return form_page(
        org=str(call.state.organization["name"]),
        client_id=ask.client.id,
        emails=active_emails(call.state.users),
        email=email,
        problem=problem,
    )


def _hinted(hint: str) -> str:
    """Return the email in a login hint, or an empty string.

    A hint is ``email:orgName``, an email or an organization's name.
    """
    email = hint.partition(":")[0]
    return email if "@" in email else ""


def _is_password(call: LoginCall, password: str) -> bool:
    known = call.state.password.encode()
    return bool(known) and hmac.compare_digest(known, password.encode("utf-8", "replace"))


def _session(call: LoginCall) -> BrowserSession | None:
    for field in call.request.headers.get_list("cookie"):
        for pair in field.split(";"):
            name, _, value = pair.strip().partition("=")
            session = call.state.sessions.get(value) if name == _COOKIE else None
            if session is not None and is_active(call.state.users, session.user_id):
                return session
    return None


def _granted(call: LoginCall, ask: _Ask, session: BrowserSession) -> Reply:
    state, family = call.state, call.state.new_id("family")
    _make_room(state.sessions)
    state.sessions[session.value] = session
    if ask.response_type == "token":
        token = issue_token(
            ask.client, state, call.settings, call.now, user_id=session.user_id, family=family
        )
        life = str(int(token_lifetime(ask.client, call.settings)))
        return ask.answered(
            {"access_token": token.value, "token_type": "bearer", "expires_in": life}
        )
    code = Code(
        value=state.new_secret("code"),
        client_id=ask.client.id,
        redirect_uri=ask.redirect_uri,
        challenge=ask.challenge,
        user_id=session.user_id,
        family=family,
        expires=call.now.wall + call.settings.code_lifetime,
    )
    _make_room(state.codes)
    state.codes[code.value] = code
    return ask.answered({"code": code.value})


def _make_room(kept: dict[str, BrowserSession] | dict[str, Code]) -> None:
    """Discard the oldest entry if there are too many, to bound the size of the state."""
    if len(kept) >= MAX_TOKENS:
        del kept[next(iter(kept))]


def _redirect(url: str, more: Sequence[tuple[str, str]] = ()) -> Reply:
    # 303 rather than 302, so that no browser sends the form, including the password, to the client
    # (RFC 9700 section 4.12).
    fields = (("Location", url), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"))
    return Reply(303, headers=(*fields, *more))
