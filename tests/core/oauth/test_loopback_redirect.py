"""Where a browser lands: what ends a sign-in, and what does not."""

import base64
import hashlib
import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.clock import Now
from genesys_core.errors import AccessDeniedError, ConnectError, InvalidValueError, OAuthError
from genesys_core.oauth.loopback_redirect import (
    BrowserPage,
    BrowserRequest,
    CodeArrived,
    LoopbackRedirect,
    SignInRefused,
    TokenArrived,
    check_redirect_uri,
    check_timeout,
    default_redirect_uri,
    read_browser_request,
    redirect_port,
    refused_page,
    response_type_of,
    sign_in_timed_out,
    signed_in_page,
)
from tests.strategies.loopback import message_of

HOST = "127.0.0.1:4711"
URI = f"http://{HOST}/callback"
NOW = Now(0.0, 1_700_000_000.0)


def landed(target, method="GET", host=HOST, body=b"", *, implicit=False, uri=URI, state="s"):
    redirect = LoopbackRedirect(uri, state, is_implicit=implicit)
    return redirect.received(BrowserRequest(method, target, host, body), now=NOW)


def handed(fragment, **options):
    body = urlencode({"fragment": fragment}).encode()
    return landed("/callback", "POST", body=body, implicit=True, **options)


def test_a_code_ends_the_sign_in():
    arrived = landed("/callback?code=abc&state=s")
    assert isinstance(arrived, CodeArrived)
    assert arrived.code == "abc"
    assert "abc" not in repr(arrived)


def test_a_refusal_ends_it_too():
    refused = landed("/callback?error=access_denied&error_description=no+thanks&state=s")
    assert isinstance(refused, SignInRefused)
    assert isinstance(refused.error, AccessDeniedError)
    assert refused.error.description == "no thanks"


@pytest.mark.parametrize(
    "target",
    ["/callback?code=x&state=other", "/callback?code=x", "/callback", "/callback?error=a&state=b"],
)
def test_another_sign_ins_answer_does_not(target):
    page = landed(target)
    assert isinstance(page, BrowserPage)
    assert page.status == 400
    assert "another" in page.title or "state mismatch" in page.content


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"target": "/"}, 404),
        ({"target": "/favicon.ico"}, 404),
        ({"target": "/callback/?code=a&state=s"}, 404),
        ({"target": "/callback?code=a&state=s", "host": "example.com:4711"}, 421),
        ({"target": "/callback?code=a&state=s", "host": "127.0.0.1"}, 421),
        ({"target": "/callback?code=a&state=s", "host": ""}, 421),
        ({"target": "/callback?code=a&state=s", "method": "HEAD"}, 405),
        ({"target": "/callback?code=a&state=s", "method": "POST"}, 405),
        ({"target": "http://127.0.0.1:4711/callback?code=a&state=s"}, 404),
    ],
)
def test_only_the_one_path_of_the_one_host_is_served(sent, status):
    page = landed(**sent)
    assert isinstance(page, BrowserPage)
    assert page.status == status


def test_port_80_and_a_bare_host_are_the_same():
    arrived = landed("/?code=a&state=s", host="LOCALHOST", uri="http://localhost:80")
    assert isinstance(arrived, CodeArrived)


def test_the_implicit_grants_page_hands_the_fragment_over():
    page = landed("/callback", implicit=True)
    assert isinstance(page, BrowserPage)
    assert page.status == 200
    assert "fragment" in page.content
    head = page.to_bytes().partition(b"\r\n\r\n")[0].decode()
    digest = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in head
    arrived = handed("#access_token=hunter2&token_type=bearer&expires_in=60&state=s")
    assert isinstance(arrived, TokenArrived)
    assert arrived.token.access_token == "hunter2"
    assert arrived.token.expires_at == NOW.wall + 60
    assert "hunter2" not in repr(arrived)


def test_the_implicit_grants_refusals_are_read_from_either_place():
    for refused in (
        handed("#error=access_denied&state=s"),
        landed("/callback?error=access_denied&state=s", implicit=True),
    ):
        assert isinstance(refused, SignInRefused)
        assert refused.error.error == "access_denied"


