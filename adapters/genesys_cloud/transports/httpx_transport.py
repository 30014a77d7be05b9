"""The message seam over httpx.

Law: a transport sends one request and returns one response, and reports every failure as a
:class:`~genesys_core.http.messages.TransportFailure` that says whether the request may have arrived.
It follows no redirect, keeps no cookie and repeats nothing. What it cannot do for want of a usable
setting it says when it is made, not when it sends.
"""

import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Generator,
    Iterable,
    Iterator,
)
from contextlib import aclosing, asynccontextmanager, closing, contextmanager, suppress
from typing import Any, Final, TypeVar

import httpx

from genesys_cloud.transports.httpx_client import count_connections, new_httpx_client
from genesys_cloud.transports.httpx_errors import (
    deadline_failure,
    failure_of,
    httpx_exceptions,
    raise_transport_failure,
)
from genesys_cloud.transports.network_options import NetworkOptions
from genesys_cloud.transports.protocols import (
    AsyncStreamingTransport,
    AsyncTransport,
    StreamingTransport,
    Transport,
)
from genesys_cloud.transports.request_bodies import (
    AsyncStreamedBody,
    BytesBody,
    StreamedBody,
    raise_body_failure,
)
from genesys_cloud.transports.socket_deadlines import thread_deadline
from genesys_cloud.transports.tls import Certificate, Verify
from genesys_core.errors import GenesysCloudError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, Streamed, TransportFailure

__all__ = [
    "AsyncHttpxTransport",
    "AsyncStreamingTransport",
    "AsyncTransport",
    "Certificate",
    "HttpxTransport",
    "StreamingTransport",
    "Transport",
    "Verify",
    "failure_of",
]

T = TypeVar("T")


class HttpxTransport:
    """Sends with :class:`httpx.Client`; safe to share between threads.

    Args:
        client: a client of your own, which stays yours to close, or ``None`` for a new one.
        network: how connections are made.

    Raises:
        ConfigurationError: a proxy, CA or certificate that cannot be used.
    """

    def __init__(
        self, client: httpx.Client | None = None, *, network: NetworkOptions | None = None
    ) -> None:
        self._owned = client is None
        self._client = client or new_httpx_client(httpx.Client, network or {})

    def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response came back.
        """
        if request.expires is not None:
            with self.stream(request) as streamed:
                return Response(streamed.status, streamed.headers, b"".join(streamed.chunks))
        _require_open(self._client)
        try:
            response = self._client.send(_outgoing(request), auth=None, follow_redirects=False)
        except httpx_exceptions() as error:
            raise_transport_failure(error)
        _require_no_407(response)
        return Response(response.status_code, _headers(response), response.content)

    @contextmanager
    def stream(
        self, request: Request, content: Iterable[bytes] | None = None
    ) -> Generator[Streamed[Iterator[bytes]]]:
        """Send one request; the response is read as its chunks are asked for.

        Raises:
            TransportFailure: no response came back; the chunks raise it for one that breaks off.
        """
        _require_open(self._client)
        feed = None if content is None else StreamedBody(content)
        outgoing = _outgoing(request) if feed is None else _streaming(request, feed)
        try:
            with thread_deadline(request.expires):
                response = self._client.send(
                    outgoing, auth=None, follow_redirects=False, stream=True
                )
        except httpx_exceptions() as error:
            raise_body_failure(error, request, feed)
        with closing(response):
            _require_no_407(response)
            yield Streamed(
                response.status_code, _headers(response), _chunks(response, request.expires)
            )

    def close(self) -> None:
        """Give back all connections."""
        if self._owned:
            self._client.close()

    def connections(self) -> int | None:
        """How many connections are open, idle ones included; ``None`` for a client without pools."""
        return count_connections(self._client)


class AsyncHttpxTransport:
    """Sends with :class:`httpx.AsyncClient`, on asyncio and trio.

    Args:
        client: a client of your own, which stays yours to close, or ``None`` for a new one.
        network: how connections are made.

    Raises:
        ConfigurationError: a proxy, CA or certificate that cannot be used.
    """

    def __init__(
        self, client: httpx.AsyncClient | None = None, *, network: NetworkOptions | None = None
    ) -> None:
        self._owned = client is None
        self._client = client or new_httpx_client(httpx.AsyncClient, network or {})

    async def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response came back.
        """
        _require_open(self._client)
        sending = self._client.send(_outgoing(request), auth=None, follow_redirects=False)
        try:
            response = await _before(request.expires, sending)
        except httpx_exceptions() as error:
            raise_transport_failure(error, expires=request.expires)
        _require_no_407(response)
        return Response(response.status_code, _headers(response), response.content)

    @asynccontextmanager
    async def stream(
        self, request: Request, content: AsyncIterable[bytes] | None = None
    ) -> AsyncGenerator[Streamed[AsyncIterator[bytes]]]:
        """Send one request; the response is read as its chunks are asked for.

        Raises:
            TransportFailure: no response came back; the chunks raise it for one that breaks off.
        """
        _require_open(self._client)
        feed = None if content is None else AsyncStreamedBody(content)
        outgoing = _outgoing(request) if feed is None else _streaming(request, feed)
        sending = self._client.send(outgoing, auth=None, follow_redirects=False, stream=True)
        try:
            response = await _before(request.expires, sending)
        except httpx_exceptions() as error:
            raise_body_failure(error, request, feed)
        async with aclosing(response):
            _require_no_407(response)
            async with aclosing(_async_chunks(response, request.expires)) as chunks:
                yield Streamed(response.status_code, _headers(response), chunks)

    async def close(self) -> None:
        """Give back all connections."""
        if self._owned:
            await self._client.aclose()

    def connections(self) -> int | None:
        """How many connections are open, idle ones included; ``None`` for a client without pools."""
        return count_connections(self._client)


