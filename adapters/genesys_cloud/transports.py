"""The message seam over httpx.

Law: a transport sends one request and returns one response, and reports every failure as a
:class:`~genesys_core.message.TransportFailure` that says whether the request may have arrived.
It follows no redirect, keeps no cookie and repeats nothing.
"""

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, Protocol, TypedDict

import httpx

from genesys_core.headers import Headers
from genesys_core.message import FailureKind, Request, Response, TransportFailure

__all__ = [
    "AsyncHttpxTransport",
    "AsyncTransport",
    "Certificate",
    "HttpxTransport",
    "Network",
    "Transport",
]

Certificate = str | tuple[str, str] | tuple[str, str, str]
"""A client certificate: a PEM file, or certificate and key files, or those and the key's password."""


class Transport(Protocol):
    """What a custom transport has to offer."""

    def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response came back.
        """
        ...

    def close(self) -> None:
        """Give back all connections."""
        ...


class AsyncTransport(Protocol):
    """What a custom transport has to offer to an asynchronous client."""

    async def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response came back.
        """
        ...

    async def close(self) -> None:
        """Give back all connections."""
        ...


class Network(TypedDict, total=False):
    """How connections are made.

    Attributes:
        proxy: URL of an HTTP proxy, credentials included.
        verify: ``True`` for the default authorities, or an :class:`ssl.SSLContext` of your own.
        cert: a client certificate.
        trust_env: whether ``HTTPS_PROXY`` and its like are honoured.
    """

    proxy: str | None
    verify: ssl.SSLContext | bool
    cert: Certificate | None
    trust_env: bool


# As many idle connections kept as may be open: a burst of tasks reuses what it opened.
LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=100)


class HttpxTransport:
    """Sends with :class:`httpx.Client`; safe to share between threads.

    Args:
        client: a client of your own, which stays yours to close, or ``None`` for a new one.
        network: how connections are made.
    """

    def __init__(
        self, client: httpx.Client | None = None, *, network: Network | None = None
    ) -> None:
        self._owned = client is None
        self._client = client or httpx.Client(
            limits=LIMITS, cookies=_no_cookies(), **(network or {})
        )

    def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response came back.
        """
        try:
            response = self._client.send(_outgoing(request), auth=None, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise failure_of(error) from error
        return _incoming(response)

    def close(self) -> None:
        """Give back all connections."""
        if self._owned:
            self._client.close()


class AsyncHttpxTransport:
    """Sends with :class:`httpx.AsyncClient`, on asyncio and trio.

    Args:
        client: a client of your own, which stays yours to close, or ``None`` for a new one.
        network: how connections are made.
    """

    def __init__(
        self, client: httpx.AsyncClient | None = None, *, network: Network | None = None
    ) -> None:
        self._owned = client is None
        self._client = client or httpx.AsyncClient(
            limits=LIMITS, cookies=_no_cookies(), **(network or {})
        )

    async def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response came back.
        """
        try:
            response = await self._client.send(
                _outgoing(request), auth=None, follow_redirects=False
            )
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise failure_of(error) from error
        return _incoming(response)

    async def close(self) -> None:
        """Give back all connections."""
        if self._owned:
            await self._client.aclose()


def _no_cookies() -> CookieJar:
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


# What httpx can decode with no extra installed.
_ACCEPT_ENCODING: Final = ("Accept-Encoding", "gzip, deflate")


def _outgoing(request: Request) -> httpx.Request:
    headers = request.headers.raw
    if "accept-encoding" not in request.headers:
        headers = (*headers, _ACCEPT_ENCODING)
    timeout = request.timeout
    phases = {
        "connect": timeout.connect,
        "read": timeout.read,
        "write": timeout.write,
        "pool": timeout.pool,
    }
    return httpx.Request(
        request.method,
        request.url,
        headers=[(name.encode("ascii"), value.encode("utf-8")) for name, value in headers],
        content=request.body,
        extensions={"timeout": phases},
    )


def _incoming(response: httpx.Response) -> Response:
    headers = Headers.received(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
    )
    return Response(response.status_code, headers, response.content)


# In order: the first class that fits. `sent` is False only where httpx raises before it writes.
_FAILURES: Final[tuple[tuple[type[Exception], FailureKind, bool], ...]] = (
    (httpx.PoolTimeout, "timeout", False),
    (httpx.ConnectTimeout, "timeout", False),
    (httpx.TimeoutException, "timeout", True),
    (httpx.ProxyError, "proxy", False),
    (httpx.ConnectError, "connect", False),
    (httpx.UnsupportedProtocol, "connect", False),
    (httpx.InvalidURL, "protocol", False),
    (httpx.LocalProtocolError, "protocol", False),
    (httpx.NetworkError, "closed", True),
    (httpx.RemoteProtocolError, "closed", True),
)


def failure_of(error: Exception) -> TransportFailure:
    """What an exception of httpx means on the message seam."""
    words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    for kind_of_error, kind, sent in _FAILURES:
        if isinstance(error, kind_of_error):
            if kind == "connect" and _is_tls(error):
                kind = "tls"  # noqa: PLW2901 - refined, not replaced
            return TransportFailure(words, kind=kind, sent=sent)
    return TransportFailure(words, kind="protocol", sent=True)


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
