"""The way to an origin, and which requests share it."""

from __future__ import annotations

import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.transport import routes
from genesys_core.transport.origins import Origin
from genesys_core.transport.proxies import NoProxy, Proxy, ProxySettings
from genesys_core.transport.routes import Route, Router

PROXY = Proxy("p", 3128)


def test_urls_of_one_origin_have_one_route():
    router = Router(ProxySettings(), tls="context")
    routes = [
        router.route(url)
        for url in ("https://H.example", "https://h.example:443/a?b", "https://u:p@h.example?x=/y")
    ]
    assert routes == [Route(Origin("https", "h.example", 443), tls="context")] * 3
    assert len(set(routes)) == 1
    assert router.route("https://h.example/other/path") is router.route("https://h.example/")
    assert router.route("http://h/other/path") is router.route("http://h/")


def test_whatever_makes_a_difference_makes_another_route():
    origin = Origin.parse("https://h")
    ways = [
        Route(origin),
        Route(Origin.parse("http://h")),
        Route(Origin.parse("https://h:444")),
        Route(origin, PROXY),
        Route(origin, Proxy("p", 3128, "http", b"user", b"1")),
        Route(origin, Proxy("p", 3128, "http", b"user", b"2")),
        Route(origin, Proxy("p", 3128, "https")),
        Route(origin, tls=1),
    ]
    assert len(set(ways)) == len(ways)


@pytest.mark.parametrize(
    ("url", "proxy", "always", "tunnel", "forwarded"),
    [
        ("https://h", PROXY, False, True, False),
        ("http://h", PROXY, False, False, True),
        ("ws://h", PROXY, True, True, False),
        ("https://h", Proxy("p", 1, "socks5"), False, False, False),
        ("ws://h", Proxy("p", 1, "socks5h"), True, False, False),
        ("http://h", None, True, False, False),
    ],
)
def test_a_proxy_is_given_requests_or_only_carries_bytes(url, proxy, always, tunnel, forwarded):
    settings = ProxySettings(proxy, proxy)
    route = Router(settings, always_tunnel=always).route(url)
    assert (route.proxy, route.is_tunnel, route.is_forwarded) == (proxy, tunnel, forwarded)


def test_a_proxy_does_not_tunnel_what_it_can_forward():
    assert not Router(ProxySettings(PROXY, PROXY)).route("http://h").is_tunnel


def test_exceptions_go_out_directly():
    router = Router(ProxySettings(PROXY, PROXY, NoProxy.parse("h")))
    assert router.route("https://h/").proxy is None
    assert router.route("https://i/").proxy is PROXY


def test_a_url_that_leads_nowhere_is_refused_each_time():
    router = Router(ProxySettings())
    for _ in range(2):
        with pytest.raises(InvalidValueError, match="URL: must be http"):
            router.route("nowhere")


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(routes, "_MOST_KNOWN", 3)
    router = Router(ProxySettings())
    for number in range(10):
        assert router.route(f"https://h{number}/").origin.host == f"h{number}"
        assert len(router._known) <= 3
