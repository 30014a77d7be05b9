"""What a client does above its transport: uploads, downloads that go on, redirects, notifications."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from genesys_cloud import RetryConfiguration
from genesys_core import errors
from genesys_core.calls.operation import raw_operation
from genesys_core.simulator.wire.websocket_server import frame
from tests.adapters.transports.conformance.certificates import server_context, trusted
from tests.adapters.transports.conformance.harness import Bench, case
from tests.adapters.transports.conformance.servers import (
    CLOSE,
    Drips,
    Peer,
    Seen,
    answering,
    head,
    in_turn,
    reply,
    serving,
)

FILE = bytes(range(256)) * 400
HALF = len(FILE) // 2
RETRY = RetryConfiguration(max_retry_time_sec=60, retry_after_default=0)
OPERATION = raw_operation("GET", "/case")
DATE = "Date: Mon, 02 Nov 2026 10:00:00 GMT"


@contextmanager
def directory():
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- uploads --------------------------------------------------------------------------------------


class Changing(io.BytesIO):
    """A file that has another length when it is read than when it was measured."""

    def __init__(self, size: int, change: int) -> None:
        super().__init__(b"x" * size)
        self._whole = b"x" * (size + change)

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() == 0 and len(self.getvalue()) != len(self._whole):
            self.__init__(len(self._whole), 0)
        return super().read(size)


@case(105, "a-file-that-changes", needs="upload", each={"grows": 1000, "shrinks": -1000})
async def _(bench: Bench, change: int) -> None:
    def script(peer: Peer) -> None:
        while seen := peer.read():
            lengths.append((seen.header("content-length"), len(seen.body)))
            peer.send(reply())

    lengths: list[tuple[str | None, int]] = []
    with serving(script) as server:
        content = Changing(200_000, change)
        with pytest.raises(errors.TransportError):
            await bench.over(bench.client().upload(f"{server.url}/case", content))
        # The server has no more than was said, and is not left waiting for the rest of it.
        assert all(length == "200000" and size == 200_000 for length, size in lengths)
        await bench.wait(server.peer(0).ended.is_set)


@case(105, "what-can-be-read-again-is-sent-again", needs="upload")
async def _(bench: Bench) -> None:
    turns = (reply(status="503 X"),), (reply(),)
    with directory() as folder, serving(in_turn(*turns, *turns, turns[0])) as server:
        (folder / "x").write_bytes(FILE)
        client = bench.client(retry=RETRY)
        for content in (FILE, folder / "x"):
            await bench.over(client.upload(f"{server.url}/case", content))
        assert [seen.body for seen in server.requests] == [FILE] * 4
        with pytest.raises(errors.ServerError):
            await bench.over(client.upload(f"{server.url}/case", iter([FILE])))
        assert len(server.requests) == 5


@case(106, "progress-of-an-upload", needs="upload")
async def _(bench: Bench) -> None:
    told: list[tuple[int, int | None]] = []
    with serving(in_turn((reply(status="503 X"),), (reply(),))) as server:
        uploading = bench.client(retry=RETRY).upload(
            f"{server.url}/case", FILE, progress=lambda *now: told.append(now)
        )
        await bench.over(uploading)
    begins = [at for at, (done, _) in enumerate(told) if done == 0]
    assert len(begins) == 2
    for tries in (told[: begins[1]], told[begins[1] :]):
        assert tries == sorted(set(tries))
        assert tries[-1] == (len(FILE), len(FILE))


# --- downloads that go on -------------------------------------------------------------------------


def whole(*fields: str, body: bytes = FILE) -> tuple:
    return (reply(body, "Connection: close", *fields), CLOSE)


def cut(*fields: str) -> tuple:
    return (head(f"Content-Length: {len(FILE)}", *fields), FILE[:HALF], CLOSE)


def part(begin: int = HALF, *, said: str | None = None, body: bytes | None = None) -> tuple:
    said = said or f"bytes {begin}-{len(FILE) - 1}/{len(FILE)}"
    rest = FILE[begin:] if body is None else body
    return (reply(rest, f"Content-Range: {said}", "Connection: close", status="206 X"), CLOSE)


async def downloaded(bench: Bench, *turns: tuple) -> list[tuple[str | None, str | None]]:
    """Download a file over these replies; the ranges, and their conditions, that were asked for."""
    with directory() as folder, serving(in_turn(*turns)) as server:
        client = bench.client(server.url, retry=RETRY)
        await bench.over(client.download(OPERATION, folder / "x", resume=True))
        assert (folder / "x").read_bytes() == FILE
        assert names(folder) == ["x"]
        return [(seen.header("range"), seen.header("if-range")) for seen in server.requests]


REST, TAG = f"bytes={HALF}-", 'ETag: "v1"'
DAY_BEFORE, SAME_SECOND = (
    "Last-Modified: Sun, 01 Nov 2026 10:00:00 GMT",
    "Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT",
)
VALIDATORS = {
    "strong-tag": ((TAG, DAY_BEFORE, DATE), '"v1"'),
    "old-date": ((DAY_BEFORE, DATE), "Sun, 01 Nov 2026 10:00:00 GMT"),
    "date-of-this-second": ((SAME_SECOND, DATE), None),
    "weak-tag": (('ETag: W/"v1"', DAY_BEFORE, DATE), None),
    "none": ((), None),
}


@case(250, "a-download-goes-on", needs="stream", each=VALIDATORS)
async def _(bench: Bench, situation: tuple[tuple[str, ...], str | None]) -> None:
    fields, validator = situation
    second = whole() if validator is None else part()
    asked = await downloaded(bench, cut(*fields), second)
    assert asked == [(None, None), (None if validator is None else REST, validator)]


OTHER_PARTS = {
    "another-start": part(HALF, said=f"bytes 0-{len(FILE) - 1}/{len(FILE)}"),
    "another-total": part(said=f"bytes {HALF}-{len(FILE) - 1}/{len(FILE) + 5}"),
    "beyond-the-total": part(said=f"bytes {HALF}-{len(FILE) + 5}/{len(FILE)}"),
    "no-range": (reply(FILE[HALF:], "Connection: close", status="206 X"), CLOSE),
    "several-ranges": (reply(b"--a", "Content-Type: multipart/byteranges; boundary=a", "Connection: close", status="206 X"), CLOSE),
}  # fmt: skip


@case(251, "another-part", needs="stream", each=OTHER_PARTS)
async def _(bench: Bench, other: tuple) -> None:
    asked = await downloaded(bench, cut(TAG), other, whole(TAG))
    assert asked == [(None, None), (REST, '"v1"'), (None, None)]


@case(252, "total-unknown", needs="stream")
async def _(bench: Bench) -> None:
    rest = part(said=f"bytes {HALF}-{len(FILE) - 1}/*")
    assert len(await downloaded(bench, cut(TAG), rest)) == 2


UNSATISFIABLE = (reply(b"", f"Content-Range: bytes */{len(FILE)}", status="416 X"),)


@case(253, "the-whole-file-again", needs="stream", each={"200": (whole(TAG),), "416": (UNSATISFIABLE, whole(TAG))})  # fmt: skip
async def _(bench: Bench, turns: tuple[tuple, ...]) -> None:
    asked = await downloaded(bench, cut(TAG), *turns)
    assert [wanted for wanted, _ in asked] == [None, REST, None][: 1 + len(turns)]


@case(254, "a-file-that-changed", needs="stream")
async def _(bench: Bench) -> None:
    old = b"old" * len(FILE)
    first = (head(f"Content-Length: {len(old)}", 'ETag: "v0"'), old[:HALF], CLOSE)
    assert await downloaded(bench, first, whole(TAG)) == [(None, None), (REST, '"v0"')]


@case(255, "a-signed-url-expired", needs="stream")
async def _(bench: Bench) -> None:
    signed = [cut(TAG), (reply(status="403 Expired"),), part()]

    def away(peer: Peer) -> None:
        while peer.read():
            peer.play(*signed.pop(0))

    with directory() as folder, serving(away) as files:

        def script(peer: Peer) -> None:
            while peer.read():
                place = f"{files.url}/x?signature={len(server.requests)}"
                peer.send(reply(b"", f"Location: {place}", status="302 X"))

        with serving(script) as server:
            client = bench.client(server.url)
            for failure in (errors.ConnectionClosedError, errors.PermissionDeniedError):
                with pytest.raises(failure):
                    await bench.over(client.download(OPERATION, folder / "x", resume=True))
            await bench.over(client.download(OPERATION, folder / "x", resume=True))
        assert (folder / "x").read_bytes() == FILE
        assert [seen.target for seen in files.requests] == [f"/x?signature={n}" for n in (1, 2, 3)]
        assert [seen.header("range") for seen in files.requests] == [None, REST, REST]


# --- files ----------------------------------------------------------------------------------------

BROKEN = {
    "shorter": (head("Content-Length: 10"), b"hello", CLOSE),
    "cut-chunks": (head("Transfer-Encoding: chunked"), b"5\r\nhello\r\n", CLOSE),
    "no-file-yet": (reply(status="202 X"),),
}


@case(256, "no-file-is-left", needs="stream", each=BROKEN)
async def _(bench: Bench, actions: tuple) -> None:
    with directory() as folder, serving(answering(*actions)) as server:
        (folder / "x").write_bytes(b"before")
        with pytest.raises(errors.GenesysCloudError):
            await bench.over(bench.client(server.url).download(OPERATION, folder / "x"))
        assert names(folder) == ["x"]
        assert (folder / "x").read_bytes() == b"before"


@case(256, "more-than-announced", needs="stream")
async def _(bench: Bench) -> None:
    with directory() as folder, serving(answering(reply(b"hello") + b"more")) as server:
        await bench.over(bench.client(server.url).download(OPERATION, folder / "x"))
        assert (folder / "x").read_bytes() == b"hello"


@case(256, "a-target-that-cannot-be-written", needs="stream")
async def _(bench: Bench) -> None:
    with directory() as folder, serving(answering(reply())) as server:
        with pytest.raises(OSError, match="missing"):
            await bench.over(bench.client(server.url).download(OPERATION, folder / "missing" / "x"))
        assert server.requests == []


NAMES = {"parent": "../../x.csv", "root": "/etc/x.csv", "backslash": r"..\..\x.csv", "nothing": ""}


@case(256, "a-name-with-a-path", needs="stream", each=NAMES)
async def _(bench: Bench, name: str) -> None:
    answer = reply(b"hello", f'Content-Disposition: attachment; filename="{name}"')
    with directory() as folder, serving(answering(answer)) as server:
        inner = folder / "inner"
        inner.mkdir()
        path = await bench.over(bench.client(server.url).download(OPERATION, inner))
        assert path.parent == inner
        assert path.name == ("x.csv" if name else "case")
        assert names(folder) == ["inner"]
        assert names(inner) == [path.name]


# --- redirects of downloads -----------------------------------------------------------------------


def to(place: str | None, status: int = 302) -> bytes:
    fields = () if place is None else (f"Location: {place}",)
    return reply(b"", *fields, status=f"{status} X")


@case(258, "nothing-of-the-client-elsewhere-nor-back", needs="stream")
async def _(bench: Bench) -> None:
    secrets = {"Cookie": "hunter2", "Proxy-Authorization": "hunter2", "X-Own": "hunter2"}
    with directory() as folder, ExitStack() as stack:
        here: list[bytes] = []
        there: list[bytes] = []
        api = stack.enter_context(serving(lambda peer: _each(peer, here)))
        other = stack.enter_context(serving(lambda peer: _each(peer, there)))
        here += [to(f"{other.url}/away"), reply(FILE)]
        there += [to(f"{api.url}/case")]
        operation = OPERATION.with_options(headers=secrets)
        client = bench.client(api.url, headers={"X-Client": "hunter2"})
        await bench.over(client.download(operation, folder / "x"))
        assert (folder / "x").read_bytes() == FILE
        assert b"hunter2" in api.requests[0].head
        for seen in (other.requests[0], api.requests[1]):
            assert b"hunter2" not in seen.head


def _each(peer: Peer, answers: list[bytes]) -> None:
    while peer.read():
        peer.send(answers.pop(0))


REFUSED = {
    "ftp": "ftp://files.example/x",
    "user-and-password": "https://user:hunter2@files.example/x",
    "missing": None,
    "control-byte": "http://files.example/\x01x",
    "no-such-port": "http://127.0.0.1:99999/x",
}


@case(259, "not-followed", needs="stream", each=REFUSED)
async def _(bench: Bench, place: str | None) -> None:
    with directory() as folder, serving(answering(to(place))) as server:
        with pytest.raises(errors.GenesysCloudError) as caught:
            await bench.over(bench.client(server.url).download(OPERATION, folder / "x"))
        assert "hunter2" not in str(caught.value)
        assert len(server.requests) == 1
        assert names(folder) == []


@case(259, "https-to-http", needs="stream tls")
async def _(bench: Bench) -> None:
    bench.options = {"verify": trusted()}

    def script(peer: Peer) -> None:
        peer.start_tls(server_context())
        answering(to("http://files.example/x"))(peer)

    with (
        directory() as folder,
        serving(script, scheme="https") as server,
        pytest.raises(errors.RedirectError, match="from https to http"),
    ):
        await bench.over(bench.client(server.url).download(OPERATION, folder / "x"))


FOLLOWED = {"relative": "other?a=b", "fragment": "/other?a=b#top", "non-ascii": "/öther?a=b"}


@case(259, "resolved", needs="stream", each=FOLLOWED)
async def _(bench: Bench, place: str) -> None:
    def script(peer: Peer) -> None:
        while seen := peer.read():
            peer.send(to(place) if seen.target == "/case" else reply(FILE))

    with directory() as folder, serving(script) as server:
        try:
            await bench.over(bench.client(server.url).download(OPERATION, folder / "x"))
        except errors.RedirectError:
            assert not place.isascii()
            return
        targets = [seen.target for seen in server.requests]
        assert targets in (["/case", "/other?a=b"], ["/case", "/%C3%B6ther?a=b"])
        assert (folder / "x").read_bytes() == FILE


@case(260, "a-body-is-not-repeated-elsewhere", needs="stream", each={"307": 307, "308": 308})
async def _(bench: Bench, status: int) -> None:
    with directory() as folder, serving(answering(to("/other", status))) as server:
        post = raw_operation("POST", "/case", body={"a": 1})
        with pytest.raises(errors.RedirectError, match="the POST request would be repeated"):
            await bench.over(bench.client(server.url).download(post, folder / "x"))
        assert len(server.requests) == 1


@case(260, "303-drops-the-body", needs="stream")
async def _(bench: Bench) -> None:
    with directory() as folder, serving(lambda peer: _each(peer, answers)) as server:
        answers = [to("/other", 303), reply(FILE)]
        post = raw_operation("POST", "/case", body={"a": 1})
        await bench.over(bench.client(server.url).download(post, folder / "x"))
        first, second = server.requests
        assert (first.method, second.method, second.body) == ("POST", "GET", b"")
        assert second.header("content-type") is None
        assert second.header("content-length") is None
        assert first.connection == second.connection  # given back before the next hop


@case(260, "around-in-circles", needs="stream")
async def _(bench: Bench) -> None:
    with directory() as folder, serving(answering(to("/case"))) as server:
        with pytest.raises(errors.RedirectError, match="too many redirects"):
            await bench.over(bench.client(server.url).download(OPERATION, folder / "x"))
        assert len(server.requests) == 6


@case(260, "an-endless-body-on-the-way", needs="stream")
async def _(bench: Bench) -> None:
    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/case":
                peer.send(head("Location: /other", "Content-Length: 10000000000", status="302 X"))
                peer.play(Drips(b"x" * 50_000_000, 0, 100_000))
            peer.send(reply(FILE))

    with directory() as folder, serving(script) as server:
        await bench.over(bench.client(server.url).download(OPERATION, folder / "x"))
        assert (folder / "x").read_bytes() == FILE
        await bench.wait(server.peer(0).ended.is_set)


# --- notifications --------------------------------------------------------------------------------


@case(56, "frames-with-the-101", needs="channel", each={"one-read": 0, "within-a-frame": 7})
async def _(bench: Bench, left: int) -> None:
    """The rest of what came with the head is the WebSocket's, whole or with a frame cut in two."""

    def script(peer: Peer) -> None:
        while seen := peer.read():
            if seen.header("upgrade") == "websocket":
                data = switching(seen) + b"".join(map(event, range(3)))
                peer.send(*filter(None, (data[: len(data) - left], data[len(data) - left :])))
                if peer.read_more():  # its Close frame, whose answer it waits for
                    peer.send(frame(8, b"\x03\xe8"))
                return
            peer.send(reply(answer(seen), "Content-Type: application/json"))

    def answer(seen: Seen) -> bytes:
        topics = [{"id": TOPIC}]
        address = f"{server.url.replace('http', 'ws')}/channel"
        is_channel = seen.target.endswith("/channels")
        return json.dumps(
            {"id": "c", "connectUri": address} if is_channel else {"entities": topics}
        ).encode()

    with serving(script) as server:
        handler = bench.client(server.url).notification_handler()
        messages = []
        if bench.is_sync:
            with handler:
                handler.add_subscription(TOPIC)
                messages += [next(handler).event_body.message for _ in range(3)]
        else:
            async with handler:
                await handler.add_subscription(TOPIC)
                messages += [(await anext(handler)).event_body.message for _ in range(3)]
        assert messages == ["0", "1", "2"]


TOPIC = "v2.users.user-1.presence"


def switching(seen: Seen) -> bytes:
    accepted = f"{seen.header('sec-websocket-key')}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    digest = base64.b64encode(hashlib.sha1(accepted.encode(), usedforsecurity=False).digest())
    fields = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {digest.decode()}",
    )
    return head(*fields, status="101 Switching Protocols")


def event(number: int) -> bytes:
    body = {"topicName": TOPIC, "version": "2", "eventBody": {"message": str(number)}}
    return frame(1, json.dumps(body).encode())