@pytest.mark.parametrize("fragment", ["", "#", "#access_token=a&state=x", "#access_token=a"])
def test_a_fragment_of_another_sign_in_is_not_believed(fragment):
    page = handed(fragment)
    assert isinstance(page, BrowserPage)
    assert page.status == 400


def test_a_fragment_with_our_state_and_no_token_ends_it():
    refused = handed("#state=s")
    assert isinstance(refused, SignInRefused)
    assert refused.error.error == "invalid_response"


def test_nothing_secret_is_shown():
    assert "hunter2" not in repr(LoopbackRedirect(URI, "hunter2"))
    assert "hunter2" not in repr(BrowserRequest("POST", "/callback?code=hunter2", HOST, b"hunter2"))


def test_a_page_has_no_script_but_its_own():
    page = BrowserPage(200, "A title", "")
    assert b"<script" not in page.to_bytes()
    with_script = BrowserPage(200, "A title", "", script="go()").to_bytes()
    assert with_script.count(b"<script>go()</script>") == with_script.count(b"<script") == 1


def test_the_page_at_the_end_is_no_error_for_the_browser():
    for page in (
        signed_in_page(),
        refused_page(OAuthError("server_error")),
        refused_page(AccessDeniedError("access_denied")),
    ):
        assert page.to_bytes().startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_redirect_brings_a_code_unless_it_is_implicit():
    redirect = LoopbackRedirect(URI, "s")
    request = BrowserRequest("GET", "/callback?code=abc&state=s", HOST)
    assert redirect.received(request, now=NOW) == CodeArrived("abc")


def test_pages_leak_nothing():
    for page in (
        signed_in_page(),
        refused_page(OAuthError("x")),
        landed("/"),
        landed("/callback", implicit=True),
    ):
        head, _, body = page.to_bytes().partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert fields["Referrer-Policy"] == "no-referrer"
        assert fields["Cache-Control"] == "no-store"
        assert fields["Connection"] == "close"
        assert int(fields["Content-Length"]) == len(body)
        assert "default-src 'none'" in fields["Content-Security-Policy"]
        assert not re.search(rb'(?:src|href)="(?!data:,)', body)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AccessDeniedError("access_denied", "<b>no"), "The sign-in was refused: <b>no"),
        (AccessDeniedError("access_denied"), "refused: The user or the platform denied access."),
        (OAuthError("server_error", "later"), "The sign-in failed: server_error: later"),
        (ConnectError("no route", sent=False), "The sign-in failed: no route"),
    ],
)
def test_a_refusal_is_told_in_words(error, words):
    page = refused_page(error)
    assert words in message_of(page.to_bytes().decode())
    assert "<b>" not in page.content


# The bytes.


def http(target="/callback?code=a", method="GET", *fields, body=b""):
    lines = "".join(f"{field}\r\n" for field in (f"Host: {HOST}", *fields))
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


def test_a_request_is_read_in_any_pieces():
    whole = http("/callback", "POST", "content-length: 3", body=b"a=b")
    for end in range(len(whole)):
        assert read_browser_request(whole[:end]) is None
    assert read_browser_request(whole) == BrowserRequest("POST", "/callback", HOST, b"a=b")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\n\r\n", 400),
        (http("/", "GET", "no colon"), 400),
        (http("/", "GET", ": no name"), 400),
        (http("/", "GET", "Host: other"), 400),
        (http("/", "POST", "Content-Length: x"), 400),
        (http("/", "POST", "Content-Length: -1"), 400),
        (http("/", "POST", "Content-Length: ²"), 400),
        (http("/", "POST", "Transfer-Encoding: chunked"), 400),
        (b"\x16\x03\x01" + b"a" * 70_000, 413),
        (http("/", "POST", "Content-Length: 70000", body=b"a" * 70_000), 413),
    ],
)
def test_what_is_no_request_gets_a_page(data, status):
    page = read_browser_request(data)
    assert isinstance(page, BrowserPage)
    assert page.status == status


def test_a_request_has_at_most_64_kib():
    assert read_browser_request(b"a" * 65_536) is None
    page = read_browser_request(b"a" * 65_537)
    assert isinstance(page, BrowserPage)
    assert page.status == 413


