"""Downloads, uploads and streamed responses, without keeping their bodies in memory.

The core decides which URL to request, which redirects to follow and when to retry; this module
transfers the bytes.

Invariants: the file of a download appears complete or not at all; leaving a stream early releases its
connection. Only with a transport that cannot stream are bodies kept in memory.
"""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Generator,
    Iterator,
)
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    ExitStack,
    aclosing,
    asynccontextmanager,
    contextmanager,
)
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from genesys_cloud.client.atomic_file import AtomicFile, target_path
from genesys_cloud.client.base import ClientBase, response_of
from genesys_cloud.client.resumable_file import ResumableFile
from genesys_cloud.client.streaming import (
    AsyncProgress,
    DownloadSaver,
    Progress,
    StreamedBody,
    StreamOpener,
    UploadProgress,
    read_limited,
    with_transport_errors,
)
from genesys_cloud.client.upload_body import AsyncContent, Content, inspect_content, read_chunks
from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.awaited import (
    AwaitedChunks,
    enter_now,
    iterate_now,
    open_stream,
    run_now,
)
from genesys_core.calls.downloads import MAX_REDIRECTS, Download, nothing_to_save, without_result
from genesys_core.calls.operation import Operation, Options
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.transfers import start_upload
from genesys_core.checks import FLAG, FUNCTION, WHOLE_NUMBER
from genesys_core.http.headers import HeadersInput
from genesys_core.http.messages import Request, Response, Streamed, Timeout

__all__ = ["AsyncProgress", "AsyncTransfers", "Progress", "SyncTransfers"]

T = TypeVar("T")


class _Transfers(ClientBase):
    """Downloads, uploads and streams, as coroutines that both clients run."""

    async def _download(
        self,
        source: Operation[Any] | str,
        path: Path,
        progress: AsyncProgress | None,
        limits: tuple[int | None, int],
        options: Options,
        *,
        resume: bool,
    ) -> Path:
        session, loop, (max_bytes, max_redirects) = self._cell.session, self._event_loop, limits
        FUNCTION.or_none().check("progress", progress)
        WHOLE_NUMBER.or_none().check("max_bytes", max_bytes)
        FLAG.check("resume", resume)
        options = options.over(self._defaults)
        download = Download.of(
            source, session, now=read_clocks(), max_redirects=max_redirects, options=options
        )
        state = download.begin(session, now=read_clocks())
        make = (
            partial(ResumableFile, source=download.identify(state.call.request))
            if resume
            else AtomicFile
        )
        with ExitStack() as held:
            # Entered in the worker thread: if the caller is cancelled meanwhile, it does not
            # receive the file and could not remove it.
            file = await loop.run_in_worker(lambda: held.enter_context(make(path)))
            saver = DownloadSaver(self._wire, loop, file, progress, max_bytes)
            response = response_of(await self._drive(state, saver.send))
            hosts = session.settings.hosts
            while following := download.redirected(response, state.call.request, hosts):
                download = following
                state = download.begin(session, now=read_clocks())
                response = response_of(await self._drive(state, saver.send))
            if saver.name is None:
                raise nothing_to_save(response)
            return await loop.run_in_worker(file.commit, saver.name)

    @asynccontextmanager
    async def _stream(
        self, operation: Operation[Any]
    ) -> AsyncGenerator[Streamed[AsyncIterator[bytes]]]:
        async with AsyncExitStack() as stack:
            opener = StreamOpener(self._wire, stack)
            state = self._start(without_result(operation))
            response = response_of(await self._drive(state, opener.send))
            # A call may succeed although its response is an error: a 404 for a retried DELETE.
            reply = opener.reply
            chunks = AwaitedChunks(iter((response.raw,))) if reply is None else reply.chunks
            async with aclosing(with_transport_errors(chunks, opener.request)) as pieces:
                body = StreamedBody(pieces)
                try:
                    yield Streamed(response.status, response.headers, body, opener.resent)
                finally:
                    body.close()

    async def _upload(
        self,
        target: tuple[str, str],
        content: AsyncContent,
        headers: HeadersInput,
        progress: AsyncProgress | None,
        options: Options,
        *,
        authenticate: bool,
    ) -> ApiResponse[None]:
        loop, (method, url) = self._event_loop, target
        FUNCTION.or_none().check("progress", progress)
        inspect = partial(inspect_content, content, can_await=not self._is_blocking)
        body = await loop.run_in_worker(inspect)

        async def send(request: Request) -> Response:
            # Bytes whose progress is not reported need no stream.
            if request.body is not None:
                return await self._wire.send(request)
            sent = UploadProgress(progress, body.length)
            async with (
                aclosing(read_chunks(body.source, loop)) as chunks,
                aclosing(sent.count(chunks)) as source,
                open_stream(self._wire, request, source) as reply,
            ):
                response = await read_limited(reply)
            # A transport need not request another chunk after the last one, so the last chunk may
            # not have been reported.
            await sent.report()
            return response

        state = start_upload(
            url,
            body,
            self._cell.session,
            now=read_clocks(),
            method=method,
            headers=headers,
            options=options.over(self._defaults),
            authenticate=authenticate,
            in_pieces=progress is not None,
        )
        return response_of(await self._drive(state, send))


