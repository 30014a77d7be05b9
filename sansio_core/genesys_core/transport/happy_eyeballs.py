"""Happy Eyeballs (RFC 8305): which addresses of a host to try, in what order and when.

Invariants: IPv6 goes first and the address families alternate (RFC 8305, 4). The next attempt starts 250 ms after
the previous one, or immediately if that fails (RFC 8305, 5). No address is tried twice. The clock is an argument
of each step; nothing here waits.
"""

from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from genesys_core.clock import Now

__all__ = ["ATTEMPT_DELAY", "Address", "Race", "sort_addresses"]

ATTEMPT_DELAY: Final = 0.25
"""Seconds between the starts of two attempts: RFC 8305, 8, "Connection Attempt Delay"."""


class Address(Struct, frozen=True):
    """One address of a host, as returned by a resolver.

    Attributes:
        host: the numeric address, such as ``192.0.2.1`` or ``2001:db8::1``.
        port: the port.
        is_ipv6: whether it is an IPv6 address.
        flow: the flow label of an IPv6 address.
        scope: the index of the interface that a link-local IPv6 address belongs to.
    """

    host: str
    port: int
    is_ipv6: bool = False
    flow: int = 0
    scope: int = 0


def sort_addresses(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Deduplicate addresses and interleave IPv6 and IPv4, IPv6 first, in the resolver's order."""
    every = tuple(dict.fromkeys(addresses))
    first = [address for address in every if address.is_ipv6]
    second = [address for address in every if not address.is_ipv6]
    turns = chain.from_iterable(zip_longest(first, second))
    return tuple(address for address in turns if address is not None)


class Race(Struct, frozen=True):
    """Attempts to connect to one host; the first to succeed wins.

    The driver starts the attempts in :attr:`starting`, then waits until one has an outcome or
    :attr:`next_start` has come. The first that connects is taken and all others are closed. With
    :attr:`is_lost`, none is left.

    Attributes:
        starting: the attempts that this step starts.
        trying: all attempts under way, those in ``starting`` included.
        left: addresses not tried yet.
        next_start: when the next attempt starts although none failed, on the monotonic clock;
            ``None`` if no address is left.
        failures: addresses that failed, and why.
    """

    starting: tuple[Address, ...]
    trying: tuple[Address, ...]
    left: tuple[Address, ...]
    next_start: float | None
    failures: tuple[tuple[Address, str], ...] = ()

    @classmethod
    def start(cls, addresses: Iterable[Address], *, now: Now) -> "Race":
        """Begin with the first address.

        Args:
            addresses: as the resolver gave them.
            now: the time.
        """
        return _start_next((), sort_addresses(addresses), (), now)

    @property
    def is_lost(self) -> bool:
        """Whether every address failed."""
        return not self.trying

    def waited(self, *, now: Now) -> "Race":
        """The driver looked at the clock: start the next attempt if its time has come."""
        if self.next_start is not None and now.monotonic >= self.next_start:
            return _start_next(self.trying, self.left, self.failures, now)
        return replace(self, starting=())

    def failed(self, address: Address, reason: str, *, now: Now) -> "Race":
        """An attempt failed; the next starts at once.

        Args:
            address: which; one that is not under way changes nothing.
            reason: the system's words, such as ``Connection refused``.
            now: the time.
        """
        if address not in self.trying:
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
