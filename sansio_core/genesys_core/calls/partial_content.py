"""Partial downloads: the partial file on disk, and the request for the rest.

Invariants: bytes of two versions of a file are never mixed. The rest is requested only if the file
has a strong validator, on the condition that the file is unchanged (``Range`` and ``If-Range``, RFC
9110 sections 14.2 and 13.1.5). It is appended only if it begins where the partial file ends, and if
the response has the same validator or none.
"""

import re
from typing import Final

import msgspec
from msgspec import Struct

from genesys_core.clock import Now
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, TransportFailure
from genesys_core.session.retry import seconds_until

__all__ = ["PartialFile", "strong_validator"]

_PARTIAL: Final = 206
_RANGE_NOT_SATISFIABLE: Final = 416


class PartialFile(Struct, frozen=True, kw_only=True):
    """The beginning of a file, as it is on disk.

    Attributes:
        source: an identifier of the file, such as its URL.
        validator: a strong entity tag or modification date, or ``None`` if the download cannot be
            resumed.
        size: bytes on disk.
        total: size of the whole file in bytes, or ``None`` if unknown.
    """

    source: str = ""
    validator: str | None = None
    size: int = 0
    total: int | None = None

    @classmethod
    def from_record(cls, record: bytes, source: str, size: int) -> "PartialFile":
        """Read the record of an earlier download.

        Args:
            record: the result of :meth:`to_record`.
            source: the identifier of the file to download now.
            size: number of bytes on disk.

        Returns:
            The partial file to resume; empty if the record is unreadable or for another file, or if
            there are fewer bytes on disk than recorded.
        """
        try:
            known = _RECORD.decode(record)
        except msgspec.MsgspecError:
            known = cls()
        # More on disk than recorded was written after the record, and is downloaded again.
        fits = known.source == source and 0 <= known.size <= size
        return known if fits else cls(source=source)

    def to_record(self) -> bytes:
        """Return the record of the partial file, to store next to it for a later download."""
        return msgspec.json.encode(self)

    @property
    def can_continue(self) -> bool:
        """Whether the rest of the file can be requested with ``Range``."""
        is_short = self.total is None or self.size < self.total
        return self.size > 0 and self.validator is not None and is_short

    def request(self, request: Request) -> Request:
        """Return the request, with ``Range`` and ``If-Range`` headers if :attr:`can_continue`."""
        if not self.can_continue:
            return request
        ranged = {"Range": f"bytes={self.size}-", "If-Range": self.validator}
        return msgspec.structs.replace(request, headers=request.headers.updated(ranged))

    def refused(self, response: Response) -> bool:
        """Return whether the server rejected the range, so that the whole file must be requested."""
        return self.can_continue and response.status == _RANGE_NOT_SATISFIABLE

    def received(self, status: int, headers: Headers) -> "PartialFile":
        """Return the partial file to which the body of a successful response must be appended.

        The partial file is empty if the body is the whole file.

        Raises:
            TransportFailure: the body is not the requested part, or is a part of another version.
        """
        if status != _PARTIAL:
            # The whole file: it has changed, or the server ignores ranges.
            return PartialFile(
                source=self.source,
                validator=None if _is_coded(headers) else strong_validator(headers),
                total=content_length(headers),
            )
        begin = self.size if self.can_continue else 0
        match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
        if match is None or _is_coded(headers) or int(match["first"]) != begin:
            raise _other_part(begin, headers)
        end = int(match["last"]) + 1
        total = end if match["total"] == "*" else int(match["total"])
        if end != total or self.total not in {None, total}:
            raise _other_part(begin, headers)
        # A 206 with the whole file, although no range was requested.
        if not begin:
            return PartialFile(source=self.source, validator=strong_validator(headers), total=total)
        # RFC 9110 section 15.3.7.3: only parts with the same strong validator may be combined. Some
        # servers support Range, but ignore If-Range.
        name = "etag" if '"' in str(self.validator) else "last-modified"
        if headers.get(name, self.validator) != self.validator:
            raise TransportFailure(
                "the server sent a part of another version of the file, although If-Range requested "
                "the same version",
                kind="protocol",
                sent=True,
            )
        return msgspec.structs.replace(self, total=total)


_RECORD: Final = msgspec.json.Decoder(PartialFile)
# At most 18 digits, so that each number fits into 64 bits, as file sizes do.
_CONTENT_RANGE: Final = re.compile(
    r"bytes (?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})/(?P<total>[0-9]{1,18}|\*)"
)
# RFC 9110 section 8.8.3, without W/"...": weak entity tags must not be used with If-Range.
_ENTITY_TAG: Final = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_LENGTH: Final = re.compile(r"[0-9]{1,18}")


def _other_part(begin: int, headers: Headers) -> TransportFailure:
    given = headers.get("content-range", "no Content-Range")[:60]
    return TransportFailure(
        f"the server sent {given!r} instead of the file from byte {begin} to its end",
        kind="protocol",
        sent=True,
    )


def _is_coded(headers: Headers) -> bool:
    return headers.get("content-encoding", "identity") != "identity"


def content_length(headers: Headers) -> int | None:
    """Return the ``Content-Length`` of a body without content coding, or ``None``."""
    if "transfer-encoding" in headers or _is_coded(headers):
        return None
    # RFC 9110 section 8.6: a list that repeats one value means that value.
    values = {value.strip() for value in headers.get("content-length", "").split(",")}
    value = values.pop() if len(values) == 1 else ""
    return int(value) if _LENGTH.fullmatch(value) else None


def strong_validator(headers: Headers) -> str | None:
    """Return a strong entity tag or modification date for ``If-Range``; ``None`` without one.

    A modification date is strong if it is at least a second before the response's own date: the
    file cannot have changed twice within that second (RFC 9110 section 8.8.2.2).
    """
    tag = headers.get("etag")
    if tag is not None:
        return tag if _ENTITY_TAG.fullmatch(tag) else None
    modified = headers.get("last-modified", "")
    written, sent = (seconds_until(date, _ANY) for date in (modified, headers.get("date", "")))
    return modified if written is not None and sent is not None and written < sent else None


_ANY: Final = Now(0.0, 0.0)
"""A reference time for parsing dates; its value is irrelevant, because only the difference of two
dates is used.
"""
