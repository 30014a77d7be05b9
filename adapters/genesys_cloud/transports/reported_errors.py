"""Reports errors of the operating system and of TLS to the state machines of the core."""

import os
import ssl
from typing import Any

from genesys_cloud.system_clock import read_clocks
from genesys_cloud.transports.tls_bytes import tls_reason
from genesys_core.transport.dialer import DialFailed, DialStep, describe_tls_error
from genesys_core.transport.exchange import Exchange, Step

__all__ = ["is_own_timeout", "report_dial_error", "report_error", "system_words"]


def system_words(error: OSError) -> str:
    """Return the operating system's or resolver's message for an error."""
    if error.errno and (error.strerror or "").startswith("Connect call failed"):
        # asyncio replaces the system's message with one that contains only the address.
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__


def is_own_timeout(error: OSError) -> bool:
    """Return whether an error results from this library's time limit, not from a system timeout."""
    return isinstance(error, TimeoutError) and error.errno is None


def report_error(error: OSError, exchange: "Exchange[Any]") -> Step:
    """Report an error or timeout of a connection to the exchange that uses the connection.

    Returns:
        The next step of the exchange.

    Raises:
        TransportFailure: the error ends the exchange.
    """
    now = read_clocks()
    # From most to least specific: all of these are subclasses of OSError, and SSLEOFError is a
    # subclass of SSLError.
    if is_own_timeout(error):
        return exchange.timed_out(now=now)
    if isinstance(error, ssl.SSLEOFError):
        # Many servers close a connection without `close_notify`. The exchange decides from the
        # framing of the response whether it is truncated (RFC 9112, 9.8).
        return exchange.broke("the peer closed the connection", now=now)
    if isinstance(error, ssl.SSLError):
        return exchange.broke(describe_tls_error(*tls_reason(error)), kind="tls", now=now)
    return exchange.broke(system_words(error), now=now)


def report_dial_error(error: OSError, step: DialStep) -> DialFailed:
    """Return the state that follows the error or timeout of a dialer's step."""
    if is_own_timeout(error):
        return step.timed_out()
    if isinstance(error, ssl.SSLError):
        return step.failed(describe_tls_error(*tls_reason(error)))
    return step.failed(system_words(error))
