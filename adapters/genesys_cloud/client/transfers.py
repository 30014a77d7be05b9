"""Bodies too large for memory: downloads, uploads, streamed replies.

Law: where to ask, what to follow and when to repeat is the core's to decide; here bytes move. A
download is on disk whole or not at all; a stream that is left early gives its connection back.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from genesys_cloud.client.atomic_file import AtomicFile
from genesys_cloud.client.session_cell import SessionCell
from genesys_cloud.client.streaming import (
    AsyncDownloadSaver,
    AsyncProgress,
    AsyncStreamOpener,
    DownloadSaver,
    Progress,
    StreamOpener,
    open_async_stream,
    open_stream,
    read_limited,
    read_limited_async,
    run_in_worker_thread,
    with_transport_errors,
    with_transport_errors_async,
)
from genesys_cloud.client.upload_body import (
    AsyncContent,
    Content,
    UploadBody,
    read_chunks,
    read_chunks_async,
)
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.protocols import AsyncTransport, Transport
from genesys_core.calls.downloads import MAX_REDIRECTS, Download, nothing_to_save, without_result
from genesys_core.calls.lifecycle import Raised, Returned, State, start
from genesys_core.calls.operation import Operation, Options
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.transfers import plain_request, start_transfer
from genesys_core.http.headers import Headers, HeadersInput
from genesys_core.http.messages import Request, Response, Streamed, Timeout
from genesys_core.session.session import Session

__all__ = ["AsyncProgress", "AsyncTransfers", "Progress", "SyncTransfers"]

T = TypeVar("T")


class SyncTransfers:
    """What :class:`~genesys_cloud.Client` can do with bodies that are not held in memory."""

    _cell: SessionCell
    _defaults: Options
    _transport: Transport

    def _drive(
        self, state: State[T], send: Callable[[Request], Response] | None = None
    ) -> Returned[T] | Raised:
        raise NotImplementedError

    def download(
        self,
        source: Operation[Any] | str,
        path: str | PathLike[str],
        *,
        progress: Progress | None = None,
        max_bytes: int | None = None,
        max_redirects: int = MAX_REDIRECTS,
        timeout: Timeout | float | None = None,
        deadline: float | None = None,
    ) -> Path:
        """Save a file; it is complete on disk when this returns, and not there at all before.

        A redirect to another host is followed without the token; see ``docs/transfers.md``.

        Args:
            source: an operation, a path of the API, or an absolute URL; only below the API's base
                URL does it get the client's token.
            path: where to; a file there is replaced. In a directory the file gets the server's
                name for it, made safe, and replaces nothing.
            progress: called with the bytes so far and all there will be (``None`` if unknown); a
                repeat begins at 0 again.
            max_bytes: more than this is an error.
            max_redirects: how many are followed.
            timeout: seconds for each phase of a request, or a :class:`Timeout`.
            deadline: seconds for all of it, redirects and repeats included.

        Returns:
            The file's path.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`; a redirect that is not followed is a
                ``RedirectError``.
            OSError: the file cannot be written.
        """
        session = self._cell.session
        download = Download.of(
            source,
            session,
            now=read_clocks(),
            max_redirects=max_redirects,
            options=Options(timeout=timeout, deadline=deadline).over(self._defaults),
        )
        with AtomicFile(Path(path)) as part:
            saver = DownloadSaver(self._transport, part, progress, max_bytes)
            outcome = self._drive(download.begin(session, now=read_clocks()), saver.send)
            while isinstance(outcome, Raised):
                download = download.redirected(outcome.error, session.settings.hosts)
                outcome = self._drive(download.begin(session, now=read_clocks()), saver.send)
            if saver.name is None:
                raise nothing_to_save(outcome.response)
            return part.commit(saver.name)

    @contextmanager
    def stream(self, operation: Operation[Any]) -> Generator[Streamed[Iterator[bytes]]]:
        """Make a call and read its body piece by piece.

        ::

            with client.stream(operation) as reply:
                for chunk in reply.chunks:
                    ...

        Until the body begins it is a call as any other, repeats included; a body that breaks off
        is an error. The call's deadline holds for the body too. Leaving the block early gives the
        connection back.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        with ExitStack() as stack:
            opener = StreamOpener(self._transport, stack)
            call = without_result(operation.under(self._defaults))
            state = start(call, self._cell.session, now=read_clocks())
            reply = opener.opened(self._drive(state, opener.send))
            yield Streamed(
                reply.status, reply.headers, with_transport_errors(reply.chunks, opener.request)
            )

    def upload(
        self,
        url: str,
        content: Content,
        *,
        method: str = "PUT",
        headers: HeadersInput = (),
        authenticate: bool = False,
        timeout: Timeout | float | None = None,
        deadline: float | None = None,
    ) -> ApiResponse[None]:
        """Send a file to a URL that the platform gave out.

        Nothing of the client's goes along but its ``User-Agent``, unless ``authenticate`` says so.
        Bytes and paths are repeated as the retry configuration says; an open file or an iterator is
        sent once.

        Args:
            url: absolute; a pre-signed one carries its own permission.
            content: bytes, a :class:`pathlib.Path`, a file opened in binary mode, an iterable of
                bytes, or a list of :class:`Part` for ``multipart/form-data``.
            method: ``PUT``, or what the platform says.
            headers: what the URL was signed with; a length if the content's is not known.
            authenticate: whether the client's token goes along, for the platform's own hosts.
            timeout: seconds for each phase, or a :class:`Timeout`.
            deadline: seconds for all of it.

        Returns:
            The response; its body is in ``raw``.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
            OSError: a file cannot be read.
            TypeError: content of another kind.
        """
        session, body = self._cell.session, UploadBody.of(content)
        options = Options(timeout=timeout, deadline=deadline).over(self._defaults)
        request = _upload_request(
            session, (method, url), body, headers=headers, timeout=options.timeout
        )

        def send(request: Request) -> Response:
            if request.body is not None:
                return self._transport.send(request)
            with open_stream(self._transport, request, read_chunks(body.source)) as reply:
                return read_limited(reply)

        state = start_transfer(
            request,
            session,
            now=read_clocks(),
            options=options,
            once=body.once,
            authenticate=authenticate,
        )
        outcome = self._drive(state, send)
        if isinstance(outcome, Raised):
            raise outcome.error
        return outcome.response


