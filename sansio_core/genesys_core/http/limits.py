"""How much of a response is read before it counts as broken.

Invariants: each limit is a property of the bytes received and never of the pieces they came in, so
that a response is refused, or taken, the same way however the network cut it.
"""

from typing import Final

from msgspec import Struct

from genesys_core.errors import InvalidValueError
from genesys_core.http.messages import TransportFailure

__all__ = ["DEFAULT_LIMITS", "ResponseLimits", "broken_response", "response_too_large"]


class ResponseLimits(Struct, frozen=True, kw_only=True):
    """Upper bounds for one response; a response beyond one of them is a ``TransportFailure``.

    Attributes:
        head: bytes of the status line and the header fields, up to and with the blank line. Each
            informational response has a head of its own.
        fields: header fields in one head, and lines in one trailer section.
        informational: informational (1xx) responses before the final one.
        chunk_line: bytes of one chunk-size line, chunk extensions and line break included.
        chunk_overhead: bytes by which chunk-size lines may exceed 16 bytes for each chunk and twice
            the data, over the whole body.
        trailers: bytes of the trailer section after the last chunk.
        body: bytes of the body, as received and once more with its content codings removed; ``None``
            lifts this bound, for a body that is streamed and never held as a whole.

    Raises:
        InvalidValueError: a limit is no integer, or below 0 (``head`` and ``chunk_line``: below 16).
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
    """The failure for a response that is not valid HTTP; ``problem`` quotes none of its bytes."""
    return TransportFailure(
        f"the response is not valid HTTP: {problem}", kind="protocol", sent=True
    )


def response_too_large(limit: int) -> TransportFailure:
    """The failure for a body beyond :attr:`ResponseLimits.body`."""
    return TransportFailure(
        f"the response body is larger than {limit} bytes, the limit for it",
        kind="protocol",
        sent=True,
    )
