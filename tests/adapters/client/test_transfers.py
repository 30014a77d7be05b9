"""Downloads, uploads and streams through all three drivers, over real loopback sockets."""

from __future__ import annotations

import asyncio
import io
import os
import threading
import traceback
from email import message_from_bytes
from importlib.util import find_spec
from inspect import isawaitable
from itertools import chain, repeat
from pathlib import Path
from time import monotonic

import anyio
import anyio.lowlevel
import pytest

from genesys_cloud import AsyncClient, Client, ClientCredentials, RetryConfiguration
from genesys_cloud.client import transfers
from genesys_cloud.client.atomic_file import AtomicFile
from genesys_cloud.testing import AsyncMockTransport, MockTransport
from genesys_cloud.transports import (
    AsyncHttpxTransport,
    HttpxTransport,
    failure_of,
)
from genesys_cloud.transports.hooks import Hooks
from genesys_core import errors
from genesys_core.api import users
from genesys_core.calls.operation import raw_operation
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.http.multipart import Part
from tests.helpers.connections import connections_in_use
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import TOKEN, Raw, Reply, Seen, Stall, scripted_server
from tests.helpers.streaming import head, streaming_server

GRANT = ClientCredentials("id", "secret")
RETRY = RetryConfiguration(max_retry_time_sec=60, retry_after_default=0)
FILE = bytes(range(256)) * 2000
SECRETS = {"Authorization": "Bearer hunter2", "X-Api-Key": "hunter2", "X-Own": "hunter2"}
OPERATION = raw_operation("GET", "/api/v2/file")


async def done(answer):
    """What a client of either kind returns in the end."""
    return await answer if isawaitable(answer) else answer


async def read(client, operation, *, at_most=None):
    """The status, headers and chunks of a stream, left after so many chunks."""
    found = []
    if isinstance(client, AsyncClient):
        async with client.stream(operation) as reply:
            async for chunk in reply.chunks:
                found.append(chunk)
                if len(found) == at_most:
                    break
    else:
        with client.stream(operation) as reply:
            for chunk in reply.chunks:
                found.append(chunk)
                if len(found) == at_most:
                    break
    return reply.status, reply.headers, found


def only(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


# --- downloads


@every_flavour
@pytest.mark.parametrize("source", [OPERATION, "/api/v2/file", "absolute"])
def test_a_download_has_the_token_and_all_bytes(run, tmp_path, source):
    told = []

    async def scenario(api: Api) -> None:
        asked = f"{server.url}/api/v2/file" if source == "absolute" else source
        written = api.client.download(
            asked, tmp_path / "x.bin", progress=lambda *now: told.append(now)
        )
        assert await done(written) == tmp_path / "x.bin"

    with scripted_server(lambda _: Reply(body=FILE)) as server:
        run(scenario, host=server.url, access_token="t")
    assert (tmp_path / "x.bin").read_bytes() == FILE
    assert only(tmp_path) == ["x.bin"]
    assert told[0] == (0, len(FILE))
    assert told[-1] == (len(FILE), len(FILE))
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert server.requests[0].header("authorization") == "Bearer t"
    assert server.requests[0].header("accept-encoding") == "identity"


@every_flavour
def test_another_host_gets_nothing_of_the_clients(run, tmp_path):
    async def scenario(api: Api) -> None:
        operation = OPERATION.with_options(headers=SECRETS)
        await done(api.client.download(operation, tmp_path / "x"))

    with (
        scripted_server(lambda _: Reply(body=FILE)) as files,
        scripted_server(
            lambda _: Reply(302, headers=(("Location", f"{files.url}/x?Signature=s%2F+"),))
        ) as server,
    ):
        run(scenario, host=server.url, access_token="t", headers={"X-Client": "hunter2"})
    assert (tmp_path / "x").read_bytes() == FILE
    (asked,) = server.requests
    assert asked.header("authorization") == "Bearer hunter2"
    assert asked.header("x-client") == "hunter2"
    (seen,) = files.requests
    assert seen.target == "/x?Signature=s%2F+"
    assert "hunter2" not in str(seen.headers)
    assert {name.lower() for name, _ in seen.headers} == {
        *("accept", "accept-encoding", "user-agent", "host"),
    }


@every_flavour
def test_within_the_api_a_redirect_is_a_call_like_any_other(run, tmp_path):
    def handler(seen: Seen):
        if seen.path == "/oauth/token":
            return Reply(json=TOKEN)
        if seen.path == "/api/v2/file":
            return Reply(307, headers=(("Location", "/api/v2/other?a=b"),))
        return Reply(body=FILE)

    async def scenario(api: Api) -> None:
        await done(api.client.download(OPERATION, tmp_path / "x"))
        assert api.client.stats().failures == 0

    with scripted_server(handler) as server:
        run(scenario, host=server.url, auth=GRANT)
    assert [seen.target for seen in server.requests][1:] == ["/api/v2/file", "/api/v2/other?a=b"]
    assert server.requests[2].header("authorization") == "Bearer token-1"


@every_flavour
def test_who_has_left_comes_back_without_the_token(run, tmp_path):
    def away(_: Seen):
        return Reply(302, headers=(("Location", f"{server.url}/api/v2/secrets"),))

    def handler(seen: Seen):
        if seen.path == "/api/v2/file":
            return Reply(302, headers=(("Location", f"{files.url}/x"),))
        return Reply(body=FILE)

    async def scenario(api: Api) -> None:
        await done(api.client.download(OPERATION, tmp_path / "x"))

    with scripted_server(handler) as server, scripted_server(away) as files:
        run(scenario, host=server.url, access_token="t")
    assert server.requests[1].header("authorization") is None


@every_flavour
@pytest.mark.parametrize(
    ("status", "location", "words"),
    [
        (302, None, "the response has no Location header"),
        (302, "ftp://files.example/x", "not an http or https URL"),
        (302, "https://user:hunter2@files.example/x", "not an http or https URL"),
        (302, "/api/v2/file", "too many redirects"),
        (304, "/api/v2/file", "has not changed"),
    ],
)
def test_a_redirect_that_is_not_followed_is_an_error(run, tmp_path, status, location, words):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.RedirectError, match=words) as caught:
            await done(api.client.download(OPERATION, tmp_path / "x", max_redirects=2))
        assert caught.value.status == status
        assert "hunter2" not in str(caught.value)

    fields = () if location is None else (("Location", location),)
    with scripted_server(lambda _: Reply(status, headers=fields)) as server:
        run(scenario, host=server.url)
    assert only(tmp_path) == []
    assert len(server.requests) == (3 if "too many" in words else 1)