@given(st.binary(max_size=60) | st.text(max_size=40).map(lambda t: http(quote(t, safe="/?&=%"))))
def test_any_bytes_are_a_visit_a_page_or_not_enough(data):
    read = read_browser_request(data)
    if isinstance(read, BrowserRequest):
        for is_implicit in (False, True):
            met = LoopbackRedirect(URI, "s", is_implicit=is_implicit).received(read, now=NOW)
            if isinstance(met, BrowserPage):
                assert met.to_bytes().startswith(f"HTTP/1.1 {met.status} ".encode())
    else:
        assert read is None or 400 <= read.status < 500


@given(st.text(max_size=40))
def test_any_fragment_is_a_page_or_the_end(fragment):
    assert isinstance(handed(fragment), BrowserPage | SignInRefused | TokenArrived)


# The redirect URI.


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://127.0.0.1:8080/callback", ("127.0.0.1", 8080)),
        ("http://localhost:1", ("localhost", 1)),
        ("http://localhost:65535/a/b", ("localhost", 65535)),
    ],
)
def test_redirect_uris_that_can_be_served(uri, expected):
    assert check_redirect_uri(uri) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://127.0.0.1:8080/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:70000/callback",
        "http://0.0.0.0:80/",
        "http://[::1]:80/",
        "http://[:80/",
        "http://example.com:80/",
        "http://a@localhost:80/",
        "http://localhost:80/?a=1",
        "http://localhost:80/#a",
        "http://localhost:80/ ",
        "http://localhost:80/é",
        "http://localhost:80/\x7f",
        "http://localhost:80/\t",
    ],
)
def test_redirect_uris_that_cannot(uri):
    with pytest.raises(InvalidValueError, match="redirect_uri"):
        check_redirect_uri(uri)


def test_a_grant_decides_what_the_browser_brings_back():
    assert response_type_of("pkce") == "code"
    assert response_type_of("implicit") == "token"
    with pytest.raises(InvalidValueError, match="grant 'password': must be pkce or implicit"):
        response_type_of("password")


@pytest.mark.parametrize(
    ("port", "uri", "expected"),
    [
        (0, None, 0),
        (8080, None, 8080),
        (65_535, None, 65_535),
        (0, URI, 4711),
        (4711, URI, 4711),
    ],
)
def test_the_port_is_the_one_that_was_named(port, uri, expected):
    assert redirect_port(port, uri) == expected


@pytest.mark.parametrize(
    ("port", "uri", "words"),
    [
        (-1, None, "port -1: must be 0 to 65535"),
        (65_536, None, "port 65536"),
        (1, URI, "the ports differ"),
        (0, "https://example.com/", "redirect_uri"),
    ],
)
def test_ports_that_cannot_be_listened_on(port, uri, words):
    with pytest.raises(InvalidValueError, match=words):
        redirect_port(port, uri)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (lambda: check_redirect_uri(URI.encode()), "^redirect_uri must be a str, not a bytes"),  # type: ignore[arg-type]
        (lambda: redirect_port("80", None), "^port must be a whole number, not a str"),  # type: ignore[arg-type]
        (lambda: check_timeout("5"), "^timeout must be a number, not a str"),  # type: ignore[arg-type]
    ],
)
def test_a_value_of_the_wrong_type_is_named(check, message):
    with pytest.raises(TypeError, match=message):
        check()


def test_the_default_redirect_uri_can_be_served():
    assert check_redirect_uri(default_redirect_uri(4711)) == ("127.0.0.1", 4711)


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan"), 10**400])
def test_a_user_needs_some_time_and_not_all_of_it(seconds):
    check_timeout(0.1)
    with pytest.raises(InvalidValueError, match="must be a number of seconds above 0 and at most"):
        check_timeout(seconds)


def test_a_timeout_tells_of_the_redirects_that_were_not_believed():
    assert landed("/callback?code=a&state=other").is_foreign
    assert not landed("/favicon.ico").is_foreign
    assert str(sign_in_timed_out(120.0, 0)) == "sign-in timed out after 120 s"
    error = sign_in_timed_out(0.5, 2)
    assert str(error).startswith(
        "sign-in timed out after 0.5 s; rejected 2 redirect(s) from another sign-in"
    )
    assert not error.sent
