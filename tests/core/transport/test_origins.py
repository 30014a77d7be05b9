"""Where URLs lead."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import InvalidValueError
from genesys_core.transport.origins import Origin, parse_host, parse_ip


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.com/x?y", Origin("https", "api.example.com", 443)),
        ("HTTPS://API.Example.COM:443", Origin("https", "api.example.com", 443)),
        ("https://api.example.com.", Origin("https", "api.example.com", 443)),
        ("http://u:p@h:8080/", Origin("http", "h", 8080)),
        ("http://h:", Origin("http", "h", 80)),
        ("http://h:080/", Origin("http", "h", 80)),
        ("ws://h/", Origin("http", "h", 80)),
        ("wss://h?x", Origin("https", "h", 443)),
        ("https://bücher.example/", Origin("https", "xn--bcher-kva.example", 443)),
        ("http://192.0.2.1", Origin("http", "192.0.2.1", 80)),
        ("http://[::1]:81", Origin("http", "::1", 81)),
        ("http://[2001:DB8:0::1]", Origin("http", "2001:db8::1", 80)),
        ("http://[fe80::1%25eth0]", Origin("http", "fe80::1%eth0", 80)),
        ("http://[fe80::1%eth0]", Origin("http", "fe80::1%eth0", 80)),
        ("http://under_score.example", Origin("http", "under_score.example", 80)),
    ],
)
def test_equal_origins_are_equal_values(url, origin):
    assert Origin.parse(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "", "api.example.com", "/x", "ftp://h", "http://", "https:///x", "http://h:0", "http://h:65536",
        "http://h:-1", "http://h:a", "http://h:\uff11", "http://[::1", "http://::1]", "http://[x]",
        "http://[::1%25]", "http://[::1%25a b]", "http://[::1%eth0/x]", "http://a b", "http://h\n",
        "http://h\r\nHost: x", "http://h\t", "http://h\x00", "http://h\\@x",
        "http://a..b", "http://.a", "http://-a", "http://a-", "http://" + "a" * 64, "http://h%41",
        "http://" + ".".join(["a" * 50] * 6), "http://\x80", "http://\ud800", "http://h..",
    ],
)  # fmt: skip
def test_what_leads_nowhere_is_refused(url):
    with pytest.raises(InvalidValueError):
        Origin.parse(url)


@pytest.mark.parametrize(
    "host",
    ["127.1", "0x7f.1", "2130706433", "0x7f000001", "127.0.0.01", "1.2.3.4.5", "a.1", "256.1.1.1"],
)
def test_old_forms_of_addresses_are_refused_in_words(host):
    with pytest.raises(InvalidValueError, match=r"must have the form 192\.0\.2\.1"):
        Origin.parse(f"http://{host}/")


def test_an_address_has_brackets_where_it_needs_them():
    assert Origin("https", "::1", 443).address == "[::1]:443"
    assert Origin("http", "h", 80).address == "h:80"


def test_a_host_that_is_an_address():
    assert parse_ip("192.0.2.1") == ipaddress.IPv4Address("192.0.2.1")
    assert parse_ip("::ffff:192.0.2.1") == ipaddress.IPv4Address("192.0.2.1")
    assert parse_ip("::1") == ipaddress.IPv6Address("::1")
    assert parse_ip("localhost") is None


@pytest.mark.parametrize(
    ("host", "plain"), [("[::1]", "::1"), ("::1", "::1"), ("[2001:DB8::1]", "2001:db8::1")]
)
def test_an_address_may_have_brackets(host, plain):
    assert parse_host(host) == plain


@pytest.mark.parametrize(
    "host", ["[::1", "::1]", "[::1x", "x::1]", "[h]", "[192.0.2.1]", "[]", "[", "[[::1]]"]
)
def test_brackets_are_a_pair_around_an_address(host):
    with pytest.raises(InvalidValueError):
        parse_host(host)


def test_the_longest_name_has_253_characters():
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    assert len(longest) == 253
    assert parse_host(longest) == parse_host(longest + ".") == longest
    with pytest.raises(InvalidValueError, match="must be a host name"):
        parse_host(longest + "d")


@given(st.text())
def test_any_text_is_a_host_or_refused(text):
    try:
        host = parse_host(text)
    except InvalidValueError:
        return
    assert host.isascii()
    assert parse_host(host) == host


@given(st.ip_addresses())
def test_any_address_is_itself(address):
    assert parse_ip(parse_host(str(address))) == parse_ip(str(address))
