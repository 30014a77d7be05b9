"""A tunnel through a proxy: the request, and whatever comes back instead of consent."""

import base64
from urllib.parse import urlsplit

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.websocket import Address, Failed, Proxy
from genesys_core.websocket.proxy_tunnel import (
    HeadExchange,
    Tunnel,
    ascii_host,
    mask_url,
    port_of,
    split_url,
)

ADDRESS = Address("a.example", 443, True, "/channels/secret")
PROXY = Proxy("proxy.example", 3128, username="us:er", password="p@ss")


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy.example", Proxy("proxy.example", 80)),
        ("https://proxy.example", Proxy("proxy.example", 443, tls=True)),
        (" http://[::1]:3128 ", Proxy("[::1]", 3128)),
        ("http://us%65r:p%40ss@p:1", Proxy("p", 1, username="user", password="p@ss")),
        ("http://user@p:1", Proxy("p", 1, username="user")),
        ("http://bücher.example:1", Proxy("xn--bcher-kva.example", 1)),
    ],
)
def test_a_proxy_is_read_from_its_url(url, proxy):
    assert Proxy.parse(url) == proxy


@pytest.mark.parametrize(
    "url",
    ["", "p:3128", "socks5://p", "http://", "http://p:0", "http://p:99999", "http://[::1", "http://a..b"],
)  # fmt: skip
def test_what_is_no_proxy_is_refused(url):
    with pytest.raises(InvalidValueError):
        Proxy.parse(url)


def test_the_parts_of_a_url():
    with pytest.raises(InvalidValueError, match=r"connect_uri: must be ws://host or wss://host"):
        split_url("connect_uri", "http://a.example/secret", ("ws", "wss"))
    assert port_of(urlsplit("wss://a")) == 443
    assert port_of(urlsplit("wss://a:1")) == 1
    assert mask_url(urlsplit("wss://a.example:1/secret")) == "wss://a.example/..."
    with pytest.raises(InvalidValueError, match="host 'a b': must be a host name"):
        ascii_host(urlsplit("ws://a b/"))


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        (PROXY, "Proxy(http://us:er:[REDACTED]@proxy.example:3128)"),
        (Proxy("p", 1, tls=True), "Proxy(https://p:1)"),
    ],
)
def test_a_password_is_not_shown(proxy, shown):
    assert repr(proxy) == shown


def test_the_request_asks_for_the_server_and_gives_the_credentials():
    pair = base64.b64encode(b"us:er:p@ss").decode()
    assert Tunnel(ADDRESS, PROXY).request == (
        "CONNECT a.example:443 HTTP/1.1\r\n"
        "Host: a.example:443\r\n"
        f"Proxy-Authorization: Basic {pair}\r\n\r\n"
    ).encode()  # fmt: skip
    assert b"Authorization" not in Tunnel(ADDRESS, Proxy("p", 1)).request
    user_alone = base64.b64encode(b"u:")
    assert user_alone in Tunnel(ADDRESS, Proxy("p", 1, username="u")).request


def test_what_follows_consent_belongs_to_the_server():
    tunnel = Tunnel(ADDRESS, PROXY)
    assert tunnel.receive(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 O") is None
    assert tunnel.receive(b"K\r\n\r\nmore") == b"more"


@pytest.mark.parametrize("status", [301, 403, 407, 502])
def test_a_refusal_keeps_status_and_headers(status):
    answer = b"HTTP/1.1 %d No\r\nProxy-Authenticate: Basic\r\n\r\n" % status
    failed = Tunnel(ADDRESS, PROXY).receive(answer)
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.status, failed.code) == ("proxy", status, 1006)
    assert failed.headers["proxy-authenticate"] == "Basic"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP/1.1"),
        (b"", "the connection ended before the response did"),
    ],
)
def test_a_proxy_that_does_not_speak_http(data, words):
    failed = Tunnel(ADDRESS, PROXY).receive(data)
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.status) == ("proxy", None)
    assert failed.message.endswith(words)


def test_switching_protocols_is_a_head_of_its_own():
    exchange = HeadExchange("GET", "/", [("Host", "h"), ("Upgrade", "websocket")])
    head = exchange.receive(b"HTTP/1.1 101 Switching Protocols\r\nX: y\r\n\r\nrest")
    assert (head.status, head.headers["x"], head.trailing) == (101, "y", b"rest")


def test_a_control_character_in_a_header_is_refused_without_its_value():
    with pytest.raises(InvalidValueError, match="control character") as caught:
        HeadExchange("GET", "/", [("Host", "h"), ("X", "secret\r\nY: z")])
    assert "secret" not in str(caught.value)
