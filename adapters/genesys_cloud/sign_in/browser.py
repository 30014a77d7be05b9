"""User sign-in through a browser (RFC 8252, loopback redirect).

Invariants: the browser opens the platform's login page, and is then redirected to a server on
127.0.0.1. ``state`` is verified before any other parameter of the redirect is used. The port is
always closed afterwards, and no thread is started. A client exchanges the code like any other
grant. ::

    from genesys_cloud.login import sign_in

    token = sign_in(client_id, region="eu_west_1", port=8080)

The OAuth client must be of type "Code Authorization", and exactly this redirect URI must be
registered for it: in the example, ``http://127.0.0.1:8080/callback``.
"""

import webbrowser
from collections.abc import Callable
from typing import Final, Literal, Self, TypedDict, Unpack, assert_never

from genesys_cloud.client.options import ClientOptions
from genesys_cloud.client.sync_client import Client
from genesys_cloud.sign_in.loopback_server import Arrival, LoopbackServer
from genesys_cloud.sign_in.pkce import generate_pkce_code_verifier, generate_state
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.hooks import AfterResponse, BeforeRequest, Hooks
from genesys_cloud.transports.protocols import Transport
from genesys_core.checks import FUNCTION, Expected
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.oauth.authorization import prepare_authorize_url
from genesys_core.oauth.grants import Pkce
from genesys_core.oauth.loopback_redirect import (
    BrowserPage,
    CodeArrived,
    LoopbackRedirect,
    SignInOutcome,
    SignInRefused,
    TokenArrived,
    check_timeout,
    default_redirect_uri,
    redirect_port,
    refused_page,
    response_type_of,
    sign_in_timed_out,
    signed_in_page,
)
from genesys_core.oauth.pkce import compute_pkce_code_challenge
from genesys_core.oauth.tokens import Token

__all__ = ["BrowserSignIn", "LoginPage", "sign_in"]


class LoginPage(TypedDict, total=False):
    """Parameters of the platform's login page; all optional.

    Attributes:
        org: the organization's short name; the page then redirects to the organization's identity
            provider.
        provider: the identity provider's name; required with ``org``, and not allowed without it.
        target: the id of a trusted organization to sign in to.
        login_hint: the user name or email to fill into the login page.
        prompt: ``login`` to ask for the password even if the user is already signed in.
    """

    org: str | None
    provider: str | None
    target: str | None
    login_hint: str | None
    prompt: Literal["login"] | None


def sign_in(
    client_id: str,
    *,
    grant: Literal["pkce", "implicit"] = "pkce",
    port: int = 0,
    redirect_uri: str | None = None,
    sign_in_timeout: float = 120.0,
    org: str | None = None,
    provider: str | None = None,
    target: str | None = None,
    login_hint: str | None = None,
    prompt: Literal["login"] | None = None,
    open_browser: Callable[[str], object] = webbrowser.open,
    clock: Callable[[], Now] = read_clocks,
    transport: Transport | None = None,
    hooks: Hooks[BeforeRequest, AfterResponse] | None = None,
    **options: Unpack[ClientOptions],
) -> Token:
    """Sign the user in through a browser, and return the token, which is not stored.

    Args:
        client_id: id of an OAuth client for which the redirect URI is registered.
        grant: ``pkce``, or ``implicit`` for clients that still need it.
        port: port of the redirect URI; 0 picks a free port, but the platform accepts only redirect
            URIs that are registered.
        redirect_uri: overrides ``http://127.0.0.1:PORT/callback``; must be on 127.0.0.1 or
            localhost.
        sign_in_timeout: seconds to wait for the user to sign in.
        org: the short name of the organization; see :class:`LoginPage`.
        provider: the identity provider's name.
        target: the id of a trusted organization to sign in to.
        login_hint: the user name or email to fill into the login page.
        prompt: ``login`` to ask for the password even if the user is already signed in, or
            ``None``.
        open_browser: a function that is called once, with the URL of the login page.
        clock: a function that reads the monotonic and the wall clock.
        transport: the transport that sends the token request; it is closed afterwards.
        hooks: functions that run before and after the token request.
        options: options of the client that exchanges the code: ``region`` or ``host``, ``gateway``,
            ``proxy``, ``verify``, ``retry``, ``deadline``, ``logging`` and so on, as for
            :class:`~genesys_cloud.Client`.

    Raises:
        InvalidValueError: an argument is invalid.
        ConnectError: the port is in use, or the platform is unreachable.
        TimeoutError: the user did not sign in in time.
        OAuthError: sign-in was rejected; ``AccessDeniedError`` if the user declined.
    """
    check_timeout(sign_in_timeout)
    FUNCTION.check("open_browser", open_browser)
    with (
        Client(transport=transport, hooks=hooks, **options) as client,
        BrowserSignIn(
            client_id,
            client,
            grant=grant,
            port=port,
            redirect_uri=redirect_uri,
            clock=clock,
            org=org,
            provider=provider,
            target=target,
            login_hint=login_hint,
            prompt=prompt,
        ) as attempt,
    ):
        open_browser(attempt.url)
        return attempt.wait(sign_in_timeout)