class SyncTransfers(_Transfers):
    """The download, upload and stream methods of :class:`~genesys_cloud.Client`."""

    def download(
        self,
        source: Operation[Any] | str,
        path: str | PathLike[str],
        *,
        progress: Progress | None = None,
        resume: bool = False,
        max_bytes: int | None = None,
        max_redirects: int = MAX_REDIRECTS,
        timeout: Timeout | float | None = None,
        deadline: float | None = None,
    ) -> Path:
        """Download a file; it appears on disk only when it is complete.

        A redirect to another host is followed without the token; see ``docs/transfers.md``.

        Args:
            source: an operation, an API path or an absolute URL. The client's token is sent only to
                URLs below the API's base URL.
            path: the destination; an existing file is replaced. In a directory, the server
                determines the file's name, which is sanitized, and no existing file is replaced.
            progress: called with the number of bytes received and the total (or ``None``); a retry
                starts again at 0, or at the position where it resumes.
            resume: whether an interrupted download is resumed, by a retry or by a later
                ``download`` of the same file to the same path, possibly in another process. The
                partial file is stored next to ``path``; with ``If-Range`` (RFC 9110 section 13.1.5)
                it is resumed only if the file on the server is unchanged. ``path`` must not be a
                directory.
            max_bytes: maximum size of the file in bytes; a larger file raises an error.
            max_redirects: maximum number of redirects to follow.
            timeout: seconds for each phase of a request, or a :class:`Timeout`.
            deadline: seconds for the whole download, including redirects and retries.

        Returns:
            The file's path.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`; a redirect that is not followed is a
                ``RedirectError``.
            OSError: the file cannot be written; ``BlockingIOError`` if another download with
                ``resume`` is writing it.
        """
        options = Options(timeout=timeout, deadline=deadline)
        limits = max_bytes, max_redirects
        return run_now(
            self._download(source, target_path(path), progress, limits, options, resume=resume)
        )

    @contextmanager
    def stream(self, operation: Operation[Any]) -> Generator[Streamed[Iterator[bytes]]]:
        """Send an operation and stream the response body.

        ::

            with client.stream(operation) as reply:
                for chunk in reply.chunks:
                    ...

        Until the body begins, the call is retried like any other; later, iterating over an
        incomplete body raises an error. The call's deadline also applies to the body. Leaving the block early
        releases the connection.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
        """
        with enter_now(self._stream(operation)) as reply:
            yield Streamed(reply.status, reply.headers, iterate_now(reply.chunks), reply.resent)

    def upload(
        self,
        url: str,
        content: Content,
        *,
        method: str = "PUT",
        headers: HeadersInput = (),
        progress: Progress | None = None,
        authenticate: bool = False,
        timeout: Timeout | float | None = None,
        deadline: float | None = None,
    ) -> ApiResponse[None]:
        """Upload a file to a URL that the platform returned.

        Apart from ``User-Agent``, none of the client's headers are sent unless ``authenticate`` is
        set. Uploads of bytes and paths are retried according to the retry configuration; those of open
        files and iterators are not.

        Args:
            url: an absolute URL; pre-signed URLs need no authentication.
            content: bytes, a :class:`pathlib.Path`, a file opened in binary mode, an iterable of
                bytes, or a list of :class:`Part` for ``multipart/form-data``.
            method: the HTTP method: ``PUT``, or the one that the platform specifies.
            headers: headers that the URL was signed with, and ``Content-Length`` if you know the
                length of an iterable.
            progress: called with the number of bytes sent and the total (or ``None``); a retry
                starts again at 0.
            authenticate: whether to send the client's token, for the platform's own hosts.
            timeout: seconds for each phase of a request, or a :class:`Timeout`.
            deadline: seconds for the whole upload, including retries.

        Returns:
            The response; its body is in ``raw``.

        Raises:
            GenesysCloudError: see :mod:`genesys_core.errors`.
            OSError: a file cannot be read.
            TypeError: ``content`` has an unsupported type.
        """
        options, target = Options(timeout=timeout, deadline=deadline), (method, url)
        return run_now(
            self._upload(target, content, headers, progress, options, authenticate=authenticate)
        )


class AsyncTransfers(_Transfers):
    """The download, upload and stream methods of :class:`~genesys_cloud.AsyncClient`."""

    async def download(
        self,
        source: Operation[Any] | str,
        path: str | PathLike[str],
        *,
        progress: AsyncProgress | None = None,
        resume: bool = False,
        max_bytes: int | None = None,
        max_redirects: int = MAX_REDIRECTS,
        timeout: Timeout | float | None = None,  # noqa: ASYNC109 - seconds for each phase
        deadline: float | None = None,
    ) -> Path:
        """See :meth:`SyncTransfers.download`; files are written in threads."""
        options = Options(timeout=timeout, deadline=deadline)
        limits = max_bytes, max_redirects
        return await self._download(
            source, target_path(path), progress, limits, options, resume=resume
        )

    def stream(
        self, operation: Operation[Any]
    ) -> AbstractAsyncContextManager[Streamed[AsyncIterator[bytes]]]:
        """See :meth:`SyncTransfers.stream`; used with ``async with`` and ``async for``."""
        return self._stream(operation)

    async def upload(
        self,
        url: str,
        content: AsyncContent,
        *,
        method: str = "PUT",
        headers: HeadersInput = (),
        progress: AsyncProgress | None = None,
        authenticate: bool = False,
        timeout: Timeout | float | None = None,  # noqa: ASYNC109 - seconds for each phase
        deadline: float | None = None,
    ) -> ApiResponse[None]:
        """See :meth:`SyncTransfers.upload`.

        Accepts asynchronous iterables too, and reads files in threads.
        """
        options, target = Options(timeout=timeout, deadline=deadline), (method, url)
        return await self._upload(
            target, content, headers, progress, options, authenticate=authenticate
        )
