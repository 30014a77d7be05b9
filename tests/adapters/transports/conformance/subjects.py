"""The transports that the suite runs through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from genesys_cloud.transports import AsyncHttpxTransport, HttpxTransport, SocketTransport

EVERYTHING = frozenset(
    {"stream", "upload", "deadline", "proxy", "https-proxy", "environment", "tls"}
)


@dataclass(frozen=True)
class Subject:
    """One transport in one flavour.

    Attributes:
        name: as it stands in a test's id.
        flavour: "sync", "asyncio" or "trio".
        make: makes it from the options of :class:`~genesys_cloud.transports.NetworkOptions`.
        can: what it offers beyond requests over plain connections.
        slow: whether its cases are left out of the quick suite.
        foreign: whether it is somebody else's.
        interruptible: ends of the names of the files in which an interrupt is to be tried.
    """

    name: str
    flavour: str
    make: Callable[..., Any]
    can: frozenset[str] = EVERYTHING
    slow: bool = False
    foreign: bool = False
    interruptible: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The transport, whatever its flavour."""
        return self.name.partition("-")[0]


def _httpx(**options: Any) -> HttpxTransport:
    return HttpxTransport(network={"trust_env": False, **options})


def _async_httpx(**options: Any) -> AsyncHttpxTransport:
    return AsyncHttpxTransport(network={"trust_env": False, **options})


def _sockets(**options: Any) -> SocketTransport:
    return SocketTransport({"trust_env": False, **options})  # type: ignore[typeddict-item]


SUBJECTS = [
    Subject("sockets-sync", "sync", _sockets),
    Subject("httpx-sync", "sync", _httpx, foreign=True),
    Subject("httpx-asyncio", "asyncio", _async_httpx, foreign=True),
    Subject("httpx-trio", "trio", _async_httpx, foreign=True),
]


def subject(name: str) -> Subject:
    """The entry of one name."""
    return next(each for each in SUBJECTS if each.name == name)
