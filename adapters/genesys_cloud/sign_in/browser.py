"""Signing in as a user, in the user's own browser.

Law: the browser is sent to the platform and back to a server of our own on 127.0.0.1; the state is
compared before anything is believed, and whatever the outcome, the port is closed and no thread is
left. ::

    from genesys_cloud.login import sign_in

    token = sign_in(client_id, region="eu_west_1", port=8080)

The client must be of the type "Code Authorization" and have the redirect URI registered, character
by character: ``http://127.0.0.1:8080/callback`` here.
"""

import webbrowser
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self, assert_never

from genesys_cloud.sign_in.loopback_server import Arrival, LoopbackServer
from genesys_cloud.sign_in.pkce import generate_pkce_code_verifier, generate_state
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.httpx_transport import HttpxTransport, Transport
from genesys_core import errors
from genesys_core.calls.responses import transport_error
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError, InvalidValueError
from genesys_core.hosts import Gateway, Hosts, Region
from genesys_core.http.messages import TransportFailure
from genesys_core.oauth.authorization import prepare_authorize_url
from genesys_core.oauth.grants import Grant, Pkce
from genesys_core.oauth.loopback_redirect import (
    BrowserPage,
    CodeArrived,
    LoopbackRedirect,
    SignInOutcome,
    SignInRefused,
    TokenArrived,
    check_redirect_uri,
    refused_page,
    signed_in_page,
)
from genesys_core.oauth.pkce import compute_pkce_code_challenge
from genesys_core.oauth.tokens import (
    Token,
    oauth_error,
    parse_token_response,
    prepare_token_request,
)

__all__ = ["BrowserSignIn", "exchange_grant", "sign_in"]


def sign_in(
    client_id: str,
    *,
    region: Region | str | None = None,
    host: str | None = None,
    gateway: Gateway | None = None,
    grant: Literal["pkce", "implicit"] = "pkce",
    port: int = 0,
    redirect_uri: str | None = None,
    timeout: float = 120.0,
    org: str | None = None,
    provider: str | None = None,
    target: str | None = None,
    login_hint: str | None = None,
    prompt: Literal["login"] | None = None,
    open_browser: Callable[[str], object] = webbrowser.open,
    transport: Transport | None = None,
    clock: Callable[[], Now] = read_clocks,
) -> Token:
    """Have the user sign in, and return the token. Nothing is stored.

    Args:
        client_id: of an OAuth client that has the redirect URI registered.
        region: a region, its name or a domain.
        host: base URL of the API, instead of a region.
        gateway: a gateway in front of both hosts.
        grant: ``pkce``, or ``implicit`` for clients that still need it.
        port: of the redirect URI; 0 for any free one, which the platform only takes where it is
            registered.
        redirect_uri: instead of ``http://127.0.0.1:PORT/callback``; on 127.0.0.1 or localhost.
        timeout: seconds that the user has.
        org: the organization's short name, to go straight to its identity provider.
        provider: the identity provider's name; together with ``org``.
        target: the id of a trusted organization to sign in to.
        login_hint: an email or the like, filled in ahead.
        prompt: ``login`` asks for the password even where a session is open.
        open_browser: is called once with the URL.
        transport: sends the token request instead of httpx.
        clock: tells the time.

    Raises:
        InvalidValueError: an argument that cannot work.
        ConnectError: the port is taken, or the platform cannot be reached.
        TimeoutError: nobody signed in in time.
        OAuthError: the user or the platform refused; ``AccessDeniedError`` for the user.
    """
    with BrowserSignIn(
        client_id,
        Hosts.resolve(region=region, host=host, gateway=gateway),
        grant=grant,
        port=port,
        redirect_uri=redirect_uri,
        org=org,
        provider=provider,
        target=target,
        login_hint=login_hint,
        prompt=prompt,
        transport=transport,
        clock=clock,
    ) as attempt:
        open_browser(attempt.url)
        return attempt.wait(timeout)


