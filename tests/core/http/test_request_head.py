import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, TransportFailure
from genesys_core.http.request_head import FieldLines, encode_request_head, invalid_request
from tests.strategies.values import header_values

RAW = Headers.received


def encoded(request: Request, **how) -> bytes:
    return encode_request_head(request, **how).data


END = "Accept-Encoding: gzip\r\n"
PLAIN = [
    (Request("GET", "http://api.example/x"), "GET /x HTTP/1.1\r\nHost: api.example\r\n" + END),
    (Request("GET", "https://h:443/"), "GET / HTTP/1.1\r\nHost: h\r\n" + END),
    (Request("GET", "http://h:443"), "GET / HTTP/1.1\r\nHost: h:443\r\n" + END),
    (Request("DELETE", "http://h/a%2Fb/../c?x=1&y#z"), "DELETE /a%2Fb/../c?x=1&y HTTP/1.1\r\nHost: h\r\n" + END),
    (Request("GET", "http://h/", Headers({"X-U": "ü", "X-E": ""})), "GET / HTTP/1.1\r\nHost: h\r\nX-U: ü\r\nX-E: \r\n" + END),
    (Request("GET", "http://h/", Headers({"X-U": "\u00c0"})), "GET / HTTP/1.1\r\nHost: h\r\nX-U: \u00c0\r\n" + END),
    (Request("POST", "http://h/"), "POST / HTTP/1.1\r\nHost: h\r\n" + END + "Content-Length: 0\r\n"),
    (Request("PUT", "http://h/", body=b""), "PUT / HTTP/1.1\r\nHost: h\r\n" + END + "Content-Length: 0\r\n"),
    (Request("DELETE", "http://h/", body=b"[]"), "DELETE / HTTP/1.1\r\nHost: h\r\n" + END + "Content-Length: 2\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "head"), PLAIN)
def test_a_plain_head_is_written_without_h11(request_, head, monkeypatch):
    monkeypatch.setattr(h11, "Connection", None)
    assert encoded(request_) == f"{head}\r\n".encode()


ODD = [
    (Request("GET", "https://api.example:8443?a=1#f"), "GET /?a=1 HTTP/1.1\r\nHost: api.example:8443\r\n" + END),
    (Request("GET", "http://[::1]:80/a"), "GET /a HTTP/1.1\r\nHost: [::1]\r\n" + END),
    (Request("GET", "http://[fe80::1%25eth0]:81/a"), "GET /a HTTP/1.1\r\nHost: [fe80::1]:81\r\n" + END),
    (Request("GET", "http://user:hunter2@h/"), "GET / HTTP/1.1\r\nHost: h\r\n" + END),
    (Request("GET", "http://h:/"), "GET / HTTP/1.1\r\nHost: h\r\n" + END),
    (Request("PURGE", "http://h/"), "PURGE / HTTP/1.1\r\nHost: h\r\n" + END),
    (Request("GET", "http://h/", Headers({"X-T": "a\tb"})), "GET / HTTP/1.1\r\nHost: h\r\nX-T: a\tb\r\n" + END),
    (Request("GET", "http://h/", RAW([("X-T", "a\x7f")])), "GET / HTTP/1.1\r\nHost: h\r\nX-T: a\x7f\r\n" + END),
    (Request("GET", "http://h%41/"), "GET / HTTP/1.1\r\nHost: h%41\r\n" + END),
    (Request("GET", "http://h/", Headers({"Expect": "x"})), "GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n" + END),
    # Host comes first; a caller's Host and Accept-Encoding stand.
    (
        Request("PATCH", "http://h/", Headers({"X-A": "b", "HOST": "other", "accept-encoding": "identity"}), b"{}"),
        "PATCH / HTTP/1.1\r\nHOST: other\r\nX-A: b\r\naccept-encoding: identity\r\nContent-Length: 2\r\n",
    ),
    (Request("GET", "http://h/", Headers({"Range": "bytes=5-"})), "GET / HTTP/1.1\r\nHost: h\r\nRange: bytes=5-\r\nAccept-Encoding: identity\r\n"),
    (Request("POST", "http://h/", Headers({"Content-Length": "2"}), b"{}"), "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n" + END),
    (Request("GET", "http://h/", Headers({"Connection": "x, Close"})), "GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n" + END),
    (Request("POST", "http://h/", Headers({"Connection": "x"})), "POST / HTTP/1.1\r\nHost: h\r\nConnection: x\r\n" + END + "Content-Length: 0\r\n"),
    (Request("DELETE", "http://h/", Headers({"Connection": "x"}), b"[]"), "DELETE / HTTP/1.1\r\nHost: h\r\nConnection: x\r\n" + END + "Content-Length: 2\r\n"),
    # RFC 9110, 10.1.1: not for a request without content.
    (Request("GET", "http://h/", Headers({"Expect": "100-continue"})), "GET / HTTP/1.1\r\nHost: h\r\n" + END),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "head"), ODD)
def test_an_odd_head_is_written_by_h11(request_, head, monkeypatch):
    assert encoded(request_) == f"{head}\r\n".encode()
    monkeypatch.setattr(h11, "Connection", None)
    with pytest.raises(TypeError):
        encoded(request_)


BAD_REQUESTS = [
    Request("GET", "http://h/ä"), Request("GET", "http://h/a b"), Request("GET", "http://h/a\tb"), Request("GET", "http://h/\r\nX: y"),
    Request("GET", "http://münchen.example/"), Request("GET", "http://[/"), Request("GET", "http://h/\ud800"), Request("GET", "http://h\x7f/"),
    Request("G T", "http://h/"), Request("GÄT", "http://h/"), Request("", "http://h/"), Request("GET\r\nX: y", "http://h/"),
    Request("GET", "http://h/", RAW([("X-A", "hunter2\r\nX-Evil: 1")])), Request("GET", "http://h/", RAW([("X-A", "hunter2\nX: y")])),
    Request("GET", "http://h/", RAW([("X-A", "hunter2\rX: y\r")])), Request("GET", "http://h/", RAW([("X-A", "hunter2\x00")])),
    Request("GET", "http://h/", RAW([("X-A", "hunter2\ud800")])), Request("GET", "http://h/", RAW([("X-A", " hunter2")])),
    Request("GET", "http://h/", RAW([("X A", "hunter2")])), Request("GET", "http://h/", RAW([("X: A", "hunter2")])),
    Request("GET", "http://h/", RAW([("", "hunter2")])), Request("GET", "http://h/", RAW([("Ü", "hunter2")])),
    Request("GET", "http://h/", RAW([("X\r\nY", "hunter2")])),
    Request("GET", "http://h/", RAW([("Host", "a"), ("Host", "b")])),
    Request("POST", "http://h/", RAW([("Content-Length", "5")]), b"hunter2"), Request("GET", "http://h/", RAW([("Content-Length", "5")])),
    Request("POST", "http://h/", RAW([("Content-Length", "7"), ("Content-Length", "7")]), b"hunter2"),
    Request("POST", "http://h/", RAW([("Transfer-Encoding", "chunked")]), b"hunter2"),
    Request("CONNECT", "http://h/"),
]  # fmt: skip


@pytest.mark.parametrize("request_", BAD_REQUESTS)
def test_a_request_that_is_no_http_is_refused_and_not_quoted(request_):
    with pytest.raises(TransportFailure, match="the request is not valid HTTP") as raised:
        encoded(request_)
    assert (raised.value.kind, raised.value.sent) == ("protocol", False)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__context__ is None  # the exceptions below hold what they refused


@given(header_values)
def test_any_header_value_is_sent_as_utf8(value):
    data = encoded(Request("GET", "http://h/", Headers({"X-A": value})))
    assert b"\r\nX-A: " + value.encode() in data
    assert data.count(b"\r\n") == 5


def test_a_streamed_body_is_chunked_or_has_the_length_announced():
    chunked = encode_request_head(Request("POST", "http://h/", body=b"ignored"), streamed=True)
    assert chunked.data.endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert chunked.length is None
    request = Request("POST", "http://h/", Headers({"Content-Length": "70"}))
    measured = encode_request_head(request, streamed=True)
    assert measured.data == b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 70\r\nAccept-Encoding: gzip\r\n\r\n"  # fmt: skip
    assert measured.length == 70


@pytest.mark.parametrize("lengths", [["-1"], ["1" * 19], ["7", "7"], ["x"], [""]])
def test_a_length_that_cannot_be_announced(lengths):
    fields = RAW([("Content-Length", length) for length in lengths])
    with pytest.raises(TransportFailure, match="Content-Length must appear at most once"):
        encoded(Request("POST", "http://h/", fields), streamed=True)


def test_what_a_head_means_for_the_exchange():
    def head(fields, method="POST", body=b"x", **how):
        return encode_request_head(Request(method, "http://h:80/", Headers(fields), body), **how)

    plain = head({})
    assert (plain.method, plain.close, plain.upgrade, plain.expects_continue) == ("POST", False, False, False)  # fmt: skip
    assert (plain.length, head({}, "GET", None).length, head({}, "PURGE", None).length) == (1, 0, 0)
    assert head({"Connection": "Keep-Alive, CLOSE"}).close
    assert not head({"Connection": "closed"}).close
    assert head({"Upgrade": "x"}).upgrade
    assert head({"Expect": "100-Continue"}).expects_continue
    assert head({"Expect": "100-continue"}, body=None, streamed=True).expects_continue
    assert not head({"Expect": "100-continue"}, body=None).expects_continue
    assert not head({"Expect": "100-continue", "Content-Length": "0"}, streamed=True).expects_continue  # fmt: skip


def test_connect_names_the_authority():
    head = encode_request_head(Request("CONNECT", "http://[::1]:443"))
    assert (
        head.data
        == b"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nAccept-Encoding: gzip\r\n\r\n"
    )
    assert head.upgrade


def test_a_forwarding_proxy_is_sent_the_absolute_form_and_its_own_fields():
    request = Request("GET", "http://u:hunter2@h:8080/x?y#z", Headers({"X-A": "b"}))
    data = encoded(request, proxy_headers=Headers({"Proxy-Authorization": "Basic eA=="}))
    assert data == (
        b"GET http://h:8080/x?y HTTP/1.1\r\nHost: h:8080\r\nX-A: b\r\n"
        b"Proxy-Authorization: Basic eA==\r\nAccept-Encoding: gzip\r\n\r\n"
    )
    assert b"GET http://h/ " in encoded(Request("GET", "http://h"), proxy_headers=Headers())


def test_the_failure_says_that_nothing_was_sent():
    assert (invalid_request("x").kind, invalid_request("x").sent) == ("protocol", False)


def test_a_head_shows_no_secret():
    head = encode_request_head(Request("GET", "http://h/", Headers({"Authorization": "hunter2"})))
    assert b"hunter2" in head.data
    assert "hunter2" not in repr(head)


PLAIN = ("Accept", "application/json")


def _outcome(request, lines):
    try:
        return encode_request_head(request, field_lines=lines).data
    except TransportFailure as failure:
        return str(failure)


FIELDS = [PLAIN, ("A", "b"), ("A", "c "), ("B", "x\x00"), ("C", "\ud800"), ("Connection", "close")]


URLS = [
    "https://h.example/",
    "https://h.example/a?b=c#d",
    "https://h.example/\u00e4 b",
    "https://h.example",
    "https://h.example.org/",
    "https://h.example:8443/a",
    "http://h.example/a",
]
ONE_REQUEST = st.tuples(
    st.sampled_from(["GET", "POST", "DELETE", "BREW"]),
    st.sampled_from(URLS),
    st.lists(st.sampled_from(FIELDS), max_size=2),
    st.sampled_from([None, b"", b"body"]),
)


def test_the_lines_of_the_last_request_are_used_for_one_with_the_same_fields_and_origin():
    lines = FieldLines()
    fields = Headers([PLAIN])
    encoded(Request("GET", "https://h.example/a", fields), field_lines=lines)
    assert (lines.fields, lines.base) == ((PLAIN,), "https://h.example")
    assert lines.lines == "Host: h.example\r\nAccept: application/json\r\n" + END
    lines.lines = "X: known\r\n"
    again = encoded(Request("DELETE", "https://h.example/b", fields, b"x"), field_lines=lines)
    assert again == b"DELETE /b HTTP/1.1\r\nX: known\r\nContent-Length: 1\r\n\r\n"
    for url, others in [
        ("https://h.example/a", Headers({"Accept": "text/csv"})),
        ("https://h.example/a", Headers()),
        ("https://g.example/a", fields),
        ("https://h.example.org/a", fields),
    ]:
        known = FieldLines()
        known.fields, known.base, known.lines = lines.fields, lines.base, lines.lines
        other = Request("GET", url, others)
        assert encoded(other, field_lines=known) == encoded(other)


def test_a_url_without_a_path_leaves_no_lines():
    lines = FieldLines()
    encoded(Request("GET", "https://h.example"), field_lines=lines)
    assert (lines.fields, lines.base, lines.lines) == (None, "", "")


@given(st.lists(ONE_REQUEST, max_size=4))
@example([("GET", URLS[0], [], None), ("GET", URLS[2], [], None)])
@example([("GET", URLS[0], [], None), ("GET", URLS[1], [], b"x")])
def test_the_last_request_changes_no_head(requests):
    lines = FieldLines()
    for method, url, fields, body in requests:
        request = Request(method, url, Headers.received(fields), body)
        for _ in range(2):
            assert _outcome(request, lines) == _outcome(request, None)
