"""Downloads that are continued, and the progress of uploads, through all flavours over real sockets."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from inspect import isawaitable
from pathlib import Path

import anyio
import pytest

from genesys_cloud import AsyncClient, Client, RetryConfiguration
from genesys_cloud.client import atomic_file
from genesys_cloud.client.resumable_file import CHECKPOINT, ResumableFile
from genesys_core import errors
from genesys_core.calls.operation import raw_operation
from genesys_core.calls.partial_content import PartialFile
from genesys_core.http.multipart import Part
from tests.helpers.flavours import Api, every_flavour
from tests.helpers.server import Seen
from tests.helpers.streaming import head, streaming_server
from tests.helpers.tls import Certificates, nginx

FILE = bytes(range(256)) * 2000
RETRY = RetryConfiguration(max_retry_time_sec=60, retry_after_default=0)
OPERATION = raw_operation("GET", "/api/v2/file")


async def done(answer):
    return await answer if isawaitable(answer) else answer


def only(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


class Ranges:
    """A server of one file, which breaks off after some bytes a few times."""

    def __init__(self, *breaks: int, tag: str | None = '"v1"', body: bytes = FILE) -> None:
        self.breaks = list(breaks)
        self.tag = tag
        self.body = body
        self.ignores_if_range = False

    def __call__(self, seen: Seen):
        body, first, status = self.body, 0, 200
        fields = [("Connection", "close")]
        if self.tag is not None:
            fields.append(("ETag", self.tag))
        wanted = seen.header("range")
        is_same = self.ignores_if_range or seen.header("if-range") == self.tag
        if wanted is not None and is_same:
            first, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            fields.append(("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}"))
        yield head(status, ("Content-Length", str(len(body) - first)), *fields)
        if self.breaks:
            yield body[first : first + self.breaks.pop(0)]
            raise ConnectionAbortedError
        yield body[first:]
        raise ConnectionAbortedError


def ranges_of(server) -> list[str | None]:
    return [seen.header("range") for seen in server.requests]


@every_flavour
def test_a_retry_continues_where_the_last_attempt_ended(run, tmp_path):
    told = []

    async def scenario(api: Api) -> None:
        path = await done(
            api.client.download(
                OPERATION,
                tmp_path / "x",
                resume=True,
                progress=lambda done, total: told.append((done, total)),
            )
        )
        assert path.read_bytes() == FILE

    with streaming_server(Ranges(100_000, 7)) as server:
        run(scenario, host=server.url, retry=RETRY)
    assert ranges_of(server) == [None, "bytes=100000-", "bytes=100007-"]
    assert only(tmp_path) == ["x"]
    assert (told[0], told[-1]) == ((0, len(FILE)), (len(FILE), len(FILE)))
    assert [amount for amount, _ in told] == sorted(amount for amount, _ in told)


@every_flavour
def test_a_later_download_continues_an_earlier_one(run, tmp_path):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectionClosedError):
            await done(api.client.download(OPERATION, tmp_path / "x", resume=True))
        assert only(tmp_path) == [".x.part", ".x.part.json"]
        assert (tmp_path / ".x.part").read_bytes() == FILE[:100_000]
        path = await done(api.client.download(OPERATION, tmp_path / "x", resume=True))
        assert path.read_bytes() == FILE
        # The same path, another file: it is begun anew.
        await done(api.client.download("/api/v2/other", tmp_path / "x", resume=True))

    with streaming_server(Ranges(100_000)) as server:
        run(scenario, host=server.url)
    assert ranges_of(server) == [None, "bytes=100000-", None]
    assert only(tmp_path) == ["x"]


@every_flavour
@pytest.mark.parametrize("change", ["the file", "the validator", "all that is left"])
def test_a_file_that_changed_is_begun_anew(run, tmp_path, change):
    serve = Ranges(100_000)
    other = b"other" * 1000

    def script(seen: Seen):
        if change == "all that is left" and seen.header("range"):
            yield head(416, ("Content-Length", "0"), ("Content-Range", "bytes */5000"))
        else:
            yield from serve(seen)

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectionClosedError):
            await done(api.client.download(OPERATION, tmp_path / "x", resume=True))
        serve.body = other
        serve.tag = None if change == "the validator" else '"v2"'
        await done(api.client.download(OPERATION, tmp_path / "x", resume=True))

    with streaming_server(script) as server:
        run(scenario, host=server.url)
    assert (tmp_path / "x").read_bytes() == other
    assert only(tmp_path) == ["x"]
    assert ranges_of(server)[:2] == [None, "bytes=100000-"]


@every_flavour
def test_without_a_strong_validator_nothing_is_kept(run, tmp_path):
    async def scenario(api: Api) -> None:
        for _ in range(2):
            with pytest.raises(errors.ConnectionClosedError):
                await done(api.client.download(OPERATION, tmp_path / "x", resume=True))
            assert only(tmp_path) == []

    with streaming_server(Ranges(100_000, 100_000, tag='W/"v1"')) as server:
        run(scenario, host=server.url)
    assert ranges_of(server) == [None, None]


@every_flavour
def test_another_part_than_requested_is_thrown_away(run, tmp_path):
    serve = Ranges(100_000)

    def script(seen: Seen):
        if len(server.requests) == 2:
            yield head(206, ("Content-Range", "bytes 0-4/5"), ("Content-Length", "5")) + b"wrong"
        else:
            yield from serve(seen)

    async def scenario(api: Api) -> None:
        await done(api.client.download(OPERATION, tmp_path / "x", resume=True))

    with streaming_server(script) as server:
        run(scenario, host=server.url, retry=RETRY)
    assert (tmp_path / "x").read_bytes() == FILE
    assert ranges_of(server) == [None, "bytes=100000-", None]


@every_flavour
def test_a_part_of_another_version_is_thrown_away(run, tmp_path):
    serve = Ranges(100_000)
    serve.ignores_if_range = True
    other = bytes(reversed(FILE))

    def script(seen: Seen):
        yield from serve(seen)

    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectionClosedError):
            await done(api.client.download(OPERATION, tmp_path / "x", resume=True))
        serve.tag, serve.body = '"v2"', other
        with pytest.raises(errors.ProtocolError, match="part of another version"):
            await done(api.client.download(OPERATION, tmp_path / "x", resume=True))
        await done(api.client.download(OPERATION, tmp_path / "x", resume=True))

    with streaming_server(script) as server:
        run(scenario, host=server.url)
    assert (tmp_path / "x").read_bytes() == other
    assert ranges_of(server) == [None, "bytes=100000-", None]


@every_flavour
def test_a_part_counts_against_the_limit(run, tmp_path):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.ConnectionClosedError):
            await done(api.client.download(OPERATION, tmp_path / "x", resume=True))
        with pytest.raises(errors.GenesysCloudError, match="larger than max_bytes=200000"):
            await done(
                api.client.download(OPERATION, tmp_path / "x", resume=True, max_bytes=200_000)
            )

    with streaming_server(Ranges(100_000)) as server:
        run(scenario, host=server.url)


@every_flavour
def test_what_cannot_be_continued_is_said_before_anything_is_sent(run, tmp_path):
    async def scenario(api: Api) -> None:
        with pytest.raises(errors.InvalidValueError, match="pass the path of the file"):
            await done(api.client.download(OPERATION, tmp_path, resume=True))
        post = raw_operation("POST", "/api/v2/file")
        with pytest.raises(errors.InvalidValueError, match="a POST cannot be resumed"):
            await done(api.client.download(post, tmp_path / "x", resume=True))
        with pytest.raises(TypeError, match="resume"):
            await done(api.client.download(OPERATION, tmp_path / "x", resume="yes"))
        with (
            ResumableFile(tmp_path / "x", "f"),
            pytest.raises(BlockingIOError, match="in progress"),
        ):
            await done(api.client.download(OPERATION, tmp_path / "x", resume=True))

    with streaming_server(Ranges()) as server:
        run(scenario, host=server.url)
    assert server.requests == []
    assert only(tmp_path) == []


@pytest.mark.parametrize("flavour", ["asyncio", "trio"])
def test_a_cancelled_download_keeps_its_part(flavour, tmp_path):
    def script(seen: Seen):
        if seen.header("range") is None:
            yield head(200, ("Content-Length", "9"), ("ETag", '"v1"')) + b"abc"
            server.stopped.wait(20)
        else:
            yield head(206, ("Content-Length", "6"), ("Content-Range", "bytes 3-8/9")) + b"defghi"

    async def main() -> None:
        async with AsyncClient(host=server.url, access_token="t") as client:
            with anyio.CancelScope() as scope:
                await client.download(
                    OPERATION,
                    tmp_path / "x",
                    resume=True,
                    progress=lambda done, _: scope.cancel() if done else None,
                )
            assert scope.cancelled_caught
            await client.download(OPERATION, tmp_path / "x", resume=True)

    with streaming_server(script) as server:
        anyio.run(main, backend=flavour)
    assert (tmp_path / "x").read_bytes() == b"abcdefghi"


KILLED = """
import os, sys
from genesys_cloud import Client
from genesys_core.calls.operation import raw_operation
import genesys_cloud.client.resumable_file as module
module.CHECKPOINT = 50_000
with Client(host=sys.argv[1], access_token="t") as client:
    client.download(
        raw_operation("GET", "/api/v2/file"),
        sys.argv[2],
        resume=True,
        progress=lambda done, total: os._exit(9) if done > 200_000 else None,
    )
