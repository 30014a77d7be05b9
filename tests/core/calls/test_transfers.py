import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.calls.lifecycle import NeedToken, Raised, Returned, Sending, Waiting
from genesys_core.calls.operation import Options
from genesys_core.calls.transfers import (
    UploadBody,
    check_url,
    plain_request,
    start_transfer,
    start_upload,
)
from genesys_core.clock import Now
from genesys_core.errors import InvalidValueError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response, Timeout, TransportFailure
from genesys_core.http.multipart import Multipart, Part
from genesys_core.oauth import ClientCredentials, Token
from genesys_core.session.retry import RETRIES_OFF, RetryConfiguration
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault
from genesys_core.version import USER_AGENT

NOW = Now(100.0, 1_700_000_000.0)
HOSTS = Hosts.resolve(host="https://api.example")
SECRET = {"Authorization": "Bearer hunter2", "X-Own": "hunter2", "User-Agent": "mine/1"}
RETRY = RetryConfiguration(max_retry_time_sec=60)


def session(**options) -> Session:
    return Session(Settings(hosts=HOSTS, headers=Headers(SECRET), retry=RETRY), **options)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://h", "https://h/"),
        ("https://h?a=b", "https://h/?a=b"),
        (" http://h:8080/a b?x=é#part\n", "http://h:8080/a%20b?x=%C3%A9"),
        ("https://h/a%2Fb?sig=x%2B+%3D", "https://h/a%2Fb?sig=x%2B+%3D"),
        ("https://[::1]:80/x", "https://[::1]:80/x"),
        ("https://h/{x}", "https://h/%7Bx%7D"),
    ],
)
def test_a_url_is_sent_in_ascii_without_its_fragment(given, sent):
    assert check_url(given) == sent
    assert check_url(sent) == sent


@pytest.mark.parametrize(
    "url",
    [
        *("", "h", "/x", "//h/x", "https://", "https:///x", "ftp://h/", "file:///etc/passwd"),
        *("https://user:hunter2@h/", "https://h:99999/", "https://h:x/", "https://[::1/"),
        *("https://a\\@b/", "https://bücher.example/", "https://h\r\nX: y/", "javascript:x"),
    ],
)
def test_what_is_no_absolute_url_is_refused(url):
    with pytest.raises(InvalidValueError, match="absolute http or https URL") as caught:
        check_url(url)
    assert "hunter2" not in str(caught.value)


@given(st.text())
def test_any_text_is_a_url_or_a_documented_error(text):
    for url in (text, f"https://{text}", f"https://h/{text}"):
        try:
            sent = check_url(url)
        except InvalidValueError:
            continue
        assert sent.isascii()
        assert sent.isprintable()
        assert " " not in sent
        assert check_url(sent) == sent


def test_a_refused_url_is_shown_in_part():
    refusal = "must be an absolute http or https URL"
    with pytest.raises(InvalidValueError, match=rf"^URL 'h/a': {refusal}"):
        check_url("ftp://user:hunter2@h/a?signature=hunter2")
    with pytest.raises(InvalidValueError, match=rf"^URL '{'a' * 200}': {refusal}"):
        check_url("a" * 200)
    with pytest.raises(InvalidValueError, match=rf"^URL '{'a' * 200}': {refusal}"):
        check_url("a" * 201)


def test_a_url_is_a_text():
    with pytest.raises(TypeError, match="url must be a str, not a bytes"):
        check_url(b"https://h/")


def test_a_plain_request_carries_nothing_but_the_user_agent():
    request = plain_request("GET", "https://files.example/x", session(), timeout=3)
    assert request.headers == Headers({"Accept": "*/*", "User-Agent": "mine/1"})
    assert request.timeout == Timeout.of(3)
    bare = Session(Settings(hosts=HOSTS))
    assert plain_request("GET", "https://h/", bare).headers["user-agent"] == USER_AGENT


def test_headers_of_the_callers_own_go_through():
    request = plain_request("PUT", "https://h/", session(), headers=[("X-A", "1"), ("X-A", "2")])
    assert request.headers.get_list("x-a") == ["1", "2"]


def put(body: bytes | None = b"x") -> Request:
    return plain_request("PUT", "https://files.example/x?Signature=s", session(), body=body)


def test_a_transfer_is_neither_paced_nor_authenticated():
    state = start_transfer(put(), session(vault=Vault(token=Token("t"))), now=NOW)
    assert isinstance(state, Sending)
    assert not state.call.paced
    assert "authorization" not in state.request.headers
    assert isinstance(state.received(Response(401), now=NOW), Raised)


