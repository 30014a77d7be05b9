"""Connections: proxies and origins out of any text, and one request whatever happens to it.

Invariants: a URL, a proxy or a list of exceptions is read or refused with the documented error, which
shows no password; a request ends with a response or a ``TransportFailure`` that tells truly whether
anything was sent, and its place in the pool is free afterwards; a pool keeps its promises whatever
those who use it do.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from genesys_core.errors import InvalidValueError
from genesys_core.transport.origins import Origin
from genesys_core.transport.proxies import NoProxy, Proxy
from genesys_core.transport.tunnel import Tunnel, TunnelRefused
from tests.helpers.exchange_driver import run_exchange
from tests.helpers.pool_driver import run_pool

__all__ = ["TARGETS"]


def origin(data: bytes) -> None:
    """The input is a URL."""
    url = data.decode("utf-8", "replace")
    with suppress(InvalidValueError):
        found = Origin.parse(url)
        assert found.host == found.host.lower()
        assert 0 < found.port < 65_536
        assert Origin.parse(f"{found.scheme}://{found.address}/x") == found


def proxy(data: bytes) -> None:
    """The input is a proxy's URL, the password of which is never shown."""
    url = data.decode("utf-8", "replace")
    for text in (url, f"http://user:opensesame@{url}", f"http://user:opensesame{url}@host"):
        try:
            shown = repr(Proxy.parse(text))
        except InvalidValueError as error:
            shown = str(error)
        assert "opensesame" not in shown or text is url


def no_proxy(data: bytes) -> None:
    """The input is the text of ``NO_PROXY``; entries that mean nothing do not spoil the others."""
    text = data.decode("utf-8", "replace")
    here = Origin("https", "h.example", 443)
    NoProxy.parse(text).covers(here)
    assert NoProxy.parse(f"{text} h.example").covers(here)


def tunnel(data: bytes) -> None:
    """The input is what a proxy answers to CONNECT: the same outcome whole and byte by byte."""
    target = Proxy("p", 1)
    whole = Tunnel("h:443", target).receive(data) if data else None
    pieces, outcome = Tunnel("h:443", target), None
    for position in range(len(data)):
        outcome = pieces.receive(data[position : position + 1])
        if outcome is not None:
            break
    if isinstance(whole, bytes):
        assert outcome == b""
        assert data.endswith(whole)
    elif whole is not None or outcome is not None:
        assert isinstance(outcome, TunnelRefused) == isinstance(whole, TunnelRefused)


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {
    "origin": origin,
    "proxy": proxy,
    "no_proxy": no_proxy,
    "tunnel": tunnel,
    "exchange": run_exchange,
    "pool": run_pool,
}