"""


def test_a_killed_process_is_continued_from_its_last_checkpoint(tmp_path):
    with streaming_server(Ranges()) as server:
        path = tmp_path / "x"
        ended = subprocess.run([sys.executable, "-c", KILLED, server.url, str(path)], check=False)
        assert ended.returncode == 9
        assert only(tmp_path) == [".x.part", ".x.part.json"]
        recorded = json.loads((tmp_path / ".x.part.json").read_bytes())["size"]
        assert 100_000 < recorded <= (tmp_path / ".x.part").stat().st_size
        with Client(host=server.url, access_token="t") as client:
            client.download(OPERATION, path, resume=True)
    assert path.read_bytes() == FILE
    assert ranges_of(server) == [None, f"bytes={recorded}-"]
    assert only(tmp_path) == ["x"]


@every_flavour
def test_nginx_sends_the_rest_and_tells_a_changed_file(run, tmp_path):
    served, kept = tmp_path / "served", tmp_path / "kept"
    served.mkdir()
    kept.mkdir()
    (served / "file").write_bytes(FILE)
    began = []

    def stop(done: int, total: int | None) -> None:
        if done:
            raise LookupError(done, total)

    def begin(done: int, _total: int | None) -> None:
        began.append(done)

    async def scenario(api: Api) -> None:
        async def broken_then_whole() -> None:
            with pytest.raises(LookupError):
                await done(
                    api.client.download(f"{url}/file", kept / "x", resume=True, progress=stop)
                )
            began.clear()
            if len(bodies) == 1:
                (served / "file").write_bytes(bodies[0])
            await done(api.client.download(f"{url}/file", kept / "x", resume=True, progress=begin))

        bodies: list[bytes] = []
        await broken_then_whole()
        assert began[0] > 0
        assert (kept / "x").read_bytes() == FILE
        bodies.append(FILE[::-1] + b"changed")
        await broken_then_whole()
        assert began[0] == 0
        assert (kept / "x").read_bytes() == bodies[0]

    certificates = Certificates.make(tmp_path)
    files = f"location /file {{ root {served}; }}"
    with nginx(certificates, clients="off", locations=files) as url:
        run(
            scenario, host="https://api.example", access_token="t", verify=str(certificates.ca_file)
        )


# --- the file


def test_a_record_is_written_at_each_checkpoint(tmp_path):
    with ResumableFile(tmp_path / "x", "f") as file:
        file.begin(PartialFile(source="f", validator='"v"', total=CHECKPOINT * 2))
        for size in (1, CHECKPOINT - 2, 1):
            file.write(b"x" * size)
        record = json.loads((tmp_path / ".x.part.json").read_bytes())
        assert record["size"] == CHECKPOINT
        file.write(b"x")
        assert json.loads((tmp_path / ".x.part.json").read_bytes()) == record
    assert json.loads((tmp_path / ".x.part.json").read_bytes())["size"] == CHECKPOINT + 1
    with ResumableFile(tmp_path / "x", "f") as file:
        assert file.part.size == CHECKPOINT + 1
        file.begin(PartialFile(source="f"))
    assert only(tmp_path) == []


def test_a_record_that_was_removed_meanwhile_locks_nothing(tmp_path, monkeypatch):
    from genesys_cloud.client import resumable_file

    def removed(descriptor: int) -> bool:
        (tmp_path / ".x.part.json").unlink()
        return True

    monkeypatch.setattr(resumable_file, "try_lock", removed)
    with pytest.raises(BlockingIOError):
        ResumableFile(tmp_path / "x", "f")


@pytest.mark.parametrize("step", ["replace", "flush_directory"])
@pytest.mark.parametrize("validator", ['"v1"', None])
def test_an_interrupted_commit_leaves_a_part_that_can_be_continued_or_nothing(
    tmp_path, monkeypatch, step, validator
):
    target = tmp_path / "x"
    begun = PartialFile(source="s", validator=validator, total=None)

    def download(part: PartialFile | None) -> None:
        with ResumableFile(target, "s") as file:
            file.begin(part or file.part)
            file.write(FILE[file.part.size :])
            file.commit("x")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        owner = Path if step == "replace" else atomic_file
        patched.setattr(owner, step, interrupt)
        with pytest.raises(KeyboardInterrupt):
            download(begun)

    if step == "flush_directory":
        assert only(tmp_path) == ["x"]
    download(None)
    assert target.read_bytes() == FILE
    assert only(tmp_path) == ["x"]


def test_the_record_is_locked_until_it_is_removed(tmp_path, monkeypatch):
    unlink, found = Path.unlink, []

    def meanwhile(path: Path, missing_ok: bool = False) -> None:
        if path.name == ".x.part.json":
            with pytest.raises(BlockingIOError):
                found.append(ResumableFile(tmp_path / "x", "f"))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", meanwhile)
    with ResumableFile(tmp_path / "x", "f") as file:
        file.commit("x")
    with ResumableFile(tmp_path / "x", "f"):
        pass
    assert only(tmp_path) == ["x"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # 3.12: threads, and a fork
def test_a_child_does_not_keep_the_lock(tmp_path):
    reader, writer = os.pipe()
    with ResumableFile(tmp_path / "x", "f") as file:
        file.begin(PartialFile(source="f", validator='"v"'))
        file.write(b"x")
        child = os.fork()
        if child == 0:
            os.read(reader, 1)
            os._exit(0)
    try:
        with ResumableFile(tmp_path / "x", "f") as file:
            assert file.part.size == 1
    finally:
        os.write(writer, b"x")
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)


# --- the progress of uploads


@every_flavour
@pytest.mark.parametrize("kind", ["bytes", "path", "file", "iterator", "form"])
def test_an_upload_tells_its_progress(run, tmp_path, kind):
    (tmp_path / "x").write_bytes(FILE)
    told = []

    def content():
        return {
            "bytes": FILE,
            "path": tmp_path / "x",
            "file": io.BytesIO(FILE),
            "iterator": iter([FILE[:300_000], FILE[300_000:]]),
            "form": [Part("id", "1"), Part("file", tmp_path / "x", filename="x")],
        }[kind]

    async def tell(done: int, total: int | None) -> None:
        told.append((done, total))

    async def scenario(api: Api) -> None:
        is_async = isinstance(api.client, AsyncClient)
        progress = tell if is_async else lambda done, total: told.append((done, total))
        await done(api.client.upload(f"{server.url}/x", content(), progress=progress))
        with pytest.raises(TypeError, match="progress"):
            await done(api.client.upload(f"{server.url}/x", b"", progress=1))

    with streaming_server(lambda _: [head(200, ("Content-Length", "0"))]) as server:
        run(scenario, host="https://api.example", access_token="t")
    (seen,) = server.requests
    total = None if kind == "iterator" else len(seen.body)
    assert told[0] == (0, total)
    assert told[-1] == (len(seen.body), total)
    assert len(told) > 2
    assert [amount for amount, _ in told] == sorted({amount for amount, _ in told})
    if kind != "form":
        assert seen.body == FILE


@every_flavour
def test_the_progress_of_a_retried_upload_begins_anew(run):
    told = []

    async def scenario(api: Api) -> None:
        report = lambda done, _: told.append(done)  # noqa: E731
        await done(api.client.upload(f"{server.url}/x", b"abc", progress=report))

    def script(_: Seen):
        status = 503 if len(server.requests) == 1 else 200
        yield head(status, ("Content-Length", "0"))

    with streaming_server(script) as server:
        run(scenario, host="https://api.example", access_token="t", retry=RETRY)
    assert told == [0, 3, 0, 3]


@every_flavour
def test_what_progress_raises_reaches_the_caller(run):
    def report(done: int, total: int | None) -> None:
        raise LookupError(done)

    async def scenario(api: Api) -> None:
        with pytest.raises(LookupError):
            await done(api.client.upload(f"{server.url}/x", b"abc", progress=report))

    with streaming_server(lambda _: [head(200, ("Content-Length", "0"))]) as server:
        run(scenario, host="https://api.example", access_token="t")
