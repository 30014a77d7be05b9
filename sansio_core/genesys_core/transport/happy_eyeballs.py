"""Connection attempts to a host's addresses (RFC 8305, "Happy Eyeballs").

Invariants: IPv6 first, then alternating families (RFC 8305 section 4). Each attempt gets a head
start of 250 ms before the next one begins in parallel; if it fails, the next one begins at once
(section 5). No address is tried twice. The clock is passed in with each step; nothing here waits.
"""

from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.clock import Now

__all__ = ["ATTEMPT_DELAY", "Address", "Race", "sort_addresses"]

ATTEMPT_DELAY: Final = 0.25
"""Seconds between the starts of two attempts: "Connection Attempt Delay" (RFC 8305 section 8)."""


class Address(Struct, frozen=True):
    """One address of a host, as returned by a resolver.

    Attributes:
        host: the numeric IP address, such as ``192.0.2.1`` or ``2001:db8::1``.
        port: the port to connect to.
        is_ipv6: whether the address is an IPv6 address.
        flow: the flow label of an IPv6 address.
        scope: the interface index of a link-local IPv6 address.
    """

    host: str
    port: int
    is_ipv6: bool = False
    flow: int = 0
    scope: int = 0


def sort_addresses(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Remove duplicates, and alternate IPv6 and IPv4 addresses, beginning with IPv6.

    The addresses of each family keep the resolver's order.
    """
    every = tuple(dict.fromkeys(addresses))
    first = [address for address in every if address.is_ipv6]
    second = [address for address in every if not address.is_ipv6]
    turns = chain.from_iterable(zip_longest(first, second))
    return tuple(address for address in turns if address is not None)


class Race(Struct, frozen=True):
    """Parallel attempts to connect to one host; the first to succeed wins.

    The driver starts the attempts in :attr:`starting`, then waits until one has an outcome or
    :attr:`next_start` has passed. The first connection is used and all others are closed. If
    :attr:`is_lost` is true, all attempts have failed.

    Attributes:
        starting: the attempts to start now.
        trying: all attempts in progress, including those in ``starting``.
        left: addresses not yet tried.
        next_start: when the next attempt starts even if none failed, on the monotonic clock;
            ``None`` if no address is left.
        failures: the failed addresses, each with the reason.
    """

    starting: tuple[Address, ...]
    trying: tuple[Address, ...]
    left: tuple[Address, ...]
    next_start: float | None
    failures: tuple[tuple[Address, str], ...] = ()

    @classmethod
    def start(cls, addresses: Iterable[Address], *, now: Now) -> "Race":
        """Start the race with the first address.

        Args:
            addresses: the host's addresses, in the resolver's order.
            now: the current time.
        """
        return _start_next((), sort_addresses(addresses), (), now)

    @property
    def is_lost(self) -> bool:
        """Whether the attempts to all addresses have failed."""
        return not self.trying

    def waited(self, *, now: Now) -> "Race":
        """Return the race after a wait; :attr:`starting` contains the next attempt if it is due."""
        if self.next_start is not None and now.monotonic >= self.next_start:
            return _start_next(self.trying, self.left, self.failures, now)
        return replace(self, starting=())

    def begun(self) -> "Race":
        """Record that the attempts in :attr:`starting` have begun, without starting another."""
        return replace(self, starting=())

    def failed(self, address: Address, reason: str, *, now: Now) -> "Race":
        """Record a failed attempt; the next attempt starts at once.

        Args:
            address: the address of the attempt; ignored if no attempt to it is in progress.
            reason: the operating system's message, such as ``Connection refused``.
            now: the current time.
        """
        if address not in self.trying:
            # Cleared in any case, so that no attempt is started twice.
            return replace(self, starting=())
        trying = tuple(other for other in self.trying if other != address)
        return _start_next(trying, self.left, (*self.failures, (address, reason)), now)


def _start_next(
    trying: tuple[Address, ...],
    left: tuple[Address, ...],
    failures: tuple[tuple[Address, str], ...],
    now: Now,
) -> Race:
    starting, left = left[:1], left[1:]
    next_start = now.monotonic + ATTEMPT_DELAY if left else None
    return Race(starting, trying + starting, left, next_start, failures)
