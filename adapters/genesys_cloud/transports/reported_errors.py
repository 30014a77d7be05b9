"""Reports operating system and TLS errors to the core's state machines, which interpret them."""

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
    """Return whether an error results from a timeout that the caller set, not from the system's."""
    return isinstance(error, TimeoutError) and error.errno is None


def report_error(error: OSError, exchange: "Exchange[Any]") -> Step:
    """Report a connection error or timeout to its exchange.

    Returns:
        The next step.

    Raises:
        TransportFailure: the error ends the exchange.
    """
    now = read_clocks()
    # From most to least specific: all of these are subclasses of OSError, and SSLEOFError is one of
    # SSLError.
    if is_own_timeout(error):
        return exchange.timed_out(now=now)
    if isinstance(error, ssl.SSLEOFError):
        # Many servers close without `close_notify`. Whether that truncates a response depends on its
        # framing (RFC 9112, 9.8), which the exchange knows.
        return exchange.broke("the peer closed the connection", now=now)
    if isinstance(error, ssl.SSLError):
        return exchange.broke(describe_tls_error(*tls_reason(error)), kind="tls", now=now)
    return exchange.broke(system_words(error), now=now)


def report_dial_error(error: OSError, step: DialStep) -> DialFailed:
    """Report an error or timeout to the dial step that it ended."""
    if is_own_timeout(error):
        return step.timed_out()
    if isinstance(error, ssl.SSLError):
        return step.failed(describe_tls_error(*tls_reason(error)))
    return step.failed(system_words(error))