def test_a_transfer_may_carry_the_token():
    state = start_transfer(
        put(), session(vault=Vault(token=Token("t"))), now=NOW, authenticate=True
    )
    assert isinstance(state, Sending)
    assert state.request.headers["authorization"] == "Bearer t"
    grant = Vault(ClientCredentials("id", "secret"))
    need = start_transfer(put(), session(vault=grant), now=NOW, authenticate=True)
    assert isinstance(need, NeedToken)
    sending = need.granted(Token("t"), now=NOW)
    assert isinstance(sending, Sending)
    assert isinstance(sending.received(Response(401), now=NOW), NeedToken)


def test_a_client_without_authentication_sends_without_a_token():
    state = start_transfer(put(), session(), now=NOW, authenticate=True)
    assert isinstance(state, Sending)
    assert "authorization" not in state.request.headers


def test_a_token_that_cannot_be_replaced_ends_with_its_401():
    vault = Vault(token=Token("t"))
    state = start_transfer(put(), session(vault=vault), now=NOW, authenticate=True)
    assert isinstance(state, Sending)
    assert isinstance(state.received(Response(401), now=NOW), Raised)


@pytest.mark.parametrize("vault", [Vault(token=Token("t")), Vault(ClientCredentials("id", "s"))])
def test_an_authorization_of_the_callers_own_wins(vault):
    request = plain_request("PUT", "https://h/", session(), headers={"Authorization": "own"})
    state = start_transfer(request, session(vault=vault), now=NOW, authenticate=True)
    assert isinstance(state, Sending)
    assert state.request.headers["authorization"] == "own"
    assert isinstance(state.received(Response(401), now=NOW), Raised)


@pytest.mark.parametrize(
    "outcome", [Response(503), TransportFailure("x", kind="closed", sent=True)]
)
def test_a_put_is_repeated_unless_its_body_can_be_read_only_once(outcome):
    def after(**options):
        state = start_transfer(put(), session(), now=NOW, **options)
        assert isinstance(state, Sending)
        if isinstance(outcome, Response):
            return state.received(outcome, now=NOW)
        return state.failed(outcome, now=NOW)

    assert isinstance(after(), Waiting)
    assert isinstance(after(once=True), Raised)
    off = Options(retry=RETRIES_OFF)
    assert isinstance(after(options=off), Raised)


def test_a_post_is_not_repeated():
    request = plain_request("POST", "https://h/", session(), body=b"x")
    state = start_transfer(request, session(), now=NOW)
    assert isinstance(state, Sending)
    assert isinstance(state.received(Response(502), now=NOW), Raised)


def test_what_can_be_read_once_is_not_sent_again_with_another_token():
    vault = Vault(ClientCredentials("id", "secret"), Token("t"))
    state = start_transfer(put(), session(vault=vault), now=NOW, authenticate=True, once=True)
    assert isinstance(state, Sending)
    assert isinstance(state.received(Response(401), now=NOW), Raised)


def test_a_deadline_is_the_callers_or_the_clients():
    state = start_transfer(put(), session(), now=NOW, options=Options(deadline=5))
    assert isinstance(state, Sending)
    assert state.request.expires == 105
    of_client = Session(Settings(hosts=HOSTS, deadline=8))
    state = start_transfer(put(), of_client, now=NOW)
    assert isinstance(state, Sending)
    assert state.request.expires == 108
    with pytest.raises(InvalidValueError, match="deadline"):
        start_transfer(put(), session(), now=NOW, options=Options(deadline=-1))


def test_a_reply_stays_as_it_is_and_an_error_names_its_host():
    state = start_transfer(put(), session(), now=NOW)
    assert isinstance(state, Sending)
    done = state.received(Response(200, Headers({"ETag": "e"}), b"<Done/>"), now=NOW)
    assert isinstance(done, Returned)
    assert (done.response.data, done.response.raw) == (None, b"<Done/>")
    raised = state.received(Response(403, body=b"<Error/>"), now=NOW)
    assert isinstance(raised, Raised)
    assert raised.error.message == "files.example returned HTTP 403"
    assert "Signature" not in str(raised.error)


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (Response(404, Headers({"Location": "/"})), "files.example returned HTTP 404"),
        (Response(400, body=b'{"message": "too old"}'), "files.example returned HTTP 400: too old"),
        (Response(304), "files.example returned HTTP 304"),
        (
            Response(302, Headers({"Location": "https://other.example/"})),
            "files.example returned HTTP 302: a redirect, which is not followed",
        ),
        (
            Response(302, Headers({"Location": "/"}), b'{"message": "moved"}'),
            "files.example returned HTTP 302: moved",
        ),
    ],
)
def test_an_error_of_another_host_is_not_said_to_be_the_platforms(response, message):
    state = start_transfer(put(), session(), now=NOW)
    assert isinstance(state, Sending)
    raised = state.received(response, now=NOW)
    assert isinstance(raised, Raised)
    assert raised.error.message == message


def test_a_401_of_another_host_does_not_ask_for_a_token():
    state = start_transfer(put(), session(), now=NOW)
    assert isinstance(state, Sending)
    raised = state.received(Response(401), now=NOW)
    assert isinstance(raised, Raised)
    assert not hasattr(raised.error, "__notes__")


