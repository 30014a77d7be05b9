"""Resolves host names with the system's resolver, with a timeout.

Invariants: ``getaddrinfo`` cannot be interrupted and may hang for a minute, so it runs in a daemon
thread: callers have their own timeout, and the interpreter exits without waiting.
"""

import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from genesys_core.transport.happy_eyeballs import Address

__all__ = ["look_up", "resolve_host", "start_look_up"]

_FAMILIES: Final = frozenset({socket.AF_INET, socket.AF_INET6})


def look_up(host: str, port: int, *, is_literal: bool = False) -> list[Address]:
    """Return the addresses of a host, without a timeout.

    Args:
        host: a host name or an IP address.
        port: the port of the addresses.
        is_literal: whether the host is an IP address, so that no resolver is needed.

    Raises:
        OSError: the name could not be resolved.
    """
    flags = socket.AI_NUMERICHOST if is_literal else 0
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError:
        # The codec that getaddrinfo uses raises UnicodeError for some names.
        raise OSError("the name cannot be resolved") from None
    return [_address(place) for family, _, _, _, place in found if family in _FAMILIES]


def _address(place: tuple[object, ...]) -> Address:
    match place:
        case (str(host), int(port), int(flow), int(scope)):
            # Some systems append the zone to the address ("fe80::1%eth0"); `scope` identifies it.
            return Address(host.partition("%")[0], port, is_ipv6=True, flow=flow, scope=scope)
        case (str(host), int(port)):
            return Address(host, port)
        case _:
            raise OSError("the resolver returned no IP address")


def start_look_up(
    host: str,
    port: int,
    *,
    is_literal: bool,
    done: Callable[[list[Address] | OSError], object],
) -> None:
    """Resolve a host name in a new thread.

    Args:
        host: a host name or an IP address.
        port: the port of the addresses.
        is_literal: whether the host is an IP address, so that no resolver is needed.
        done: a function that is called in the new thread with the addresses or the error.
    """

    def work() -> None:
        try:
            outcome: list[Address] | OSError = look_up(host, port, is_literal=is_literal)
        except OSError as error:
            outcome = error
        done(outcome)

    threading.Thread(target=work, name="genesys-cloud-resolver", daemon=True).start()


def resolve_host(host: str, port: int, *, is_literal: bool, until: float | None) -> list[Address]:
    """Return the addresses of a host, with a timeout.

    Args:
        host: a host name or an IP address.
        port: the port of the addresses.
        is_literal: whether the host is an IP address, so that no resolver is needed.
        until: the time limit on the monotonic clock; ``None`` for no limit.

    Raises:
        TimeoutError: the timeout has passed.
        OSError: the name could not be resolved.
    """
    if is_literal:
        return look_up(host, port, is_literal=True)
    outcomes: list[list[Address] | OSError] = []
    ready = threading.Lock()
    ready.acquire()

    def done(outcome: list[Address] | OSError) -> None:
        outcomes.append(outcome)
        ready.release()

    start_look_up(host, port, is_literal=False, done=done)
    # For a lock, -1 means no timeout, and a timeout above TIMEOUT_MAX raises OverflowError.
    left = -1 if until is None else max(until - time.monotonic(), 0)
    if not ready.acquire(timeout=min(left, threading.TIMEOUT_MAX)):
        raise TimeoutError
    outcome = outcomes[0]
    if isinstance(outcome, OSError):
        raise outcome
    return outcome