@every_flavour
def test_a_download_is_repeated_from_its_beginning(run, tmp_path):
    told = []

    def script(seen: Seen):
        if len(server.requests) == 1:
            yield head(200, ("Content-Length", "100")) + b"x" * 60
        elif len(server.requests) == 2:
            yield head(503, ("Content-Length", "0"))
        else:
            yield head(200, ("Content-Length", "100")) + b"y" * 100

    def serve(seen: Seen):
        yield from script(seen)
        if len(server.requests) == 1:
            raise ConnectionAbortedError

    async def scenario(api: Api) -> None:
        await done(
            api.client.download(OPERATION, tmp_path / "x", progress=lambda *now: told.append(now))
        )

    with streaming_server(serve) as server:
        run(scenario, host=server.url, retry=RETRY)
    assert (tmp_path / "x").read_bytes() == b"y" * 100
    assert told.count((0, 100)) == 2
    assert told[-1] == (100, 100)


@every_flavour
def test_a_download_that_breaks_off_leaves_nothing(run, tmp_path):
    (tmp_path / "x").write_text("as it was")

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectionClosedError):
            await done(api.client.download(OPERATION, tmp_path / "x"))

    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"
    with scripted_server(lambda _: Raw(half)) as server:
        run(scenario, host=server.url)
    assert only(tmp_path) == ["x"]
    assert (tmp_path / "x").read_text() == "as it was"


@every_flavour
@pytest.mark.parametrize("announced", [True, False])
def test_a_download_larger_than_wanted_is_refused(run, tmp_path, announced):
    def script(_: Seen):
        length = ("Content-Length", "1000") if announced else ("Connection", "close")
        yield head(200, length)
        yield from repeat(b"x" * 10, 100)
        if not announced:
            raise ConnectionAbortedError

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.GenesysCloudError, match="larger than max_bytes=500"):
            await done(api.client.download(OPERATION, tmp_path / "x", max_bytes=500))
        assert connections_in_use(api.client) == 0

    with streaming_server(script) as server:
        run(scenario, host=server.url)
    assert only(tmp_path) == []


@every_flavour
@pytest.mark.parametrize("status", [202, 204])
def test_no_file_yet_is_an_error(run, tmp_path, status):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.GenesysCloudError, match=f"HTTP {status}") as caught:
            await done(api.client.download(OPERATION, tmp_path / "x"))
        assert caught.value.is_retry_safe

    with scripted_server(lambda _: Reply(status, {"state": "transcoding"})) as server:
        run(scenario, host=server.url)
    assert only(tmp_path) == []