class BrowserSignIn:
    """One attempt to sign in, its port open from the start: show ``url``, then :meth:`wait`.

    Args:
        client_id: as for :func:`sign_in`, and so are all others.
        hosts: where the platform is.
        grant: ``pkce`` or ``implicit``.
        port: of the redirect URI.
        redirect_uri: instead of the default one.
        org: the organization's short name.
        provider: the identity provider's name.
        target: the id of a trusted organization.
        login_hint: filled in ahead.
        prompt: ``login`` or nothing.
        transport: sends the token request; stays the caller's to close.
        clock: tells the time.

    Attributes:
        url: where the user signs in. Its state is for one attempt.
        redirect_uri: where the browser will be sent.

    Raises:
        InvalidValueError: an argument that cannot work.
        ConnectError: the port is taken.
    """

    def __init__(
        self,
        client_id: str,
        hosts: Hosts,
        *,
        grant: Literal["pkce", "implicit"] = "pkce",
        port: int = 0,
        redirect_uri: str | None = None,
        org: str | None = None,
        provider: str | None = None,
        target: str | None = None,
        login_hint: str | None = None,
        prompt: Literal["login"] | None = None,
        transport: Transport | None = None,
        clock: Callable[[], Now] = read_clocks,
    ) -> None:
        if grant not in ("pkce", "implicit"):
            raise InvalidValueError(f"grant {grant!r}: must be pkce or implicit")
        self._client_id = client_id
        self._hosts = hosts
        self._transport = transport
        self._clock = clock
        self._verifier = generate_pkce_code_verifier()
        implicit, state = grant == "implicit", generate_state()
        self._server = LoopbackServer(_port(port, redirect_uri))
        try:
            self.redirect_uri = redirect_uri or f"http://127.0.0.1:{self._server.port}/callback"
            self._redirect = LoopbackRedirect(self.redirect_uri, state, is_implicit=implicit)
            self.url = prepare_authorize_url(
                hosts,
                client_id=client_id,
                redirect_uri=self.redirect_uri,
                code_challenge=None if implicit else compute_pkce_code_challenge(self._verifier),
                response_type="token" if implicit else "code",
                state=state,
                org=org,
                provider=provider,
                target=target,
                login_hint=login_hint,
                prompt=prompt,
            )
        except BaseException:
            self._server.close()
            raise

    def wait(self, timeout: float = 120.0) -> Token:
        """Wait until the user has signed in, and answer the browser. Works once.

        Args:
            timeout: seconds that the user has.

        Raises:
            InvalidValueError: a timeout that is none.
            TimeoutError: nobody signed in in time.
            OAuthError: the user or the platform refused.
            TransportError: the token request got no answer.
        """
        if not 0 < timeout < float("inf"):
            raise InvalidValueError(f"timeout={timeout!r}: must be above 0 seconds, and finite")
        deadline = self._clock().monotonic + timeout
        strangers = 0
        while True:
            arrival = self._server.next(lambda: deadline - self._clock().monotonic)
            if arrival is None:
                raise errors.TimeoutError(_nobody_came(timeout, strangers), sent=False)
            step = self._redirect.received(arrival.visit, now=self._clock())
            if not isinstance(step, BrowserPage):
                return self._ended(arrival, step)
            strangers += step.status == 400
            arrival.answer(step)

    def close(self) -> None:
        """Close the port. Closing twice does nothing more."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"BrowserSignIn(client_id={self._client_id!r}, redirect_uri={self.redirect_uri!r})"

    def _ended(self, arrival: Arrival, landed: SignInOutcome) -> Token:
        # The browser waits for the exchange, so that its page tells the truth.
        try:
            token = self._token(landed)
        except GenesysCloudError as error:
            arrival.answer(refused_page(error))
            raise
        except BaseException:
            arrival.answer(refused_page(GenesysCloudError("it was broken off")))
            raise
        arrival.answer(signed_in_page())
        return token

    def _token(self, landed: SignInOutcome) -> Token:
        match landed:
            case CodeArrived(code=code):
                grant = Pkce(self._client_id, code, self._verifier, self.redirect_uri)
                return exchange_grant(
                    grant, self._hosts, transport=self._transport, clock=self._clock
                )
            case TokenArrived(token=token):
                return token
            case SignInRefused(error=error):
                raise error
            case _:
                assert_never(landed)


def exchange_grant(
    grant: Grant, hosts: Hosts, *, transport: Transport | None, clock: Callable[[], Now]
) -> Token:
    """Exchange a grant for a token, by one request.

    Args:
        grant: the material.
        hosts: where the platform is.
        transport: sends the request instead of httpx; stays the caller's to close.
        clock: tells the time.

    Raises:
        OAuthError: the platform refused.
        TransportError: no answer came.
    """
    request = prepare_token_request(grant, hosts)
    sender = transport or HttpxTransport()
    try:
        response = sender.send(request)
    except TransportFailure as failure:
        raise transport_error(failure, request) from None
    finally:
        if transport is None:
            sender.close()
    if not 200 <= response.status < 300:
        raise oauth_error(response, request)
    return parse_token_response(response, now=clock())


def _port(port: int, redirect_uri: str | None) -> int:
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


def _nobody_came(timeout: float, strangers: int) -> str:
    words = f"nobody signed in within {timeout:g} s"
    if strangers:
        words += (
            f"; {strangers} answer(s) came that belong to another sign-in (their state differs) "
            "and were not believed"
        )
    return words