def _require_open(client: httpx.Client | httpx.AsyncClient) -> None:
    if client.is_closed:
        raise GenesysCloudError("the client is closed; nothing was sent")


# What httpx can decode with no extra installed.
_ACCEPT_ENCODING: Final = ("Accept-Encoding", "gzip, deflate")


def _outgoing(request: Request) -> httpx.Request:
    outgoing = _written(request, request.headers.raw, request.body)
    outgoing.stream = BytesBody(request.body or b"")
    return outgoing


def _streaming(request: Request, feed: "StreamedBody | AsyncStreamedBody") -> httpx.Request:
    fields = request.headers.raw
    if "content-length" not in request.headers:
        fields = (*fields, ("Transfer-Encoding", "chunked"))
    outgoing = _written(request, fields, None)
    outgoing.stream = feed
    return outgoing


def _written(
    request: Request, fields: tuple[tuple[str, str], ...], content: bytes | None
) -> httpx.Request:
    if "accept-encoding" not in request.headers:
        fields = (*fields, _ACCEPT_ENCODING)
    timeout = request.timeout
    phases = {
        "connect": timeout.connect,
        "read": timeout.read,
        "write": timeout.write,
        "pool": timeout.pool,
    }
    try:
        return httpx.Request(
            request.method,
            request.url,
            headers=[(name.encode("ascii"), value.encode("utf-8")) for name, value in fields],
            content=content,
            extensions={"timeout": phases},
        )
    except (httpx.InvalidURL, ValueError) as error:
        raise_transport_failure(error)


def _headers(response: httpx.Response) -> Headers:
    return Headers.received(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
    )


def _require_no_407(response: httpx.Response) -> None:
    """RFC 9110, 15.5.8: only a proxy sends it, and it passes the request on to nobody."""
    if response.status_code == 407:
        words = "the proxy wants other credentials, or any (407 Proxy Authentication Required)"
        raise TransportFailure(words, kind="proxy", sent=False)


def _chunks(response: httpx.Response, expires: float | None) -> Iterator[bytes]:
    if expires is not None:
        response.stream = _Timed(response.stream, expires)
    chunks = response.iter_bytes()
    try:
        while (chunk := _next(chunks, expires)) is not None:
            yield chunk
    except httpx_exceptions() as error:
        raise_transport_failure(error, expires=expires)


def _next(chunks: Iterator[bytes], expires: float | None) -> bytes | None:
    if expires is None:
        return next(chunks, None)
    with thread_deadline(expires):
        return next(chunks, None)


class _Timed(httpx.SyncByteStream):
    """A response's bytes until a moment has passed: over sockets that know nothing of it, too."""

    def __init__(self, inner: Any, expires: float) -> None:  # noqa: ANN401 - either kind, to httpx
        self._inner = inner
        self._expires = expires

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._inner:
            yield chunk
            if time.monotonic() >= self._expires:
                raise deadline_failure()

    def close(self) -> None:
        self._inner.close()


async def _async_chunks(
    response: httpx.Response, expires: float | None
) -> AsyncGenerator[bytes, None]:
    chunks = response.aiter_bytes()
    try:
        while (chunk := await _before(expires, anext(chunks, None))) is not None:
            yield chunk
    except httpx_exceptions() as error:
        raise_transport_failure(error, expires=expires)
    finally:
        # Left early, the generators within httpx's own would be the garbage collector's, of which
        # trio warns. With the connection closed under them they end by themselves.
        await response.aclose()
        with suppress(Exception):
            async for _ in chunks:
                pass


async def _before(expires: float | None, work: Awaitable[T]) -> T:
    """What ``work`` returns, unless the moment passes first."""
    if expires is None:
        return await work
    import anyio  # noqa: PLC0415 - whoever has no deadlines does without it

    with anyio.move_on_after(max(expires - time.monotonic(), 0)):
        return await work
    raise deadline_failure()