@every_flavour
def test_errors_are_those_of_any_call(run, tmp_path):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.NotFoundError, match="no such file"):
            await done(api.client.download(OPERATION, tmp_path / "x"))
        with pytest.raises(errors.PermissionDeniedError, match=r"127\.0\.0\.1 returned HTTP 403"):
            await done(api.client.download(f"{files.url}/x", tmp_path / "x"))

    with (
        scripted_server(lambda _: Reply(404, {"message": "no such file"})) as server,
        scripted_server(lambda _: Reply(403, body=b"<Error/>")) as files,
    ):
        run(scenario, host=server.url)
    assert only(tmp_path) == []


@every_flavour
def test_a_file_that_cannot_be_renamed_leaves_nothing_in_its_directory(run, tmp_path, monkeypatch):
    def locked(path: Path, target: Path) -> None:  # as on Windows by a virus scanner
        raise PermissionError(13, "Permission denied", str(path), None, str(target))

    async def scenario(api: Api) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", locked)
            with pytest.raises(PermissionError):
                await done(api.client.download(OPERATION, tmp_path))
        assert only(tmp_path) == []
        # The name is not taken.
        assert await done(api.client.download(OPERATION, tmp_path)) == tmp_path / "a.txt"
        (tmp_path / "a.txt").unlink()

    answer = Reply(body=b"x", headers=(("Content-Disposition", "attachment; filename=a.txt"),))
    with scripted_server(lambda _: answer) as server:
        run(scenario, host=server.url)


@every_flavour
def test_in_a_directory_the_server_proposes_and_the_client_disposes(run, tmp_path):
    answer = Reply(
        body=b"x", headers=(("Content-Disposition", 'attachment; filename="../../evil.txt"'),)
    )

    async def scenario(api: Api) -> None:
        assert await done(api.client.download(OPERATION, tmp_path)) == tmp_path / "evil.txt"
        with pytest.raises(FileExistsError):
            await done(api.client.download(OPERATION, tmp_path))

    with scripted_server(lambda _: answer) as server:
        run(scenario, host=server.url)
    assert only(tmp_path) == ["evil.txt"]


@every_flavour
def test_without_a_proposal_the_url_names_the_file(run, tmp_path):
    async def scenario(api: Api) -> None:
        assert await done(api.client.download(OPERATION, tmp_path)) == tmp_path / "file"

    with scripted_server(lambda _: Reply(body=b"x")) as server:
        run(scenario, host=server.url)


@every_flavour
def test_a_file_that_cannot_be_written_is_known_before_anything_is_sent(run, tmp_path):
    async def scenario(api: Api) -> None:
        with pytest.raises(FileNotFoundError):
            await done(api.client.download(OPERATION, tmp_path / "missing" / "x"))

    with scripted_server(lambda _: Reply(body=b"x")) as server:
        run(scenario, host=server.url)
    assert server.requests == []


def test_a_file_has_the_mode_that_the_umask_gives(tmp_path):
    with (
        scripted_server(lambda _: Reply(body=b"x")) as server,
        Client(host=server.url, trust_env=False) as client,
    ):
        client.download(OPERATION, tmp_path / "x")
    (tmp_path / "y").touch()
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


@every_flavour
def test_what_a_progress_callback_raises_is_the_callers(run, tmp_path):
    class StoppedError(Exception):
        pass

    def progress(done, total):
        raise StoppedError

    async def scenario(api: Api) -> None:
        with pytest.raises(StoppedError):
            await done(api.client.download(OPERATION, tmp_path / "x", progress=progress))
        assert connections_in_use(api.client) == 0

    with scripted_server(lambda _: Reply(body=FILE)) as server:
        run(scenario, host=server.url)
    assert only(tmp_path) == []


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_progress_callback_may_be_a_coroutine_function(backend, tmp_path):
    told = []

    async def progress(done, total):
        await anyio.lowlevel.checkpoint()
        told.append(done)

    async def main() -> None:
        async with AsyncClient(host=server.url, trust_env=False) as client:
            await client.download(OPERATION, tmp_path / "x", progress=progress)

    with scripted_server(lambda _: Reply(body=b"abc")) as server:
        anyio.run(main, backend=backend)
    assert told[-1] == 3


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_download_leaves_nothing(backend, tmp_path):
    def script(_: Seen):
        yield head(200, ("Content-Length", "100")) + b"x" * 60
        server.stopped.wait(30)

    async def main() -> None:
        begun = anyio.Event()

        def progress(done, total):
            if done:
                begun.set()

        async with AsyncClient(host=server.url, trust_env=False) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(
                    lambda: client.download(OPERATION, tmp_path / "x", progress=progress)
                )
                await begun.wait()
                group.cancel_scope.cancel()
            assert client.stats().open_connections == 0

    with streaming_server(script) as server:
        anyio.run(main, backend=backend)
    assert only(tmp_path) == []