_CLIENT: Final = Expected("a Client", "Client(region='eu_west_1')", (Client,))


class BrowserSignIn:
    """One attempt to sign in: open ``url`` in a browser, then call :meth:`wait`.

    The port of the redirect URI is opened by the constructor.

    Args:
        client_id: the OAuth client's id; see :func:`sign_in`.
        client: the client that exchanges the code and uses the token afterwards.
        grant: the grant type: ``pkce`` or ``implicit``.
        port: the port of the redirect URI.
        redirect_uri: overrides the default redirect URI; see :func:`sign_in`.
        clock: a function that reads the monotonic and the wall clock.
        page: the parameters of the login page; see :class:`LoginPage`.

    Attributes:
        url: the URL of the login page; valid for one attempt.
        redirect_uri: the URL to which the browser is redirected after sign-in.

    Raises:
        InvalidValueError: an argument is invalid.
        ConnectError: the port is in use.
    """

    def __init__(
        self,
        client_id: str,
        client: Client,
        *,
        grant: Literal["pkce", "implicit"] = "pkce",
        port: int = 0,
        redirect_uri: str | None = None,
        clock: Callable[[], Now] = read_clocks,
        **page: Unpack[LoginPage],
    ) -> None:
        _CLIENT.check("client", client)
        FUNCTION.check("clock", clock)
        response_type = response_type_of(grant)
        self._client_id = client_id
        self._auth = client.auth
        self._clock = clock
        self._verifier = generate_pkce_code_verifier()
        implicit, state = response_type == "token", generate_state()
        # The port is opened first, because the redirect URI contains the port that was picked.
        self._server = LoopbackServer(redirect_port(port, redirect_uri))
        try:
            self.redirect_uri = redirect_uri or default_redirect_uri(self._server.port)
            self._redirect = LoopbackRedirect(self.redirect_uri, state, is_implicit=implicit)
            self.url = prepare_authorize_url(
                client.configuration.hosts,
                client_id=client_id,
                redirect_uri=self.redirect_uri,
                code_challenge=None if implicit else compute_pkce_code_challenge(self._verifier),
                response_type=response_type,
                state=state,
                **page,
            )
        except BaseException:
            self._server.close()
            raise

    def wait(self, timeout: float = 120.0) -> Token:
        """Wait until the user has signed in, and return the token. Can be called once.

        Args:
            timeout: seconds to wait for the user to sign in.

        Raises:
            InvalidValueError: the timeout is invalid.
            TimeoutError: the user did not sign in in time.
            OAuthError: sign-in was rejected by the user or the platform.
            TransportError: the token request failed.
        """
        check_timeout(timeout)
        deadline = self._clock().monotonic + timeout
        foreign = 0
        while True:
            arrival = self._server.next(lambda: deadline - self._clock().monotonic)
            if arrival is None:
                raise sign_in_timed_out(timeout, foreign)
            step = self._redirect.received(arrival.request, now=self._clock())
            if not isinstance(step, BrowserPage):
                return self._ended(arrival, step)
            foreign += step.is_foreign  # redirects of another sign-in, with another `state`
            arrival.answer(step)

    def close(self) -> None:
        """Close the port of the redirect URI. Idempotent."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"BrowserSignIn(client_id={self._client_id!r}, redirect_uri={self.redirect_uri!r})"

    def _ended(self, arrival: Arrival, outcome: SignInOutcome) -> Token:
        # The page is sent only after the exchange, so that it shows the actual outcome.
        try:
            token = self._token(outcome)
        except GenesysCloudError as error:
            arrival.answer(refused_page(error))
            raise
        except BaseException:
            arrival.answer(refused_page(GenesysCloudError("the sign-in was interrupted")))
            raise
        arrival.answer(signed_in_page())
        return token

    def _token(self, outcome: SignInOutcome) -> Token:
        match outcome:
            case CodeArrived(code=code):
                return self._auth.exchange(
                    Pkce(self._client_id, code, self._verifier, self.redirect_uri)
                )
            case TokenArrived(token=token):
                self._auth.use(token)
                return token
            case SignInRefused(error=error):
                raise error
            case _:
                assert_never(outcome)
