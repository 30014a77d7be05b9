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


def test_an_authorization_of_the_callers_own_wins():
    request = plain_request("PUT", "https://h/", session(), headers={"Authorization": "own"})
    vault = Vault(token=Token("t"))
    state = start_transfer(request, session(vault=vault), now=NOW, authenticate=True)
    assert isinstance(state, Sending)
    assert state.request.headers["authorization"] == "own"


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


def test_what_can_be_read_once_is_not_sent_again_with_another_token():
    vault = Vault(ClientCredentials("id", "secret"), Token("t"))
    state = start_transfer(put(), session(vault=vault), now=NOW, authenticate=True, once=True)
    assert isinstance(state, Sending)
    assert isinstance(state.received(Response(401), now=NOW), Raised)


def test_a_deadline_is_the_callers_or_the_clients():
    state = start_transfer(put(), session(), now=NOW, options=Options(deadline=5))
    assert isinstance(state, Sending)
    assert state.request.expires == 105
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
    assert "files.example returned HTTP 403" in str(raised.error)
    assert "Signature" not in str(raised.error)


# --- uploads


class Named:
    """A path, as far as the core can tell."""

    def __fspath__(self) -> str:
        return "x"


class File(io.BytesIO):
    pass


async def pieces():
    yield b"x"


def body_of(content, **options):
    return UploadBody.of(content, measure=measure, boundary="b", **options)


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
        (pieces(), None, True),
    ],
    ids=["bytes", "path", "file", "iterator", "list", "async iterator"],
)
def test_what_can_be_read_again_may_be_sent_again(content, length, once):
    body = body_of(content)
    assert (body.source, body.length, body.content_type, body.once) == (content, length, None, once)


def test_a_form_is_measured_part_by_part():
    body = body_of([Part("a", "text"), Part("b", Named()), Part("c", iter([b"x"]), length=1)])
    assert body.once
    assert body.content_type == 'multipart/form-data; boundary="b"'
    assert isinstance(body.source, Multipart)
    assert [part.length for part in body.source.parts] == [None, 7, 1]
    assert body.length == body.source.length
    assert not body_of((Part("a", b"x"),)).once


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
        return start_upload("https://x/y", body, session(), now=NOW, **options).request

    known = upload(UploadBody(b"four", 4, "text/plain"), method="post")
    assert (known.method, known.body) == ("POST", b"four")
    assert known.headers["content-type"] == "text/plain"
    assert "content-length" not in known.headers  # the transport's, which has the bytes
    streamed = upload(UploadBody(Named(), 7, "text/plain"), headers={"Content-Type": "a/b"})
    assert (streamed.method, streamed.body) == ("PUT", None)
    assert (streamed.headers["content-type"], streamed.headers["content-length"]) == ("a/b", "7")
    assert "content-length" not in upload(UploadBody(iter([b"x"]), None, once=True)).headers


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
