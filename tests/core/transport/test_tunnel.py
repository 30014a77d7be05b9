"""``CONNECT``: what is sent to a proxy, and what its reply means, however it was cut."""

from __future__ import annotations

import pytest

from genesys_core.transport.proxies import Proxy
from genesys_core.transport.tunnel import Tunnel, TunnelRefused
from genesys_core.version import USER_AGENT

PROXY = Proxy.parse("http://jo:secret@proxy.example:3128")
REFUSED = "responded to CONNECT with something other than HTTP/1.1"


def test_the_request_names_the_origin_and_carries_the_credentials_of_the_proxy_alone():
    assert Tunnel("[::1]:443", PROXY).request == (
        b"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"
        b"User-Agent: " + USER_AGENT.encode() + b"\r\n"
        b"Proxy-Authorization: Basic am86c2VjcmV0\r\nAccept-Encoding: gzip\r\n\r\n"
    )
    assert b"Proxy-Authorization" not in Tunnel("h:1", Proxy("p", 1)).request


def outcomes(reply: bytes):
    """The outcome of a reply as a whole, and cut at every place."""
    for cut in range(len(reply) + 1):
        tunnel, outcome = Tunnel("h:443", PROXY), None
        for piece in (reply[:cut], reply[cut:]):
            if piece and outcome is None:
                outcome = tunnel.receive(piece)
        yield outcome


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b""),
        (b"HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n", b""),
        (b"HTTP/1.1 201\r\nContent-Length: 5\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b""),
        (b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", b""),
        (
            b"HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\nhello",
            TunnelRefused("refused the tunnel: proxy authentication failed (407)", 407),
        ),
        (b"HTTP/1.1 502 Bad\r\n\r\n", TunnelRefused("refused the tunnel (status 502)", 502)),
        (b"HTTP/1.1 299 OK\r\n\r\n", b""),
        (b"HTTP/1.1 300 Go\r\n\r\n", TunnelRefused("refused the tunnel (status 300)", 300)),
        (b"HTTP/1.1 302 Go\r\n\r\n", TunnelRefused("refused the tunnel (status 302)", 302)),
        (b"HTTP/1.1 101 Switch\r\n\r\n", TunnelRefused("refused the tunnel (status 101)", 101)),
        (b"SSH-2.0-hunter2\r\n", TunnelRefused(REFUSED)),
        (b"garbage\r\n\r\n", TunnelRefused(REFUSED)),
        (b"HTTP/1.1 200 OK\r\n\x15\r\n\r\n", TunnelRefused(REFUSED)),
        (b"HTTP/9 200\r\n\r\n", TunnelRefused(REFUSED)),
        (
            b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n",
            TunnelRefused("responded with TLS; use https:// in its URL"),
        ),
    ],
)
def test_a_reply_means_the_same_however_it_is_cut(reply, outcome):
    assert set(outcomes(reply)) == {outcome}


def test_bytes_behind_the_reply_are_given_back():
    assert (
        Tunnel("h:1", PROXY).receive(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc") == b"abc"
    )


def test_a_proxy_that_closes_gave_no_answer():
    tunnel = Tunnel("h:1", PROXY)
    assert tunnel.receive(b"HTTP/1.1 200 OK\r\n") is None
    assert tunnel.receive(b"") == TunnelRefused(
        "closed the connection without responding to CONNECT"
    )


def test_a_reply_without_end_is_refused():
    tunnel = Tunnel("h:1", PROXY)
    outcome = tunnel.receive(b"HTTP/1.1 100 Continue\r\n\r\n" * 101)
    assert outcome == TunnelRefused(REFUSED)
    tunnel = Tunnel("h:1", PROXY)
    assert tunnel.receive(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000) == TunnelRefused(REFUSED)
