"""Scripted proxies: each plays the origin as well, so that both ends are the case's."""

from __future__ import annotations

import base64
import ssl
import struct

from tests.adapters.transports.conformance.certificates import server_context
from tests.adapters.transports.conformance.servers import Action, Peer, Script, reply

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def tunnelling(
    origin: Script, *granted: Action, context: ssl.SSLContext | None = None, tls: bool = True
) -> Script:
    """Answer CONNECT with the actions, then run the origin's script in the tunnel."""
    chosen = context or server_context("origin.example", "localhost", "127.0.0.1", "::1")

    def script(peer: Peer) -> None:
        if peer.read() is None:
            return
        peer.play(*(granted or (ESTABLISHED,)))
        if tls:
            peer.start_tls(chosen)
        origin(peer)

    return script


def forwarding(*actions: Action) -> Script:
    """Answer every request whose target is absolute, as a forwarding proxy does."""

    def script(peer: Peer) -> None:
        while seen := peer.read():
            absolute = seen.target.startswith("http://")
            peer.play(*(actions if absolute else (reply(b"", status="400 Not Absolute"),)))

    return script


def behind_tls(script: Script, context: ssl.SSLContext | None = None) -> Script:
    """A proxy that is spoken to over TLS."""
    chosen = context or server_context()

    def run(peer: Peer) -> None:
        peer.start_tls(chosen)
        script(peer)

    return run


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# --- SOCKS 5 (RFC 1928, RFC 1929) -----------------------------------------------------------------

GRANTED = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"


class Socks:
    """What a SOCKS proxy was asked."""

    def __init__(self) -> None:
        self.methods: list[bytes] = []
        self.credentials: list[tuple[bytes, bytes]] = []
        self.targets: list[tuple[int, bytes, int]] = []


def socks(
    asked: Socks,
    origin: Script,
    *,
    method: bytes = b"\x05\x00",
    verdict: bytes = b"\x01\x00",
    answer: tuple[Action, ...] = (GRANTED,),
    stage: str = "",
    ending: Action | None = None,
) -> Script:
    """A SOCKS proxy that may end, or fall silent, at a stage."""

    def script(peer: Peer) -> None:
        def end(at: str) -> None:
            if stage == at and ending is not None:
                peer.play(ending)

        count = take(peer, 2)[1]
        asked.methods.append(take(peer, count))
        end("methods")
        peer.send(method)
        if method[1] == 2:
            user = take(peer, take(peer, 2)[1])
            password = take(peer, take(peer, 1)[0])
            asked.credentials.append((user, password))
            end("credentials")
            peer.send(verdict)
        elif method[1] == 0xFF:
            peer.drain()
            return
        _, _, _, kind = take(peer, 4)
        size = {1: 4, 4: 16}.get(kind) or take(peer, 1)[0]
        host = take(peer, size)
        (port,) = struct.unpack(">H", take(peer, 2))
        asked.targets.append((kind, host, port))
        end("request")
        peer.play(*answer)
        origin(peer)

    return script


def take(peer: Peer, size: int) -> bytes:
    from tests.adapters.transports.conformance.servers import Over

    data = peer._take(size)
    if data is None:
        raise Over
    return data