class Gate:
    """Holds a thread until the caller whose work it does has been cancelled."""

    def __init__(self) -> None:
        self._arrived, self._opened = threading.Event(), threading.Event()

    def pass_through(self) -> None:
        self._arrived.set()
        assert self._opened.wait(20)

    async def cancel(self, task: asyncio.Task[object]) -> None:
        await asyncio.to_thread(self._arrived.wait, 20)
        for _ in range(2):  # as a caller may be cancelled again while it waits
            task.cancel()
            await asyncio.sleep(0.01)
        self._opened.set()
        with pytest.raises(asyncio.CancelledError):
            await task


def cancel_at(gate: Gate, work, *, body: bytes = b"") -> None:
    """Cancel work of a client as asyncio's own timeouts and task groups do."""

    async def main() -> None:
        transport = AsyncMockTransport(lambda _: Response(200, body=body))
        async with AsyncClient(transport=transport, access_token="t") as client:
            await gate.cancel(asyncio.create_task(work(client)))

    asyncio.run(asyncio.wait_for(main(), 60))


def test_an_upload_that_is_cancelled_waits_for_the_thread_that_reads_it():
    gate, ended = Gate(), []

    def pieces():
        try:
            gate.pass_through()
            yield b"x"
        finally:
            ended.append(True)

    cancel_at(gate, lambda client: client.upload("https://files.example/x", pieces()))
    assert ended == [True]


def test_a_download_that_is_cancelled_as_its_file_is_created_leaves_nothing(tmp_path, monkeypatch):
    gate = Gate()

    class Slow(AtomicFile):
        def __init__(self, target: Path) -> None:
            super().__init__(target)
            gate.pass_through()

    monkeypatch.setattr(transfers, "AtomicFile", Slow)
    cancel_at(gate, lambda client: client.download(OPERATION, tmp_path / "x"))
    assert only(tmp_path) == []


def test_a_download_that_is_cancelled_as_it_is_completed_is_complete(tmp_path, monkeypatch):
    gate, flush = Gate(), os.fsync

    def slow(descriptor: int) -> None:
        flush(descriptor)
        gate.pass_through()

    monkeypatch.setattr(os, "fsync", slow)
    cancel_at(gate, lambda client: client.download(OPERATION, tmp_path), body=b"abc")
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"abc"


@every_flavour
def test_a_transport_without_streams_does_as_well(run, tmp_path, request):
    def handler(request: Request) -> Response:
        if request.url.endswith("/short"):
            return Response(200, Headers({"Content-Length": "5"}), b"x")
        return Response(200, body=FILE)

    async def scenario(api: Api) -> None:
        await done(api.client.download(OPERATION, tmp_path / "x"))
        assert await read(api.client, OPERATION) == (200, Headers(), [FILE])
        with pytest.raises(errors.ConnectionClosedError, match="1 of 5 bytes"):
            await done(api.client.download("/api/v2/short", tmp_path / "y"))
        await done(api.client.upload("https://files.example/x", iter([b"a", b"b"])))

    is_sync = request.node.callspec.id == "sync"
    transport = MockTransport(handler) if is_sync else AsyncMockTransport(handler)
    run(scenario, host="https://api.example", transport=transport)
    assert (tmp_path / "x").read_bytes() == FILE
    assert transport.requests[-1].body == b"ab"


@every_flavour
def test_hooks_see_what_is_streamed(run, tmp_path):
    seen = []
    hooks = Hooks(
        [lambda request: seen.append(request.method)],
        [lambda _, response: seen.append((response.status, response.body))],
    )

    async def scenario(api: Api) -> None:
        await done(api.client.download(OPERATION, tmp_path / "x"))

    with scripted_server(lambda _: Reply(body=FILE)) as server:
        run(scenario, host=server.url, hooks=hooks)
    assert seen == ["GET", (200, b"")]
    assert (tmp_path / "x").read_bytes() == FILE


# --- streams


@every_flavour
def test_a_stream_is_a_call_whose_body_is_read_later(run):
    def handler(seen: Seen):
        if seen.path == "/oauth/token":
            number = len(server.asked("/oauth/token"))
            return Reply(json={**TOKEN, "access_token": f"token-{number}"})
        if len(server.asked("/api/v2/users/me")) == 1:
            return Reply(401, {"message": "expired"})
        return Reply(body=FILE, headers=(("X-Kind", "file"),))

    async def scenario(api: Api) -> None:
        status, headers, found = await read(api.client, users.get_users_me())
        assert (status, headers["x-kind"], b"".join(found)) == (200, "file", FILE)
        assert len(found) > 1
        assert connections_in_use(api.client) == 0

    with scripted_server(handler) as server:
        run(scenario, host=server.url, auth=GRANT)
    assert len(server.asked("/oauth/token")) == 2