class AsyncTransfers:
    """What :class:`~genesys_cloud.AsyncClient` can do with bodies that are not held in memory."""

    _cell: SessionCell
    _defaults: Options
    _transport: AsyncTransport

    async def _drive(
        self, state: State[T], send: Callable[[Request], Awaitable[Response]] | None = None
    ) -> Returned[T] | Raised:
        raise NotImplementedError

    async def download(
        self,
        source: Operation[Any] | str,
        path: str | PathLike[str],
        *,
        progress: AsyncProgress | None = None,
        max_bytes: int | None = None,
        max_redirects: int = MAX_REDIRECTS,
        timeout: Timeout | float | None = None,  # noqa: ASYNC109 - seconds for each phase
        deadline: float | None = None,
    ) -> Path:
        """As :meth:`SyncTransfers.download`; the disk is written to in threads."""
        session = self._cell.session
        download = Download.of(
            source,
            session,
            now=read_clocks(),
            max_redirects=max_redirects,
            options=Options(timeout=timeout, deadline=deadline).over(self._defaults),
        )
        with await run_in_worker_thread(AtomicFile, Path(path)) as part:
            saver = AsyncDownloadSaver(self._transport, part, progress, max_bytes)
            outcome = await self._drive(download.begin(session, now=read_clocks()), saver.send)
            while isinstance(outcome, Raised):
                download = download.redirected(outcome.error, session.settings.hosts)
                outcome = await self._drive(download.begin(session, now=read_clocks()), saver.send)
            if saver.name is None:
                raise nothing_to_save(outcome.response)
            return await run_in_worker_thread(part.commit, saver.name)

    @asynccontextmanager
    async def stream(
        self, operation: Operation[Any]
    ) -> AsyncGenerator[Streamed[AsyncIterator[bytes]]]:
        """As :meth:`SyncTransfers.stream`, with ``async with`` and ``async for``."""
        async with AsyncExitStack() as stack:
            opener = AsyncStreamOpener(self._transport, stack)
            call = without_result(operation.under(self._defaults))
            state = start(call, self._cell.session, now=read_clocks())
            reply = opener.opened(await self._drive(state, opener.send))
            async with aclosing(
                with_transport_errors_async(reply.chunks, opener.request)
            ) as pieces:
                yield Streamed(reply.status, reply.headers, pieces)

    async def upload(
        self,
        url: str,
        content: AsyncContent,
        *,
        method: str = "PUT",
        headers: HeadersInput = (),
        authenticate: bool = False,
        timeout: Timeout | float | None = None,  # noqa: ASYNC109 - seconds for each phase
        deadline: float | None = None,
    ) -> ApiResponse[None]:
        """As :meth:`SyncTransfers.upload`; asynchronous iterables too, files read in threads."""
        session, body = self._cell.session, await run_in_worker_thread(UploadBody.of, content)
        options = Options(timeout=timeout, deadline=deadline).over(self._defaults)
        request = _upload_request(
            session, (method, url), body, headers=headers, timeout=options.timeout
        )

        async def send(request: Request) -> Response:
            if request.body is not None:
                return await self._transport.send(request)
            async with (
                aclosing(read_chunks_async(body.source)) as source,
                open_async_stream(self._transport, request, source) as reply,
            ):
                return await read_limited_async(reply)

        state = start_transfer(
            request,
            session,
            now=read_clocks(),
            options=options,
            once=body.once,
            authenticate=authenticate,
        )
        outcome = await self._drive(state, send)
        if isinstance(outcome, Raised):
            raise outcome.error
        return outcome.response


def _upload_request(
    session: Session,
    target: tuple[str, str],
    body: UploadBody,
    *,
    headers: HeadersInput,
    timeout: Timeout | float | None,
) -> Request:
    method, url = target
    fields = Headers(headers)
    if "content-type" not in fields and body.content_type is not None:
        fields = fields.set("Content-Type", body.content_type)
    content = body.source if isinstance(body.source, bytes) else None
    if content is None and body.length is not None:
        fields = fields.set("Content-Length", str(body.length))
    return plain_request(
        method.upper(), url, session, headers=fields, body=content, timeout=timeout
    )
