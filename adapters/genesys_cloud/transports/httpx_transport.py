"""Transports that send requests with httpx or with httpx2, its maintained successor.

Invariants: a transport sends one request and returns one response, and reports every failure as a
:class:`~genesys_core.http.messages.TransportFailure` that states whether the request may have
reached the server. A transport follows no redirects, sends back no cookies and retries nothing. No
private names of either library are used: the ``trace`` extension reports the progress of a request,
and the core decodes content and rejects incomplete content.
"""

import sys
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
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    aclosing,
    asynccontextmanager,
    closing,
    contextmanager,
    suppress,
)
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from genesys_cloud.transports.httpx_client import new_httpx_client
from genesys_cloud.transports.httpx_errors import (
    Progress,
    deadline_failure,
    failure_of,
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
    RequestBody,
    StreamedBody,
    as_byte_stream,
)
from genesys_cloud.transports.tls import Certificate, Verify
from genesys_core.checks import wrong_type
from genesys_core.errors import GenesysCloudError
from genesys_core.http.content_coding import ContentDecoder, content_codings
from genesys_core.http.headers import Headers
from genesys_core.http.limits import DEFAULT_LIMITS, response_too_large
from genesys_core.http.messages import Request, Response, Streamed, TransportFailure

if TYPE_CHECKING:
    import httpx
    import httpx2

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
    """A transport that sends requests with an httpx or httpx2 client. Thread-safe.

    Responses are limited by :class:`~genesys_core.http.limits.ResponseLimits`, unless they are
    streamed. A call's deadline limits each phase and is checked between chunks of the body; reading
    the head of a response can exceed the deadline if the head arrives in parts, each of them within
    the read timeout.

    Args:
        client: your own client, which you must close yourself; ``None`` creates a client.
        network: the connection options of a client that the transport creates.

    Raises:
        ConfigurationError: a proxy, CA or certificate is unusable.
        TypeError: ``client`` is not an httpx or httpx2 client.
    """

    def __init__(
        self,
        client: "httpx.Client | httpx2.Client | None" = None,
        *,
        network: NetworkOptions | None = None,
    ) -> None:
        self._owned = client is None
        self._client: Any = new_httpx_client("Client", network) if client is None else client
        self._shared = _Shared(self._client)

    def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response was received.
        """
        body = self._shared.body(request)
        with self._exchange(request, body, DEFAULT_LIMITS.body) as reply:
            return Response(reply.status, reply.headers, b"".join(reply.chunks))

    def stream(
        self, request: Request, content: Iterable[bytes] | None = None
    ) -> AbstractContextManager[Streamed[Iterator[bytes]]]:
        """Send one request and stream the response's body.

        Raises:
            TransportFailure: no response was received. If the response body is incomplete,
                iterating over its chunks raises this exception.
        """
        if content is None:
            return self._exchange(request, self._shared.body(request), None)
        kind = as_byte_stream(StreamedBody, self._shared.library)
        return self._exchange(request, kind(content), None)

    @contextmanager
    def _exchange(
        self, request: Request, body: RequestBody, limit: int | None
    ) -> Generator[Streamed[Iterator[bytes]]]:
        call = _Call(self._shared, request, body)
        outgoing = call.outgoing(call.progress.note)
        try:
            response = self._client.send(outgoing, auth=None, follow_redirects=False, stream=True)
        except Exception as error:  # noqa: BLE001 - converted there
            call.fail(error)
        with closing(response):
            content = call.content(response, limit)
            chunks = _chunks(call, response, content)
            yield Streamed(response.status_code, content.headers, chunks)

    def close(self) -> None:
        """Close the client if this transport created it. Idempotent."""
        if self._owned:
            self._client.close()


class AsyncHttpxTransport:
    """A transport that sends requests with an asynchronous httpx or httpx2 client.

    Responses are limited by :class:`~genesys_core.http.limits.ResponseLimits`, unless they are
    streamed.

    Args:
        client: your own client, which you must close yourself; ``None`` creates a client.
        network: the connection options of a client that the transport creates.

    Raises:
        ConfigurationError: a proxy, CA or certificate is unusable.
        TypeError: ``client`` is not an httpx or httpx2 client.
    """

    def __init__(
        self,
        client: "httpx.AsyncClient | httpx2.AsyncClient | None" = None,
        *,
        network: NetworkOptions | None = None,
    ) -> None:
        self._owned = client is None
        self._client: Any = new_httpx_client("AsyncClient", network) if client is None else client
        self._shared = _Shared(self._client)

    async def send(self, request: Request) -> Response:
        """Send one request and read the whole response.

        Raises:
            TransportFailure: no complete response was received.
        """
        body = self._shared.body(request)
        async with self._exchange(request, body, DEFAULT_LIMITS.body) as reply:
            chunks = [chunk async for chunk in reply.chunks]
            return Response(reply.status, reply.headers, b"".join(chunks))

    def stream(
        self, request: Request, content: AsyncIterable[bytes] | None = None
    ) -> AbstractAsyncContextManager[Streamed[AsyncIterator[bytes]]]:
        """Send one request and stream the response's body.

        Raises:
            TransportFailure: no response was received. If the response body is incomplete,
                iterating over its chunks raises this exception.
        """
        if content is None:
            return self._exchange(request, self._shared.body(request), None)
        kind = as_byte_stream(AsyncStreamedBody, self._shared.library)
        return self._exchange(request, kind(content), None)

    @asynccontextmanager
    async def _exchange(
        self, request: Request, body: RequestBody, limit: int | None
    ) -> AsyncGenerator[Streamed[AsyncIterator[bytes]]]:
        call = _Call(self._shared, request, body)
        outgoing = call.outgoing(call.progress.note_async)
        sending = self._client.send(outgoing, auth=None, follow_redirects=False, stream=True)
        try:
            response = await _before(call, sending)
        except Exception as error:  # noqa: BLE001 - converted there
            call.fail(error)
        async with aclosing(response):
            content = call.content(response, limit)
            async with aclosing(_async_chunks(call, response, content)) as chunks:
                yield Streamed(response.status_code, content.headers, chunks)

    async def close(self) -> None:
        """Close the client if this transport created it. Idempotent."""
        if self._owned:
            await self._client.aclose()


class _Shared:
    """State shared by the calls of one transport.

    Attributes:
        library: the module ``httpx`` or ``httpx2``.
        forwarded: origins with the ``http`` scheme that are known to be behind a forwarding proxy.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - of either library
        self._client = client
        self.library = _library_of(client)
        self.forwarded: set[tuple[str, int]] = set()

    def body(self, request: Request) -> BytesBody:
        """Return the body of a request that is not streamed."""
        kind: type[BytesBody] = as_byte_stream(BytesBody, self.library)
        return kind(request.body)

    def require_open(self) -> None:
        if self._client.is_closed:
            raise GenesysCloudError("the client is closed; nothing was sent")