@every_flavour
def test_a_stream_left_early_gives_its_connection_back(run):
    def script(_: Seen):
        yield head(200, ("Content-Length", "1000000"))
        yield from repeat(b"x" * 1000, 1000)

    async def scenario(api: Api) -> None:
        for _ in range(3):
            _, _, found = await read(api.client, OPERATION, at_most=1)
            assert len(found) == 1
            assert connections_in_use(api.client) == 0

    with streaming_server(script) as server:
        run(scenario, host=server.url)


@every_flavour
@pytest.mark.parametrize("size", [5, 5_000_000])
def test_chunks_are_not_to_be_read_after_their_block(run, size):
    """An empty iteration would look like an empty body."""

    async def scenario(api: Api) -> None:
        if isinstance(api.client, AsyncClient):
            async with api.client.stream(OPERATION) as reply:
                pass
            with pytest.raises(errors.GenesysCloudError, match="within the block"):
                await anext(reply.chunks)
            async with api.client.stream(OPERATION) as reply:
                assert sum([len(chunk) async for chunk in reply.chunks]) == size
            assert [chunk async for chunk in reply.chunks] == []
        else:
            with api.client.stream(OPERATION) as reply:
                pass
            with pytest.raises(errors.GenesysCloudError, match="within the block"):
                next(reply.chunks)
            with api.client.stream(OPERATION) as reply:
                assert sum(map(len, reply.chunks)) == size
            assert list(reply.chunks) == []
        assert connections_in_use(api.client) == 0

    with scripted_server(lambda _: Reply(body=b"x" * size)) as server:
        run(scenario, host=server.url)


@every_flavour
def test_a_refused_stream_is_the_error_of_any_call(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.RateLimitError, match="slow down"):
            await read(api.client, OPERATION)
        assert connections_in_use(api.client) == 0

    with scripted_server(lambda _: Reply(429, {"message": "slow down"})) as server:
        run(scenario, host=server.url)


@every_flavour
@pytest.mark.parametrize("hooks", [None, Hooks()])
@pytest.mark.parametrize("status", [200, 404])
def test_a_stream_shows_that_its_request_was_sent_again(run, status, hooks):
    """A deleted object that is gone at the second attempt is a success, as without a stream."""
    is_lost = []
    operation = raw_operation("DELETE", "/api/v2/groups/g-1")

    async def resent(client) -> bool:
        if isinstance(client, AsyncClient):
            async with client.stream(operation) as reply:
                return reply.resent
        with client.stream(operation) as reply:
            return reply.resent

    async def scenario(api: Api) -> None:
        await api.send(OPERATION)
        assert await resent(api.client)
        if status == 404:
            with pytest.raises(errors.NotFoundError):
                await resent(api.client)
        else:
            assert not await resent(api.client)

    def handler(seen: Seen):
        if seen.method == "GET":
            return Reply(json={})
        if not is_lost:
            is_lost.append(seen)
            return Raw()
        return Reply(status, json={"message": "no such group"})

    with scripted_server(handler) as server:
        run(scenario, host=server.url, hooks=hooks)


@every_flavour
def test_a_stream_that_breaks_off_is_an_error(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectionClosedError) as caught:
            await read(api.client, OPERATION)
        assert caught.value.__cause__ is None

    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"
    with scripted_server(lambda _: Raw(half)) as server:
        run(scenario, host=server.url)


@every_flavour
def test_an_endless_error_is_read_no_further_than_needed(run):
    def script(_: Seen):
        yield head(500, ("Connection", "close"))
        yield from repeat(b"x" * 100_000)

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ServerError) as caught:
            await read(api.client, OPERATION)
        assert len(caught.value.response.body) == 1 << 20
        assert connections_in_use(api.client) == 0

    with streaming_server(script) as server:
        run(scenario, host=server.url)


@every_flavour
def test_compressed_streams_are_unpacked(run):
    import gzip

    async def scenario(api: Api) -> None:
        _, _, found = await read(api.client, OPERATION)
        assert b"".join(found) == FILE

    answer = Reply(body=gzip.compress(FILE), headers=(("Content-Encoding", "gzip"),))
    with scripted_server(lambda _: answer) as server:
        run(scenario, host=server.url)


# --- deadlines


