"""Bodies of uploads: from bytes, files, iterators or forms.

Invariants: if the transport can stream, files and iterators are read chunk by chunk: the next chunk is
read when the connection has accepted the previous one.
"""

import os
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing, closing
from functools import partial
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, cast

from genesys_cloud.client.event_loop import EventLoop
from genesys_core.calls.transfers import UploadBody
from genesys_core.http.multipart import Multipart, Part

__all__ = ["AsyncContent", "AsyncSource", "Content", "Source", "inspect_content", "read_chunks"]

Source: TypeAlias = PathLike[str] | BinaryIO | Iterable[bytes]
"""The content of an upload or of a form's part: a file path, an open file or an iterable of bytes."""

AsyncSource: TypeAlias = Source | AsyncIterable[bytes]
"""A :data:`Source` for an asynchronous client; may also be an asynchronous iterable."""

Content: TypeAlias = bytes | Source | Sequence[Part[Source]]
"""The content of an upload's body; a list of parts is sent as ``multipart/form-data``."""

AsyncContent: TypeAlias = bytes | AsyncSource | Sequence[Part[AsyncSource]]
"""The content of an upload's body for an asynchronous client; see :data:`Content`."""

CHUNK: Final = 65536
"""Number of bytes read from a file at a time."""


def inspect_content(content: AsyncContent, *, can_await: bool) -> UploadBody:
    """Return a description of an upload's body, without reading the content.

    Args:
        content: the content of the body.
        can_await: whether asynchronous iterables are accepted; true in asynchronous clients.

    Raises:
        InvalidValueError: a part of the form cannot be encoded.
        OSError: a file does not exist.
        TypeError: the content has an unsupported type.
    """
    from secrets import token_hex  # noqa: PLC0415 - few clients upload

    return UploadBody.of(content, measure=_length, boundary=token_hex(16), can_await=can_await)


async def read_chunks(source: object, loop: EventLoop) -> AsyncGenerator[bytes, None]:
    """Yield a source's bytes in chunks; read files and iterators with ``loop.run_in_worker``."""
    if isinstance(source, Multipart):
        for piece in cast(Multipart[object], source).pieces():
            async with aclosing(read_chunks(piece, loop)) as inner:
                async for chunk in inner:
                    yield chunk
    elif isinstance(source, AsyncIterable):
        async for chunk in cast(AsyncIterable[bytes], source):
            yield chunk
    elif isinstance(source, bytes | bytearray | memoryview):
        # A copy of a bytearray or a memory view, whose elements need not be bytes.
        content = bytes(cast("bytes | memoryview[int]", source))
        for start in range(0, len(content), CHUNK):
            yield content[start : start + CHUNK]
    else:
        with closing(_pieces(source)) as reading:
            while more := await loop.run_in_worker(_next_piece, reading):
                yield more[0]


def _next_piece(pieces: Iterator[bytes]) -> tuple[bytes, ...]:
    # A tuple, because StopIteration cannot be raised into a coroutine (PEP 479), and an empty piece
    # is not the end.
    return next(((piece,) for piece in pieces), ())


def _pieces(source: object) -> Generator[bytes, None, None]:
    if isinstance(source, PathLike):
        with Path(cast(PathLike[str], source)).open("rb") as file:
            yield from iter(partial(file.read, CHUNK), b"")
    elif hasattr(source, "read"):
        yield from iter(partial(cast(BinaryIO, source).read, CHUNK), b"")
    else:
        yield from cast(Iterable[bytes], source)


def _length(content: object) -> int | None:
    if isinstance(content, bytes | bytearray):
        return len(content)
    if isinstance(content, memoryview):
        return content.nbytes
    if isinstance(content, PathLike):
        return Path(cast(PathLike[str], content)).stat().st_size
    # Pipes and iterators have no known length.
    seekable = getattr(content, "seekable", None)
    if seekable is None or not seekable():
        return None
    file = cast(BinaryIO, content)
    here = file.tell()  # the file is sent from its current position
    end = file.seek(0, os.SEEK_END)
    file.seek(here)
    return end - here
