import pickle
import re
import string
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import InvalidValueError
from genesys_core.hosts import DEFAULT_REGION, KNOWN_REGIONS, Gateway, Hosts, Region, base_url
from tests.strategies.values import anycase

# The regions of the official SDKs.
DOMAINS = {
    "us_east_1": "mypurecloud.com",
    "eu_west_1": "mypurecloud.ie",
    "eu_central_1": "mypurecloud.de",
    "ap_northeast_1": "mypurecloud.jp",
    "ap_southeast_2": "mypurecloud.com.au",
    "us_west_2": "usw2.pure.cloud",
    "ca_central_1": "cac1.pure.cloud",
    "ap_northeast_2": "apne2.pure.cloud",
    "eu_west_2": "euw2.pure.cloud",
    "ap_south_1": "aps1.pure.cloud",
    "us_east_2": "use2.us-gov-pure.cloud",
    "sa_east_1": "sae1.pure.cloud",
    "me_central_1": "mec1.pure.cloud",
    "ap_northeast_3": "apne3.pure.cloud",
    "eu_central_2": "euc2.pure.cloud",
    "mx_central_1": "mxc1.pure.cloud",
    "ap_southeast_1": "apse1.pure.cloud",
    "eusc_de_east_1": "edee1.eusc-pure.cloud",
}
SECRET = "hunter2"


def test_all_eighteen_regions_are_known():
    assert {name: region.domain for name, region in KNOWN_REGIONS.items()} == DOMAINS
    assert DEFAULT_REGION is Region.us_east_1


@pytest.mark.parametrize(("name", "domain"), DOMAINS.items())
def test_a_region_has_three_hosts_and_many_spellings(name, domain):
    region = getattr(Region, name)
    assert (region.name, region.api_url) == (name, f"https://api.{domain}")
    assert (region.login_url, region.streaming_url) == (
        f"https://login.{domain}",
        f"wss://streaming.{domain}",
    )
    spellings = (name, name.replace("_", "-"), name.upper(), f" {name} ", domain, region)
    urls = (f"https://api.{domain}", f"api.{domain}", f"https://api.{domain}/", domain.upper())
    for text in (*spellings, *urls):
        assert Region.of(text) == region
        assert Hosts.resolve(region=text) == Hosts(region.api_url, region.login_url)


@given(st.sampled_from(sorted(DOMAINS)).flatmap(anycase), st.booleans())
def test_a_region_is_read_in_any_case(name, hyphens):
    assert Region.of(name.replace("_", "-") if hyphens else name).name == name.lower()


def test_any_domain_with_a_dot_is_a_region():
    region = Region.of("new1.pure.cloud")
    assert (region.name, region.domain) == ("new1.pure.cloud", "new1.pure.cloud")
    assert region.api_url == "https://api.new1.pure.cloud"
    assert Region.of("api.new1.pure.cloud") == region


@pytest.mark.parametrize(
    "text",
    [
        "nowhere", "", " ", ".", "a..b", "-a.b", "a-.b", "mypurecloud.ie.", "http://api.mypurecloud.ie",
        "mypurecloud.ie/path", "mypurecloud.ie:443", "münchen.example", "a b.c", "a.b\n.c",
        f"{'a' * 64}.b", "a." * 127 + "b", "wss://streaming.mypurecloud.ie", "user@mypurecloud.ie",
    ],
)  # fmt: skip
def test_what_is_neither_a_region_nor_a_domain_is_refused_with_the_known_ones(text):
    with pytest.raises(InvalidValueError, match=r"known regions: .*eu_west_1"):
        Region.of(text)