def drip(state, *, of: bytes):
    """One byte after the other until the server is stopped."""
    for byte in chain(of, repeat(of[-1])):
        if state.stopped.wait(0.005):
            return
        yield bytes([byte])


@pytest.mark.slow
@every_flavour
@pytest.mark.parametrize("part", ["body", "chunked body", "headers"])
def test_a_drip_does_not_outlast_the_deadline(run, part):
    def script(_: Seen):
        if part == "headers":
            yield from drip(server, of=b"HTTP/1.1 200 OK\r\nX-Long: x")
        if part == "body":
            yield head(200, ("Content-Length", "1000000"))
        else:
            yield head(200, ("Transfer-Encoding", "chunked"))
        yield from drip(server, of=b"1\r\nx\r\n" * 1000)

    async def scenario(api: Api) -> None:
        operation = OPERATION.with_options(deadline=0.15)
        began = monotonic()
        with pytest.raises(errors.TimeoutError, match="deadline"):
            await api.send(operation)
        with pytest.raises(errors.TimeoutError, match="deadline"):
            await read(api.client, operation)
        # Not a measurement: without the deadline the drip goes on for a minute at least.
        assert monotonic() - began < 20
        assert connections_in_use(api.client) == 0

    with streaming_server(script) as server:
        run(scenario, host=server.url)


@every_flavour
def test_a_download_has_one_deadline_for_all_its_requests(run, tmp_path):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.TimeoutError):
            await done(api.client.download(OPERATION, tmp_path / "x", deadline=0.2))

    with (
        scripted_server(lambda _: Stall()) as files,
        scripted_server(lambda _: Reply(302, headers=(("Location", files.url),))) as server,
    ):
        run(scenario, host=server.url)
    assert len(files.requests) == 1
    assert only(tmp_path) == []


# --- uploads


