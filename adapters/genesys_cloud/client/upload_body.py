"""What can be uploaded: bytes, files, iterators, forms.

Law: a file or an iterator is read piece by piece as the connection takes it, never whole. What can
be read again (bytes, a path) may be sent again; what cannot (an open file, an iterator) is sent
once.
"""

import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing, closing
from functools import partial
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, cast

import msgspec
from msgspec import Struct

from genesys_core.http.multipart import Multipart, Part

__all__ = [
    "AsyncContent",
    "AsyncSource",
    "Content",
    "Source",
    "UploadBody",
    "read_chunks",
    "read_chunks_async",
]

Source: TypeAlias = PathLike[str] | BinaryIO | Iterable[bytes]
"""A file by its path or opened, or an iterable of bytes."""

AsyncSource: TypeAlias = Source | AsyncIterable[bytes]
"""For an asynchronous client an asynchronous iterable as well."""

Content: TypeAlias = bytes | Source | Sequence[Part[Source]]
"""A body; a list of parts is sent as ``multipart/form-data``."""

AsyncContent: TypeAlias = bytes | AsyncSource | Sequence[Part[AsyncSource]]
"""As :data:`Content`."""

CHUNK: Final = 65536
"""Bytes read from a file at a time."""


class UploadBody(Struct, frozen=True):
    """Content, looked at.

    Attributes:
        source: what is read.
        length: its bytes, or ``None`` where nobody knows.
        content_type: what kind of content it is by itself, or ``None``.
        once: whether it can be read only once.
    """

    source: object
    length: int | None
    content_type: str | None
    once: bool

    @classmethod
    def of(cls, content: AsyncContent) -> "UploadBody":
        """Look at content without reading it.

        Raises:
            InvalidValueError: a form that cannot be written.
            OSError: a file that is not there.
            TypeError: content of another kind.
        """
        if not _is_form(content):
            _require_readable(content)
            return cls(content, _length(content), None, _is_once(content))
        parts = [_measured(part) for part in cast(Sequence[Part[object]], content)]
        form = Multipart(parts, secrets.token_hex(16))
        once = any(_is_once(part.content) for part in parts)
        return cls(form, form.length, form.content_type, once)


def read_chunks(source: object) -> Iterator[bytes]:
    """Read a source, piece by piece."""
    if isinstance(source, Multipart):
        for piece in cast(Multipart[object], source).pieces():
            yield from read_chunks(piece)
    elif isinstance(source, bytes | bytearray):
        yield bytes(source)
    elif isinstance(source, PathLike):
        with Path(cast(PathLike[str], source)).open("rb") as file:
            yield from iter(partial(file.read, CHUNK), b"")
    elif hasattr(source, "read"):
        yield from iter(partial(cast(BinaryIO, source).read, CHUNK), b"")
    else:
        yield from cast(Iterable[bytes], source)


async def read_chunks_async(source: object) -> AsyncGenerator[bytes, None]:
    """Read a source, piece by piece; files and plain iterators in a thread."""
    if isinstance(source, Multipart):
        for piece in cast(Multipart[object], source).pieces():
            async with aclosing(read_chunks_async(piece)) as inner:
                async for chunk in inner:
                    yield chunk
    elif isinstance(source, AsyncIterable):
        async for chunk in cast(AsyncIterable[bytes], source):
            yield chunk
    elif isinstance(source, bytes | bytearray):
        yield bytes(source)
    else:
        import anyio.to_thread  # noqa: PLC0415 - for those who transfer files

        with closing(cast(Generator[bytes, None, None], read_chunks(source))) as reading:
            while (
                chunk := await anyio.to_thread.run_sync(partial(next, reading, None))
            ) is not None:
                yield chunk


def _is_form(content: object) -> bool:
    if not isinstance(content, list | tuple):
        return False
    return all(isinstance(part, Part) for part in cast(Sequence[object], content))


def _measured(part: Part[object]) -> Part[object]:
    if part.length is not None or isinstance(part.content, str | bytes):
        return part
    _require_readable(part.content)
    return msgspec.structs.replace(part, length=_length(part.content))


def _is_once(content: object) -> bool:
    return not isinstance(content, str | bytes | bytearray | PathLike | Sequence)


def _length(content: object) -> int | None:
    if isinstance(content, bytes | bytearray):
        return len(content)
    if isinstance(content, PathLike):
        return Path(cast(PathLike[str], content)).stat().st_size
    seekable = getattr(content, "seekable", None)
    if seekable is None or not seekable():
        return None
    file = cast(BinaryIO, content)
    here = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(here)
    return end - here


def _require_readable(content: object) -> None:
    if not isinstance(content, _READABLE) and not hasattr(content, "read"):
        raise TypeError(
            f"cannot upload a {type(content).__name__}: give bytes, a pathlib.Path, a file opened "
            "in binary mode, an iterable of bytes, or a list of Part"
        )
    if isinstance(content, str):
        raise TypeError("cannot upload a str: give bytes, or a pathlib.Path for a file's name")


_READABLE: Final[tuple[type, ...]] = (PathLike, Iterable, AsyncIterable)
