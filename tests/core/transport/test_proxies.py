"""Which proxy a request goes through."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import ConfigurationError, InvalidValueError
from genesys_core.transport.origins import Origin
from genesys_core.transport.proxies import NoProxy, Proxy, ProxySettings


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy.example:3128", Proxy("proxy.example", 3128)),
        (" proxy.example:3128/ ", Proxy("proxy.example", 3128)),
        ("HTTP://Proxy.Example", Proxy("proxy.example", 80)),
        ("https://proxy.example", Proxy("proxy.example", 443, "https")),
        ("socks5://proxy.example", Proxy("proxy.example", 1080, "socks5")),
        ("socks5h://proxy.example", Proxy("proxy.example", 1080, "socks5h")),
        ("socks5h://[::1]:9", Proxy("::1", 9, "socks5h")),
        ("http://u:p@h", Proxy("h", 80, "http", b"u", b"p")),
        ("http://u@h", Proxy("h", 80, "http", b"u", b"")),
        ("http://u:@h", Proxy("h", 80, "http", b"u", b"")),
        ("http://a%40b:p%3A%2F%C3%BC@h", Proxy("h", 80, "http", b"a@b", "p:/ü".encode())),
        ("http://u:p:q@h", Proxy("h", 80, "http", b"u", b"p:q")),
    ],
)
def test_a_url_is_read(url, proxy):
    assert Proxy.parse(url) == proxy


SECRETS = ("opensesame", "open", "sesame")


@pytest.mark.parametrize(
    "url",
    [
        "", "http://", "ftp://opensesame@h", "http://u:opensesame@h:0", "http://u:opensesame@h:99999",
        "http://u:opensesame@[::1", "http://u:opensesame@h/path", "http://u:opensesame@a b",
        "http://u%3Aopensesame:x@h", "http://u:opensesame%0d%0a@h", "http://u%00opensesame@h",
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_and_not_shown(url):
    with pytest.raises(InvalidValueError) as caught:
        Proxy.parse(url)
    assert not any(secret in str(caught.value) for secret in SECRETS)


def test_credentials_apart_win_and_are_taken_as_they_are():
    proxy = Proxy.parse("http://a:b@h", auth=("jo", "p%41ss:wörd"))
    value = base64.b64encode("jo:p%41ss:wörd".encode()).decode()
    assert proxy.credentials() == [("Proxy-Authorization", f"Basic {value}")]
    with pytest.raises(InvalidValueError, match="colon"):
        Proxy.parse("http://h", auth=("a:b", ""))


def test_a_proxy_without_credentials_sends_none_and_one_for_socks_no_header():
    assert Proxy.parse("http://h").credentials() == []
    assert Proxy.parse("socks5://u:p@h").credentials() == []
    assert (Proxy.parse("socks5h://h").is_socks, Proxy.parse("https://h").is_socks) == (True, False)


def test_no_form_of_a_proxy_shows_its_credentials():
    proxy = Proxy.parse("http://open:sesame@[::1]:3128")
    assert repr(proxy) == "Proxy(http://[REDACTED]@[::1]:3128)"
    assert repr(Proxy.parse("socks5://h")) == "Proxy(socks5://h:1080)"


# --- exceptions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "url", "direct"),
    [
        ("*", "http://anything", True),
        ("a, *", "http://anything", True),
        ("", "http://h", False),
        (" , ,", "http://h", False),
        ("example.com", "https://example.com", True),
        ("EXAMPLE.com", "https://Example.COM", True),
        ("example.com", "https://api.example.com", True),
        ("example.com", "https://badexample.com", False),
        (".example.com", "https://example.com", True),
        (".example.com", "https://api.example.com", True),
        (".example.com", "https://badexample.com", False),
        ("*.example.com", "https://api.example.com", True),
        ("*.example.com", "https://example.com", False),
        ("*.example.com", "https://badexample.com", False),
        ("example.com.", "https://example.com", True),
        ("example.com", "https://example.com.", True),
        ("a.b,example.com", "https://example.com", True),
        ("a.b example.com", "https://example.com", True),
        ("a.b\texample.com\n", "https://example.com", True),
        ("example.com:8443", "https://example.com:8443", True),
        ("example.com:443", "https://example.com", True),
        ("example.com:8443", "https://example.com", False),
        ("*.example.com:80", "http://a.example.com", True),
        ("192.0.2.1", "http://192.0.2.1", True),
        ("192.0.2.1", "http://192.0.2.10", False),
        ("192.0.2.1:81", "http://192.0.2.1:81", True),
        ("192.0.2.1:81", "http://192.0.2.1", False),
        ("192.0.2.0/24", "http://192.0.2.77", True),
        ("192.0.2.9/24", "http://192.0.2.77", True),
        ("192.0.2.0/24", "http://192.0.3.1", False),
        ("192.0.2.0/24", "http://h", False),
        ("0.0.0.0/0", "http://[::1]", False),
        ("::1", "http://[::1]", True),
        ("[::1]", "http://[::1]", True),
        ("[::1]:81", "http://[::1]:81", True),
        ("[::1]:81", "http://[::1]", False),
        ("fd00::/8", "http://[fd12::1]", True),
        ("fd00::/8", "http://[fe80::1]", False),
        ("[fd00::/8]", "http://[fd12::1]", True),
        ("192.0.2.1", "http://[::ffff:192.0.2.1]", True),
        ("localhost", "http://127.0.0.1", False),
        ("localhost", "http://localhost", True),
        ("127.0.0.1", "http://localhost", False),
        # Entries that mean nothing here are passed over, and the next one counts.
        ("[::1,example.com", "http://example.com", True),
        ("<local> http://x/ a:b:c %% example.com", "http://example.com", True),
        ("1.2.3", "http://h", False),
        ("example.com:", "http://example.com", False),
    ],
)
def test_exceptions(text, url, direct):
    assert NoProxy.parse(text).covers(Origin.parse(url)) is direct


@given(st.text(), st.sampled_from(["http://h", "https://[::1]:8", "http://192.0.2.1"]))
def test_any_text_is_read(text, url):
    covers = NoProxy.parse(text).covers(Origin.parse(url))
    assert covers in {True, False}
    assert NoProxy.parse(f"{text} *").covers(Origin.parse(url))


# --- the environment --------------------------------------------------------------------------

HTTP, HTTPS = Origin.parse("http://a"), Origin.parse("https://a")


def test_the_environment_has_a_proxy_for_each_scheme_or_one_for_all():
    settings = ProxySettings.from_environment({"http": "p:1", "https": "q:2", "no": "b"})
    assert settings.proxy_for(HTTP) == Proxy("p", 1)
    assert settings.proxy_for(HTTPS) == Proxy("q", 2)
    assert settings.proxy_for(Origin.parse("https://b")) is None
    settings = ProxySettings.from_environment({"all": "socks5://p", "https": "q:2"})
    assert settings.proxy_for(HTTP) == Proxy("p", 1080, "socks5")
    assert settings.proxy_for(HTTPS) == Proxy("q", 2)
    assert ProxySettings.from_environment({"http": ""}).proxy_for(HTTP) is None
    assert ProxySettings().proxy_for(HTTP) is None


def test_the_system_makes_exceptions_too():
    asked = []

    def bypass(host):
        asked.append(host)
        return host == "a:443"

    settings = ProxySettings.from_environment({"all": "p:1"}, bypass=bypass)
    assert settings.proxy_for(HTTPS) is None
    assert settings.proxy_for(HTTP) == Proxy("p", 1)
    assert asked == ["a:443", "a:80"]
    settings = ProxySettings.from_environment({"https": "p:1", "no": "b"}, bypass=bypass)
    assert settings.proxy_for(HTTP) is None
    assert settings.proxy_for(Origin.parse("https://b")) is None
    assert asked == ["a:443", "a:80"]  # only where a proxy would be used


def test_a_proxy_that_was_asked_for_is_used_always():
    proxy = Proxy("p", 1)
    settings = ProxySettings.always(proxy)
    assert (settings.proxy_for(HTTP), settings.proxy_for(HTTPS)) == (proxy, proxy)


@pytest.mark.parametrize(("key", "variable"), [("https", "HTTPS_PROXY"), ("all", "ALL_PROXY")])
def test_a_proxy_of_the_environment_that_cannot_be_used_is_named_and_not_shown(key, variable):
    with pytest.raises(ConfigurationError, match=variable) as caught:
        ProxySettings.from_environment({key: "ftp://open:sesame@h"})
    assert "sesame" not in str(caught.value)