class Steps:
    """Content of each kind, with what it is."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(FILE)
        self.path = path

    def make(self, kind: str):
        async def chunks():
            for start in range(0, len(FILE), 70_000):
                await anyio.lowlevel.checkpoint()
                yield FILE[start : start + 70_000]

        match kind:
            case "bytes" | "bytearray" | "memoryview":
                return {"bytes": bytes, "bytearray": bytearray, "memoryview": memoryview}[kind](
                    FILE
                )
            case "path":
                return self.path
            case "file":
                return io.BytesIO(b"skipped" + FILE)
            case "iterator":
                return (FILE[start : start + 70_000] for start in range(0, len(FILE), 70_000))
            case _:
                return chunks()


@every_flavour
@pytest.mark.parametrize(
    "kind",
    ["bytes", "bytearray", "memoryview", "path", "file", "iterator", "async iterator"],
)
def test_uploads_of_every_kind(run, tmp_path, kind):
    steps = Steps(tmp_path / "x")

    async def scenario(api: Api) -> None:
        content = steps.make(kind)
        if kind == "file":
            content.read(len(b"skipped"))
        if kind == "async iterator" and isinstance(api.client, Client):
            with pytest.raises(TypeError):
                api.client.upload(server.url, content)
            content = FILE[:70_000], FILE[70_000:]
        response = await done(
            api.client.upload(
                f"{server.url}/x?sig=1", content, headers={"Content-Type": "audio/wav"}
            )
        )
        assert (response.status, response.raw) == (200, b"<Done/>")
        assert connections_in_use(api.client) == 0

    def script(_: Seen):
        yield head(200, ("Content-Length", "7")) + b"<Done/>"

    with streaming_server(script) as server:
        run(scenario, host="https://api.example", access_token="t", headers={"X-Own": "hunter2"})
    (seen,) = server.requests
    assert (seen.method, seen.target, seen.body) == ("PUT", "/x?sig=1", FILE)
    assert seen.header("content-type") == "audio/wav"
    assert seen.header("authorization") is None
    assert seen.header("x-own") is None
    known = "iterator" not in kind
    assert seen.header("content-length") == (str(len(FILE)) if known else None)
    assert seen.header("transfer-encoding") == (None if known else "chunked")


@every_flavour
def test_a_form_is_sent_as_multipart(run, tmp_path):
    steps = Steps(tmp_path / "x.bin")

    async def scenario(api: Api) -> None:
        form = [
            Part("id", "é1"),
            Part("file", steps.path, filename='a"b.csv', content_type="text/csv"),
        ]
        await done(api.client.upload(f"{server.url}/x", form, method="POST", authenticate=True))

    with streaming_server(lambda _: [head(200, ("Content-Length", "0"))]) as server:
        run(scenario, host="https://api.example", access_token="t")
    (seen,) = server.requests
    assert seen.method == "POST"
    assert seen.header("authorization") == "Bearer t"
    assert seen.header("content-length") == str(len(seen.body))
    kind = f"Content-Type: {seen.header('content-type')}\r\n\r\n".encode()
    first, second = message_from_bytes(kind + seen.body).get_payload()
    assert first.get_payload(decode=True) == "é1".encode()
    assert second.get_filename() == "a%22b.csv"
    assert second.get_content_type() == "text/csv"
    assert second.get_payload(decode=True) == FILE


@every_flavour
@pytest.mark.parametrize("kind", ["bytes", "memoryview", "path", "file", "iterator"])
def test_a_part_of_a_form_may_come_from_anywhere(run, tmp_path, kind):
    steps = Steps(tmp_path / "x")

    async def scenario(api: Api) -> None:
        content = steps.make(kind)
        if kind == "file":
            content.read(len(b"skipped"))
        form = [Part("file", content, filename="a.bin"), Part("id", "1")]
        await done(api.client.upload(f"{server.url}/x", form, method="POST"))
        assert connections_in_use(api.client) == 0

    with streaming_server(lambda _: [head(200, ("Content-Length", "0"))]) as server:
        run(scenario, host="https://api.example")
    (seen,) = server.requests
    assert seen.header("content-length") == (None if kind == "iterator" else str(len(seen.body)))
    fields = f"Content-Type: {seen.header('content-type')}\r\n\r\n".encode()
    first, second = message_from_bytes(fields + seen.body).get_payload()
    assert first.get_payload(decode=True) == FILE
    assert second.get_payload(decode=True) == b"1"


@every_flavour
def test_what_can_be_read_again_is_sent_again(run, tmp_path):
    steps = Steps(tmp_path / "x")

    def script(_: Seen):
        status = 503 if len(server.requests) % 2 else 200
        yield head(status, ("Content-Length", "0"), ("Retry-After", "0.01"))

    async def scenario(api: Api) -> None:
        for kind in ("bytes", "path"):
            await done(api.client.upload(server.url, steps.make(kind)))

    with streaming_server(script) as server:
        run(scenario, host="https://api.example", retry=RETRY)
    assert [seen.body for seen in server.requests] == [FILE] * 4


@every_flavour
@pytest.mark.parametrize("status", [401, 429, 503])
def test_what_can_be_read_once_is_sent_once(run, tmp_path, status):
    steps = Steps(tmp_path / "x")

    def script(seen: Seen):
        if seen.path == "/oauth/token":
            yield Reply(json=TOKEN).encode()
        else:
            yield head(status, ("Content-Length", "0"), ("Retry-After", "0.01"))

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ApiError) as caught:
            await done(
                api.client.upload(f"{server.url}/x", steps.make("iterator"), authenticate=True)
            )
        assert caught.value.status == status

    with streaming_server(script) as server:
        run(scenario, host=server.url, auth=GRANT, retry=RETRY)
    assert len(server.asked("/x")) == 1


@every_flavour
def test_what_a_callers_iterator_raises_is_the_callers(run):
    class OwnError(OSError):
        pass

    def content():
        yield b"x" * 100
        raise OwnError

    async def scenario(api: Api) -> None:
        with pytest.raises(OwnError):
            await done(api.client.upload(server.url, content()))
        assert connections_in_use(api.client) == 0

    def script(_: Seen):  # once all of the body is there; an answer before that would count
        yield head(200, ("Content-Length", "0"))

    with streaming_server(script) as server:
        run(scenario, host="https://api.example")


@every_flavour
def test_a_body_shorter_than_it_said_may_have_arrived(run):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ProtocolError) as caught:
            await done(api.client.upload(server.url, iter([b"x"]), headers={"Content-Length": "5"}))
        assert caught.value.sent

    with scripted_server(lambda _: Reply()) as server:
        run(scenario, host="https://api.example")


@every_flavour
def test_an_upload_that_nobody_takes(run, tmp_path):
    from tests.helpers.server import refused_url

    asked = []

    def content():
        asked.append(True)
        yield b"x"

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectError) as caught:
            await done(api.client.upload(refused_url(), content()))
        assert not caught.value.sent
        with pytest.raises(FileNotFoundError):
            await done(api.client.upload(refused_url(), tmp_path / "missing"))
        with pytest.raises(TypeError, match=r"content must be bytes.*, not None"):
            await done(api.client.upload(refused_url(), None))
        with pytest.raises(TypeError, match=r"content must be bytes.*, not a str"):
            await done(api.client.upload(refused_url(), "missing"))
        with pytest.raises(errors.InvalidValueError, match="absolute http or https URL"):
            await done(api.client.upload("/api/v2/x", b""))

    run(scenario, host="https://api.example")
    assert asked == []


@every_flavour
def test_an_answer_before_the_end_of_the_body_counts(run):
    """A server that refuses early closes; the refusal is what the caller learns."""
    gone = threading.Event()

    def content():
        yield b"x" * 10
        assert gone.wait(30)
        yield from repeat(b"x" * 65536, 100)

    def handler(sock):
        sock.recv(65536)
        sock.sendall(head(413, ("Content-Length", "0"), ("Connection", "close")))

    import socket

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.GenesysCloudError):
            await done(api.client.upload(url, content()))
        assert connections_in_use(api.client) == 0

    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def serve():
            sock, _ = listener.accept()
            with sock:
                handler(sock)
            gone.set()

        thread = threading.Thread(target=serve)
        thread.start()
        run(scenario, host="https://api.example")
        thread.join()


# --- the transport itself

over_httpx = pytest.mark.skipif(find_spec("httpx") is None, reason="httpx is not installed")


@over_httpx
def test_a_failure_after_the_body_began_may_have_been_sent() -> None:
    transport = HttpxTransport()
    with (
        scripted_server(lambda _: Raw()) as server,
        pytest.raises(TransportFailure) as caught,
        transport.stream(Request("PUT", server.url), iter([b"x"])),
    ):
        pass
    transport.close()
    assert caught.value.sent


@over_httpx
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_request_that_is_late_already_is_not_waited_for(backend: str) -> None:
    async def main() -> None:
        transport = AsyncHttpxTransport()
        with pytest.raises(TransportFailure) as caught:
            await transport.send(Request("GET", server.url, expires=monotonic() - 1))
        assert caught.value.kind == "timeout"
        await transport.close()

    with scripted_server(lambda _: Stall()) as server:
        anyio.run(main, backend=backend)


@pytest.mark.slow
@over_httpx
def test_a_client_of_the_users_own_keeps_deadlines_between_pieces() -> None:
    import httpx

    def script(_: Seen):
        yield head(200, ("Content-Length", "1000000"))
        yield from drip(server, of=b"x")

    with streaming_server(script) as server, httpx.Client(trust_env=False) as own:
        transport = HttpxTransport(own)
        with pytest.raises(TransportFailure, match="deadline") as caught:
            transport.send(Request("GET", server.url, expires=monotonic() + 0.3))
    assert (caught.value.kind, caught.value.sent) == ("timeout", True)


@over_httpx
def test_a_deadline_is_the_calls_own_and_not_the_threads() -> None:
    def script(_: Seen):
        yield head(200, ("Content-Length", "3")) + b"abc"

    transport = HttpxTransport()
    with streaming_server(script) as server:
        request = Request("GET", server.url, expires=monotonic() + 60)
        with transport.stream(request) as reply:
            with pytest.raises(TransportFailure, match="deadline"):
                transport.send(Request("GET", server.url, expires=monotonic() - 1))
            assert transport.send(Request("GET", server.url)).body == b"abc"
            assert b"".join(reply.chunks) == b"abc"
    transport.close()


@over_httpx
def test_a_url_that_httpx_refuses_is_a_failure_like_any_other() -> None:
    transport = HttpxTransport()
    with pytest.raises(TransportFailure) as caught:
        transport.send(Request("GET", "http://[::1"))
    transport.close()
    assert (caught.value.kind, caught.value.sent) == ("protocol", False)


def test_what_nobody_knows_may_have_been_sent() -> None:
    failure = failure_of(LookupError("new"))
    assert (failure.kind, failure.sent) == ("protocol", True)


@over_httpx
def test_what_h11_says_of_a_request_is_not_shown() -> None:
    transport = HttpxTransport()
    headers = Headers.received([("Authorization", "Bearer hunter2\x00")])
    with scripted_server(lambda _: Reply()) as server, pytest.raises(TransportFailure) as caught:
        transport.send(Request("GET", server.url, headers))
    transport.close()
    assert not caught.value.sent
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@every_flavour
def test_a_closed_client_says_so(run):
    async def scenario(api: Api) -> None:
        await done(api.client.close())
        with pytest.raises(errors.GenesysCloudError, match="is closed"):
            await api.send(users.get_users_me())

    run(scenario, host="https://api.example")


def test_the_private_name_is_gone_even_if_the_disk_is_full(tmp_path, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        scripted_server(lambda _: Reply(body=b"x")) as server,
        Client(host=server.url, trust_env=False) as client,
        pytest.raises(OSError, match="No space left"),
    ):
        client.download(OPERATION, tmp_path / "x")
    assert only(tmp_path) == []