def _library_of(client: object) -> ModuleType:
    """Return the module that a client belongs to: ``httpx`` or ``httpx2``."""
    for kind in type(client).__mro__:
        name = kind.__module__.partition(".")[0]
        if name in {"httpx", "httpx2"}:
            return sys.modules[name]
    raise wrong_type("client", client, "a client of httpx or httpx2", "httpx.Client()")


# The content codings that the core decodes.
_ACCEPT_ENCODING: Final = ("Accept-Encoding", "gzip, deflate")


class _Call:
    """One request and its progress."""

    def __init__(self, shared: _Shared, request: Request, body: RequestBody) -> None:
        shared.require_open()
        if request.expires is not None and request.expires <= time.monotonic():
            raise deadline_failure(sent=False)
        if "transfer-encoding" in request.headers:
            raise TransportFailure(
                "Transfer-Encoding must be omitted, because the transport sets it",
                kind="protocol",
                sent=False,
            )
        self._shared, self.request, self._body = shared, request, body
        try:
            url = shared.library.URL(request.url)
        except Exception as error:  # noqa: BLE001 - not only its own InvalidURL
            raise_transport_failure(error)
        self._url = url
        self._origin = (url.host, url.port or {"http": 80, "https": 443}.get(url.scheme, 0))
        self.progress = Progress(*self._origin)

    def outgoing(self, trace: object) -> Any:  # noqa: ANN401 - a request of either library
        """Build the request object of httpx or httpx2."""
        request, fields = self.request, self.request.headers.raw
        if "accept-encoding" not in request.headers:
            fields = (*fields, _ACCEPT_ENCODING)
        whole = isinstance(self._body, BytesBody)
        if not whole and "content-length" not in request.headers:
            fields = (*fields, ("Transfer-Encoding", "chunked"))
        library = self._shared.library
        try:
            outgoing = library.Request(
                request.method,
                self._url,
                headers=[(name.encode("ascii"), value.encode("utf-8")) for name, value in fields],
                content=request.body if whole else None,
                extensions={"timeout": self._phases(), "trace": trace},
            )
        except Exception as error:  # noqa: BLE001 - a header that cannot be written, for one
            raise_transport_failure(error)
        outgoing.stream = self._body
        return outgoing

    def _phases(self) -> dict[str, float | None]:
        """Return the timeout of each phase, limited by the call's deadline."""
        timeout, expires = self.request.timeout, self.request.expires
        phases = {
            "connect": timeout.connect,
            "read": timeout.read,
            "write": timeout.write,
            "pool": timeout.pool,
        }
        if expires is None:
            return phases
        left = max(expires - time.monotonic(), 0)
        return {name: left if of is None else min(of, left) for name, of in phases.items()}

    def fail(self, error: Exception) -> NoReturn:
        """Raise an error of the caller's iterator unchanged, any other as ``TransportFailure``."""
        body = self._body
        # Compared by identity: the caller's iterator may use httpx and raise httpx's exceptions.
        if error is body.error:
            raise error
        raise_transport_failure(
            error, self.progress, began=body.began, expires=self.request.expires
        )

    def require_time(self) -> None:
        """Raise a ``TransportFailure`` if the call's deadline has passed."""
        expires = self.request.expires
        if expires is not None and expires <= time.monotonic():
            raise deadline_failure(sent=self.progress.may_have_sent)

    def content(self, response: Any, limit: int | None) -> "_Content":  # noqa: ANN401
        """Process the head of a response, and return a decoder for its body."""
        if self._url.scheme == "http":
            # Remember the proxy: a request over a reused connection has no trace of connecting.
            if self.progress.proxy is not None:
                self._shared.forwarded.add(self._origin)
            if response.status_code == 407 and self._origin in self._shared.forwarded:
                # RFC 9110, 15.5.8: the response is the proxy's, which did not forward the request.
                words = "proxy authentication failed (407)"
                raise TransportFailure(words, kind="proxy", sent=False)
        headers = Headers.received(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in response.headers.raw
        )
        length = headers.get("content-length", "")
        # In these responses, Content-Length is not the length of a body (RFC 9110, 8.6).
        bodyless = self.request.method == "HEAD" or response.status_code in {204, 304}
        if limit is not None and not bodyless and length.isdecimal() and int(length) > limit:
            raise response_too_large(limit)
        return _Content(headers, limit)


