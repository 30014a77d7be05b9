"""What an exception of httpx means on the message seam.

Law: whatever httpx or the operating system raises becomes a
:class:`~genesys_core.http.messages.TransportFailure`, which shows no secret and claims that nothing was
sent only where that is certain.
"""

import ssl
import time
from functools import cache
from typing import NoReturn

import httpx

from genesys_core.http.messages import FailureKind, TransportFailure
from genesys_core.http.redaction import DEFAULT_REDACTION

__all__ = ["deadline_failure", "failure_of", "httpx_exceptions", "raise_transport_failure"]


@cache
def httpx_exceptions() -> tuple[type[Exception], ...]:
    """What to catch around httpx.

    It lets some exceptions of others through: of h11, what is wrong with a body's length; of the
    operating system, TLS while a reply is read (asyncio) and names that no resolver takes.
    """
    return tuple(kind_of_error for kind_of_error, _, _ in _failures())


@cache
def _failures() -> tuple[tuple[type[Exception], FailureKind, bool], ...]:
    """In order: the first class that fits. `sent` is False only where httpx raises before it writes."""
    import h11  # noqa: PLC0415 - whoever only imports this library does without it

    return (
        (httpx.PoolTimeout, "timeout", False),
        (httpx.ConnectTimeout, "timeout", False),
        (httpx.TimeoutException, "timeout", True),
        (httpx.ProxyError, "proxy", False),
        (httpx.ConnectError, "connect", False),
        (httpx.UnsupportedProtocol, "connect", False),
        (httpx.InvalidURL, "protocol", False),
        (httpx.LocalProtocolError, "protocol", False),
        (h11.LocalProtocolError, "protocol", False),
        (httpx.NetworkError, "closed", True),
        (httpx.RemoteProtocolError, "closed", True),
        (httpx.HTTPError, "protocol", True),
        (httpx.StreamError, "protocol", True),
        (UnicodeError, "connect", False),
        (OSError, "closed", True),
    )


def raise_transport_failure(
    error: Exception, *, began: bool = False, expires: float | None = None
) -> NoReturn:
    """Report an exception of httpx.

    Args:
        error: what httpx raised.
        began: whether a part of the body is known to have gone out.
        expires: the request's deadline: a timeout after it is not one of a single phase.
    """
    failure = failure_of(error)
    failure.sent = failure.sent or began
    if failure.kind == "timeout" and expires is not None and time.monotonic() >= expires:
        failure = deadline_failure(sent=failure.sent)
    raise failure from (None if _is_quoting(error) else error)


def failure_of(error: Exception) -> TransportFailure:
    """What an exception of httpx means on the message seam."""
    for kind_of_error, kind, sent in _failures():
        if isinstance(error, kind_of_error):
            broken = _broken_tls(error, kind)
            if broken is not None:
                return TransportFailure(_words(error, broken), kind="tls", sent=sent)
            return TransportFailure(_words(error, error), kind=kind, sent=sent)
    return TransportFailure(_words(error, error), kind="protocol", sent=True)


def _words(error: Exception, reason: Exception) -> str:
    name = type(error).__name__
    if _is_quoting(error):
        return f"{name}: the request, or the length of its body, cannot be written as HTTP"
    return f"{name}: {DEFAULT_REDACTION.shown_text(str(reason))}" if str(reason) else name


def _is_quoting(error: Exception) -> bool:
    """Whether its words are h11's about our own request, which quote it and with it the token."""
    return type(error).__name__ == "LocalProtocolError"


def _broken_tls(error: BaseException | None, kind: FailureKind) -> ssl.SSLError | None:
    """What broke in TLS, if that is what broke, and not the connection under it."""
    # httpcore raises some of its exceptions "from None", which leaves the context alone. What the
    # caller is handling meanwhile is context too: the first word of the operating system counts.
    while error is not None and not isinstance(error, OSError | TransportFailure):
        error = error.__cause__ or error.__context__
    if kind not in {"connect", "closed"} or not isinstance(error, ssl.SSLError):
        return None
    ended = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    return None if kind == "closed" and ended else error


def deadline_failure(*, sent: bool = True) -> TransportFailure:
    """The failure of a call whose time ran out meanwhile."""
    words = "the call's deadline, or its time for repeats, has passed"
    return TransportFailure(words, kind="timeout", sent=sent)