@pytest.mark.parametrize(
    ("host", "base", "login"),
    [
        ("https://api.mypurecloud.ie", "https://api.mypurecloud.ie", "https://login.mypurecloud.ie"),
        ("https://api.mypurecloud.ie//", "https://api.mypurecloud.ie", "https://login.mypurecloud.ie"),
        ("api.mypurecloud.ie", "https://api.mypurecloud.ie", "https://login.mypurecloud.ie"),
        (" HTTPS://API.MyPureCloud.ie/ ", "https://api.mypurecloud.ie", "https://login.mypurecloud.ie"),
        ("https://api.usw2.pure.cloud:8443", "https://api.usw2.pure.cloud:8443", "https://login.usw2.pure.cloud:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080/", "https://localhost:8080", "https://localhost:8080"),
        ("http://api_1:80/base/path/", "http://api_1:80/base/path", "http://api_1:80/base/path"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("[2001:DB8::1]", "https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("https://proxy.example/api.mypurecloud.ie", "https://proxy.example/api.mypurecloud.ie", "https://proxy.example/api.mypurecloud.ie"),
        ("https://myapi.example", "https://myapi.example", "https://myapi.example"),
        ("https://host.example/ünï", "https://host.example/%C3%BCn%C3%AF", "https://host.example/%C3%BCn%C3%AF"),
        ("https://host.example/a%20b", "https://host.example/a%20b", "https://host.example/a%20b"),
        ("xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ],
)  # fmt: skip
def test_a_host_is_a_base_url_in_many_spellings(host, base, login):
    assert Hosts.resolve(host=host) == Hosts(base, login)
    assert base_url(base) == base


@pytest.mark.parametrize(
    "host",
    [
        "", "  ", "https://", "https:///x", "ftp://host.example", "wss://host.example", "http:host", "://x",
        "::1", "http://[::1", "http://]", "[:1]", "[fe80::1%eth0]", "[127.0.0.1]", "[]", "[::1", "[::g]", "https://[::1]x", "host:", "host:x", "host:1:2", "host:99999", "h:-1",
        "h\u0661:80", "host:\u0661", "a b", "https://host.example/a b", "https://host.example?x=1",
        "https://host.example#x", "https://host.example\\x", "https://host.example/..", "https://h/a/../b",
        "https://h/./b", "https://h/%2E%2e/b", "münchen.example", "\u212ahost", ".", "a..b", "h\x00", "https://h/\x00",
        "https://h/\ud800", "a" * 254,
    ],
)  # fmt: skip
def test_what_is_no_base_url_is_refused(host):
    with pytest.raises(InvalidValueError, match=r"^host '"):
        base_url(host)


@pytest.mark.parametrize(
    "secret",
    [
        f"user:{SECRET}@host.example", f"https://user:{SECRET}@host.example", f"https://{SECRET}@host.example/x",
        f"https://user:a@{SECRET}@host.example", f"https://user:a/{SECRET}@host.example",
        f"https://user:?{SECRET}@host.example", f"ftp://user:{SECRET}@host.example",
        f"https://host.example/?token={SECRET}", f"https://host.example/#access_token={SECRET}",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "use",
    [
        lambda text: Hosts.resolve(host=text),
        lambda text: Hosts.resolve(region=text),
        lambda text: Hosts.resolve(region="eu_west_1", host=text),
        lambda text: Hosts.resolve(region=text, host="host.example"),
        Gateway,
    ],
)
def test_a_password_or_token_in_an_address_is_refused_and_not_shown(use, secret):
    with pytest.raises(InvalidValueError) as refusal:
        use(secret)
    assert SECRET not in f"{refusal.value} {refusal.value!r}"
    assert refusal.value.__context__ is None


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("https://host.example?x=1", "https://host.example?..."),
        ("https://host.example/#x", "https://host.example/#..."),
        ("ftp://host.example", "ftp://host.example"),
    ],
)
def test_the_address_is_shown_with_a_sign_of_its_query(host, shown):
    with pytest.raises(InvalidValueError) as refusal:
        Hosts.resolve(host=host)
    assert f"host {shown!r}: " in str(refusal.value)


@given(st.text(st.characters(), max_size=20))
def test_a_host_gives_a_plain_base_url_or_an_error(text):
    try:
        url = base_url(text)
    except InvalidValueError:
        return
    parts = urlsplit(url)
    assert parts.scheme in {"http", "https"}
    assert re.fullmatch(r"[\x21-\x7e]+", url)
    assert not url.endswith("/")
    assert (parts.query, parts.fragment, parts.username) == ("", "", None)
    assert base_url(url) == url


@pytest.mark.parametrize("value", [5, None, b"mypurecloud.ie", ["a"]])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(InvalidValueError, match="host: must be a str, not"):
        base_url(value)
    with pytest.raises(InvalidValueError, match="region: must be a str, not"):
        Region.of(value)


def test_without_a_word_it_is_the_default_region():
    assert Hosts.resolve() == Hosts("https://api.mypurecloud.com", "https://login.mypurecloud.com")


@pytest.mark.parametrize("gateway", [None, Gateway("gw")])
def test_region_and_host_together_are_refused(gateway):
    with pytest.raises(
        InvalidValueError, match=r"region 'eu_west_1' and host 'x.example': pass only one"
    ):
        Hosts.resolve(region=Region.eu_west_1, host="x.example", gateway=gateway)


def test_a_gateway_stands_before_both_hosts():
    gateway = Gateway(
        host="mygateway.mydomain.myextension",
        protocol="https",
        port=1443,
        path_params_login="myadditionalpathforlogin",
        path_params_api="myadditionalpathforapi",
        username="username",
        password=SECRET,
    )
    for other in ({}, {"region": "eu_west_1"}, {"host": "https://api.mypurecloud.ie"}):
        assert Hosts.resolve(gateway=gateway, **other) == Hosts(
            "https://mygateway.mydomain.myextension:1443/myadditionalpathforapi",
            "https://mygateway.mydomain.myextension:1443/myadditionalpathforlogin",
        )


@pytest.mark.parametrize(
    ("gateway", "login"),
    [
        (Gateway("gw", protocol="", port=-1), "https://gw"),
        (Gateway("gw"), "https://gw"),
        (Gateway("gw", "http", 8080, "/login"), "http://gw:8080/login"),
        (Gateway("gw", "https", 443, "login/"), "https://gw:443/login"),
        # Where the official SDKs differ from each other, the design decides: the port is written,
        # all slashes go.
        (Gateway("gw", "https", 0, "/a//"), "https://gw:0/a"),
        (Gateway("gw", "https", 65535, "/"), "https://gw:65535"),
        (Gateway("gw", "https", None, "a//"), "https://gw/a"),
        (Gateway("gw", "https", None, "/a/b/"), "https://gw/a/b"),
        (Gateway(" GW ", " HTTP "), "http://gw"),
        (Gateway("[::1]", port=1), "https://[::1]:1"),
        (Gateway("gw", path_params_login=" ü/{x} "), "https://gw/%C3%BC/%7Bx%7D"),
        (Gateway("gw", path_params_login="a%20b"), "https://gw/a%20b"),
    ],
)  # fmt: skip
def test_the_port_and_slash_rules_of_a_gateway(gateway, login):
    assert gateway.login_url == login


@given(st.text("/ab", max_size=8), st.text("/ab", max_size=8))
def test_no_gateway_url_ends_with_a_slash_and_the_two_paths_stay_apart(login, api):
    gateway = Gateway("gw", path_params_login=login, path_params_api=api)
    assert gateway.login_url == ("https://gw/" + login.strip("/")).rstrip("/")
    assert gateway.api_url == ("https://gw/" + api.strip("/")).rstrip("/")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("host", ""), ("host", " "), ("host", "https://gw"), ("host", "gw:1443"), ("host", "gw:"), ("host", "gw/x"),
        ("host", "user@gw"), ("host", "a b"), ("host", "::1"), ("host", "[::1x"), ("host", "ü"), ("host", None),
        ("protocol", "ftp"), ("protocol", "https://"), ("protocol", None),
        ("port", -2), ("port", 65536), ("port", "1443"), ("port", True), ("port", 80.0),
        ("path_params_api", "a?b"), ("path_params_api", "a#b"), ("path_params_api", "../b"), ("path_params_api", "a/.."),
        ("path_params_api", "a\\b"), ("path_params_api", "a b"), ("path_params_api", "%2e%2E/x"),
        ("path_params_api", "a\n/b"), ("path_params_api", "\ud800"), ("path_params_login", "."), ("path_params_login", None),
    ],
)  # fmt: skip
def test_a_gateway_that_gives_no_url_is_refused_and_says_which_part(part, value):
    with pytest.raises(InvalidValueError, match=rf"^gateway {part}\b"):
        Gateway(**{"host": "gw", part: value})


def test_a_gateway_is_a_value_that_does_not_show_its_password():
    gateway = Gateway("gw", port=1, username="ann", password=SECRET)
    assert repr(gateway) == (
        "Gateway(api='https://gw:1', login='https://gw:1', username='ann', password=[REDACTED])"
    )
    assert "password" not in repr(Gateway("gw"))
    with pytest.raises(TypeError, match="Gateway cannot be pickled"):
        pickle.dumps(gateway)
    without = Gateway("gw", port=1, username="ann")
    assert pickle.loads(pickle.dumps(without)) == without
    assert gateway != Gateway("gw", port=1, username="ann", password="other")


def test_the_names_of_regions_are_lower_case_words():
    assert all(set(name) <= set(string.ascii_lowercase + string.digits + "_") for name in DOMAINS)


def test_the_known_regions_are_listed():
    assert list(Region) == list(KNOWN_REGIONS.values())