class _Content:
    """Decodes a response's body and limits its size."""

    def __init__(self, headers: Headers, limit: int | None) -> None:
        self.headers = headers
        self._limit, self._size = limit, 0
        self._decoder: ContentDecoder | None = None

    def take(self, data: bytes) -> Iterator[bytes]:
        """Yield the decoded content of a chunk of the response body."""
        self._size += len(data)
        if self._limit is not None and self._size > self._limit:
            raise response_too_large(self._limit)
        if self._size == len(data):  # the first chunk: without a body, content codings are ignored
            codings = content_codings(self.headers.get("content-encoding", ""))
            self._decoder = ContentDecoder(codings, self._limit) if codings else None
        if self._decoder is None:
            yield data
            return
        self._decoder.feed(data)
        while piece := self._decoder.read(_PIECE):
            yield piece

    def end(self) -> None:
        """Raise a ``TransportFailure`` if the compressed content is truncated."""
        if self._decoder is not None:
            self._decoder.end()


_PIECE: Final = 65536


def _chunks(call: _Call, response: Any, content: _Content) -> Iterator[bytes]:  # noqa: ANN401
    if response.is_stream_consumed:  # the response of a mock: complete and decoded
        yield response.content
        return
    raw = response.iter_raw()
    try:
        for data in raw:
            if data:
                yield from content.take(data)
            call.require_time()
        content.end()
    except Exception as error:  # noqa: BLE001 - converted there
        call.fail(error)


async def _async_chunks(
    call: _Call,
    response: Any,  # noqa: ANN401
    content: _Content,
) -> AsyncGenerator[bytes, None]:
    if response.is_stream_consumed:  # the response of a mock: complete and decoded
        yield response.content
        return
    raw = response.aiter_raw()
    try:
        while (data := await _before(call, anext(raw, None))) is not None:
            if data:
                for piece in content.take(data):
                    yield piece
        content.end()
    except Exception as error:  # noqa: BLE001 - converted there
        call.fail(error)
    finally:
        # If the stream is left early, generators inside httpx would be finalized by the garbage
        # collector, with a warning from trio. Closing the connection first ends them.
        await response.aclose()
        with suppress(Exception):
            async for _ in raw:
                pass


async def _before(call: _Call, work: Awaitable[T]) -> T:
    """Await ``work`` until the call's deadline at most, and return its result."""
    expires = call.request.expires
    if expires is None:
        return await work
    import anyio  # noqa: PLC0415 - not needed without deadlines

    with anyio.move_on_after(max(expires - time.monotonic(), 0)):
        return await work
    raise deadline_failure(sent=call.progress.may_have_sent)
