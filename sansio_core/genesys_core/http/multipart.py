"""``multipart/form-data`` (RFC 7578) as a sequence of chunks to write.

Invariants: no name, file name or type can end a header or a part. A source of content (an
iterator, a file) is yielded unread, for an adapter to read.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Generic, TypeVar

from msgspec import Struct

from genesys_core.checks import TEXT, WHOLE_NUMBER, Expected, check_fields
from genesys_core.confidential import Printable
from genesys_core.errors import InvalidValueError

__all__ = ["Multipart", "Part"]

S_co = TypeVar("S_co", covariant=True)


class Part(Printable, Generic[S_co], frozen=True):
    """A field of a multipart form.

    Attributes:
        name: the field's name.
        content: a string (sent as UTF-8), bytes, or a source that an adapter reads.
        filename: the file name; some servers treat a part as a file only if it has one.
        content_type: the media type; by default ``application/octet-stream`` if there is a file
            name, otherwise none.
        length: length of a source in bytes, if known.

    Raises:
        InvalidValueError: a name, file name or type is invalid.
    """

    name: str
    content: str | bytes | S_co
    filename: str | None = None
    content_type: str | None = None
    length: int | None = None

    def __post_init__(self) -> None:
        check_fields(self, _FIELDS)
        _field(self.name, "name")
        _field(self.filename or "", "filename")
        if self.content_type is not None and _MEDIA_TYPE.fullmatch(self.content_type) is None:
            raise InvalidValueError(
                f"part {self.name!r}: content_type {self.content_type!r} must be a media type "
                "such as text/csv"
            )
        if self.length is not None and self.length < 0:
            raise InvalidValueError(f"part {self.name!r}: length {self.length!r} must be 0 or more")

    def __repr__(self) -> str:
        file = "" if self.filename is None else f", filename={self.filename!r}"
        return f"Part({self.name!r}{file})"

    @property
    def size(self) -> int | None:
        """Length of the part's content in bytes, or ``None`` if unknown."""
        content = self.content
        if isinstance(content, str):
            return len(_utf8(content, f"part {self.name!r}"))
        return len(content) if isinstance(content, bytes) else self.length


_FIELDS: Final = {
    "name": TEXT,
    "filename": TEXT.or_none(),
    "content_type": Expected("a media type", "'text/csv'", (str,), is_optional=True),
    "length": WHOLE_NUMBER.or_none(),
}


class Multipart(Struct, Generic[S_co], frozen=True):
    """A complete multipart form to write.

    Attributes:
        parts: the fields, in order.
        boundary: the separator between parts: 1 to 70 letters, digits and ``'()+_,-./:=?``. It must
            not occur in any content, so choose it at random, or use a hash of the content.

    Raises:
        InvalidValueError: the boundary is malformed, or occurs in a part's content.
    """

    parts: Sequence[Part[S_co]]
    boundary: str

    def __post_init__(self) -> None:
        if _BOUNDARY.fullmatch(self.boundary) is None:
            raise InvalidValueError(
                f"boundary {self.boundary!r}: must be 1 to 70 letters, digits and '()+_,-./:=?"
            )
        delimiter = b"--" + self.boundary.encode("ascii")
        for part in self.parts:
            given = _given(part)
            if given is not None and delimiter in given:
                raise InvalidValueError(
                    f"boundary: occurs in the content of part {part.name!r}; use another boundary"
                )

    @property
    def content_type(self) -> str:
        """The value of the form's ``Content-Type`` header, with the boundary."""
        return f'multipart/form-data; boundary="{self.boundary}"'

    @property
    def length(self) -> int | None:
        """Length of the whole form in bytes, or ``None`` if a part's length is unknown."""
        total = len(self._end())
        for part in self.parts:
            size = part.size
            if size is None:
                return None
            total += len(self._head(part)) + size + len(_CRLF)
        return total

    def pieces(self) -> Iterator[bytes | S_co]:
        """Yield the form in order: bytes to send, and sources whose content is to be sent."""
        for part in self.parts:
            yield self._head(part)
            content = part.content
            yield content.encode() if isinstance(content, str) else content
            yield _CRLF
        yield self._end()

    def _head(self, part: Part[object]) -> bytes:
        lines = [
            f"--{self.boundary}",
            f'Content-Disposition: form-data; name="{_quoted(part.name)}"',
        ]
        if part.filename is not None:
            lines[1] += f'; filename="{_quoted(part.filename)}"'
        kind = part.content_type or (None if part.filename is None else "application/octet-stream")
        lines += [] if kind is None else [f"Content-Type: {kind}"]
        return "\r\n".join((*lines, "", "")).encode()

    def _end(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode("ascii")


_CRLF: Final = b"\r\n"
# RFC 2046 section 5.1.1: bchars, without the space, which must not be the last character.
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=?]{1,70}")
# RFC 9110 section 8.3.1: type, subtype and parameters, on one line of ASCII.
_MEDIA_TYPE: Final = re.compile(
    r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+/[!#$%&'*+\-.^_`|~0-9A-Za-z]+( *;[\x20-\x7e]*)?"
)
# The HTML standard's form encoding, which servers decode (RFC 7578 section 4.2 leaves it open).
_ESCAPES: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


def _quoted(text: str) -> str:
    return text.translate(_ESCAPES)


def _given(part: Part[object]) -> bytes | None:
    """Return the content as bytes; ``None`` for a source."""
    content = part.content
    if isinstance(content, str):
        return _utf8(content, f"part {part.name!r}")
    return content if isinstance(content, bytes) else None


def _field(text: str, what: str) -> None:
    _utf8(text, what)
    if "\0" in text:
        raise InvalidValueError(f"{what} {text!r}: must not contain a NUL character")


def _utf8(text: str, what: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidValueError(
            f"{what}: contains a lone surrogate, which UTF-8 cannot encode"
        ) from None