# --- uploads


class Named:
    """A path, as far as the core can tell."""

    def __fspath__(self) -> str:
        return "x"


class File(io.BytesIO):
    pass


class Readable:
    """A file that cannot be iterated over."""

    def read(self, size: int = -1) -> bytes:
        return b""


async def pieces():
    yield b"x"


def body_of(content, **options):
    return UploadBody.of(content, measure=measure, boundary="b" * 9, **options)


def measure(content):
    return 7 if isinstance(content, Named) else len(content) if isinstance(content, bytes) else None


@pytest.mark.parametrize(
    ("content", "length", "once"),
    [
        (b"four", 4, False),
        (Named(), 7, False),
        (File(b"x"), None, True),
        (iter([b"x"]), None, True),
        ([b"x", b"y"], None, False),
        ([], None, False),
        (Readable(), None, True),
        (pieces(), None, True),
    ],
    ids=["bytes", "path", "file", "iterator", "list", "empty", "readable", "async iterator"],
)
def test_what_can_be_read_again_may_be_sent_again(content, length, once):
    body = body_of(content)
    assert (body.source, body.length, body.content_type, body.once) == (content, length, None, once)


def test_a_form_is_measured_part_by_part():
    body = body_of([Part("a", "text"), Part("b", Named()), Part("c", iter([b"x"]), length=1)])
    assert body.once
    assert body.content_type == 'multipart/form-data; boundary="bbbbbbbbb"'
    assert isinstance(body.source, Multipart)
    assert [part.length for part in body.source.parts] == [None, 7, 1]
    assert body.length == body.source.length
    assert not body_of((Part("a", b"x"),)).once


def test_text_and_bytes_of_a_form_need_no_measure():
    parts = [Part("a", "text"), Part("b", b"bytes")]
    assert body_of(parts).source == Multipart(parts, "b" * 9)


@pytest.mark.parametrize("content", [[Part("a", "x"), b"y"], (b"x", Part("b", "y"))])
def test_a_form_has_nothing_but_parts(content):
    with pytest.raises(TypeError, match=r"content\[[01]\] must be a Part, not a bytes; for"):
        body_of(content)


@pytest.mark.parametrize("content", [1, None, "text", [Part("a", 1)]])
def test_content_of_another_kind_is_a_type_error(content):
    with pytest.raises(
        TypeError, match=r"content must be bytes.*, not (an int|None|a str); for example"
    ):
        body_of(content)


def test_who_cannot_await_is_given_nothing_to_await():
    for content in (pieces(), [Part("a", pieces())]):
        with pytest.raises(TypeError, match=r"content must be bytes.*, not an async_generator"):
            body_of(content, can_await=False)


def test_an_upload_announces_what_is_known_of_its_content():
    def upload(body, **options):
        own = session(vault=Vault(token=Token("t")))
        return start_upload("https://x/y", body, own, now=NOW, **options).request

    known = upload(UploadBody(b"four", 4, "text/plain"), method="post")
    assert (known.method, known.body) == ("POST", b"four")
    assert known.headers["content-type"] == "text/plain"
    assert "content-length" not in known.headers  # the transport's, which has the bytes
    assert "authorization" not in known.headers
    assert "content-type" not in upload(UploadBody(b"four", 4)).headers
    in_pieces = upload(UploadBody(b"four", 4), in_pieces=True)
    assert (in_pieces.body, in_pieces.headers["content-length"]) == (None, "4")
    streamed = upload(UploadBody(Named(), 7, "text/plain"), headers={"Content-Type": "a/b"})
    assert (streamed.method, streamed.body) == ("PUT", None)
    assert (streamed.headers["content-type"], streamed.headers["content-length"]) == ("a/b", "7")
    assert "content-length" not in upload(UploadBody(iter([b"x"]), None, once=True)).headers


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"method": b"PUT"}, "method must be a str, not a bytes"),
        ({"authenticate": "no"}, "authenticate must be True or False, not a str"),
    ],
)
def test_what_an_upload_is_told_has_a_type(said, words):
    with pytest.raises(TypeError, match=words):
        start_upload("https://x/y", UploadBody(b"x", 1), session(), now=NOW, **said)


def test_an_upload_that_can_be_read_once_is_sent_once():
    once = start_upload(
        "https://x/y", UploadBody(iter([b"x"]), None, once=True), session(), now=NOW
    )
    assert isinstance(once, Sending)
    assert not once.call.repeatable
    timed = start_upload(
        "https://x/y",
        UploadBody(b"x", 1),
        session(),
        now=NOW,
        options=Options(timeout=3, deadline=9),
    )
    assert (timed.call.repeatable, timed.call.deadline, timed.request.timeout.read) == (True, 9, 3)
