"""Response size limits.

Invariants: whether a response exceeds a limit depends only on its bytes, not on how they were split
when they were received.
"""

from typing import Final

from msgspec import Struct

from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import TransportFailure

__all__ = ["DEFAULT_LIMITS", "ResponseLimits", "broken_response", "response_too_large"]


class ResponseLimits(Struct, frozen=True, kw_only=True):
    """Upper bounds for one response; exceeding one raises ``TransportFailure``.

    Attributes:
        head: bytes of the status line and the header fields, including the blank line. Each
            informational response has its own head.
        fields: header fields in one head, and lines in one trailer section.
        informational: informational (1xx) responses before the final one.
        chunk_line: bytes of one chunk-size line, including chunk extensions and the line break.
        chunk_overhead: bytes of excess framing in a chunked body. Each chunk may have 16 bytes of
            framing plus twice the size of its data; the excess is added up over the chunks.
        trailers: bytes of the trailer section after the last chunk.
        body: bytes of the body, both as received and with content codings decoded; ``None`` removes
            the limit, for a body that is streamed.

    Raises:
        InvalidValueError: a limit is not an integer, or is below its minimum: 16 for ``head`` and
            ``chunk_line``, 0 for the others.
    """

    head: int = 64 * 1024
    fields: int = 256
    informational: int = 32
    chunk_line: int = 4096
    chunk_overhead: int = 16 * 1024
    trailers: int = 16 * 1024
    body: int | None = 128 * 1024 * 1024

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            limit: object = getattr(self, name)
            if limit is None and name == "body":
                continue
            least = 16 if name in {"head", "chunk_line"} else 0
            if not isinstance(limit, int) or isinstance(limit, bool) or limit < least:
                lifted = ", or None for no limit" if name == "body" else ""
                raise InvalidValueError(
                    f"limit {name}={limit!r}: must be an integer of at least {least}{lifted}"
                )


DEFAULT_LIMITS: Final = ResponseLimits()


def broken_response(problem: str) -> TransportFailure:
    """Return the failure for an invalid response; ``problem`` must not quote its bytes."""
    return TransportFailure(
        f"the response is not valid HTTP: {problem}", kind="protocol", sent=True
    )


def response_too_large(limit: int) -> TransportFailure:
    """Return the failure for a body that exceeds :attr:`ResponseLimits.body`."""
    return TransportFailure(
        f"the response body is larger than {limit} bytes, the configured limit",
        kind="protocol",
        sent=True,
    )
