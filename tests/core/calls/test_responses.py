import json
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core import errors
from genesys_core.calls.listing import Listing
from genesys_core.calls.operation import Endpoint
from genesys_core.calls.responses import (
    ApiResponse,
    ApiResponseReader,
    TokenResponseReader,
    api_error,
    transport_error,
)
from genesys_core.clock import Now
from genesys_core.codec.encoding import encode_body
from genesys_core.errors import ApiError, DecodeError, GenesysCloudError, OAuthError
from genesys_core.http.headers import Headers
from genesys_core.http.messages import FailureKind, Request, Response, TransportFailure
from genesys_core.models import UserMe
from tests.strategies.values import json_values, responses

NOW = Now(0, 1_000)
REQUEST = Request("GET", "https://api.example/x", Headers({"Authorization": "Bearer hunter2"}))
ME = Endpoint("get_users_me", "GET", "/api/v2/users/me", returns="UserMe")
CORRELATED = Headers({"ININ-Correlation-Id": "abc-1"})


def read(endpoint: Endpoint, response: Response, *, strict: bool = False) -> ApiResponse[object]:
    return ApiResponseReader[object](endpoint, strict).read(response, NOW)


def failed(status: int, body: object, headers: Headers = CORRELATED) -> ApiError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api_error(Response(status, headers, raw), REQUEST)


def test_a_reply_is_read_as_its_type():
    headers = Headers([*CORRELATED.raw, ("Location", "/x")])
    reply = read(ME, Response(200, headers, b'{"name":"Ann","surprise":1}'))
    assert reply.data == UserMe(name="Ann")
    assert (reply.status, reply.raw, reply.issues) == (200, b'{"name":"Ann","surprise":1}', ())
    assert (reply.correlation_id, reply.location) == ("abc-1", "/x")


def test_what_does_not_fit_is_told_and_strict_raises_with_the_facts_of_the_reply():
    response = Response(200, CORRELATED, b'{"name":{"first":"Ann"},"id":"1"}')
    reply = read(ME, response)
    assert reply.data == UserMe(id="1")
    assert [issue.path for issue in reply.issues] == ["$.name"]
    with pytest.raises(DecodeError) as raised:
        read(ME, response, strict=True)
    assert (raised.value.status, raised.value.correlation_id) == (200, "abc-1")


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"[1]", b"\xff", b'"text"'])
def test_a_body_of_another_shape_is_one_documented_error(body):
    with pytest.raises(DecodeError) as raised:
        read(ME, Response(200, CORRELATED, body))
    assert (raised.value.status, raised.value.correlation_id) == (200, "abc-1")


@pytest.mark.parametrize(
    ("endpoint", "response"),
    [
        (ME, Response(204)),
        (ME, Response(204, body=b"odd")),
        (ME, Response(205, body=b"odd")),
        (ME, Response(200)),
        (Endpoint("head", "HEAD", "/x", returns="UserMe"), Response(200)),
        (Endpoint("head", "HEAD", "/x", returns="UserMe"), Response(200, body=b"odd")),
        (Endpoint("delete", "DELETE", "/x"), Response(202, body=b'{"some":"words"}')),
        (Endpoint("delete", "DELETE", "/x"), Response(200, body=b"<html>")),
    ],
)
def test_where_nothing_is_promised_or_sent_there_is_no_data(endpoint, response):
    reply = read(endpoint, response)
    assert reply.data is None
    assert reply.raw == response.body


def test_text_is_text():
    endpoint = Endpoint("get_ics", "GET", "/x", returns="str", accept="text/calendar")
    assert read(endpoint, Response(200, body=b"BEGIN:\xff")).data == "BEGIN:\ufffd"


@pytest.mark.parametrize("body", [b'{"a":[1,null]}', b"[]", b"5", b"null", b'"x"'])
def test_a_raw_reply_is_any_json(body):
    endpoint = Endpoint("GET /x", "GET", "/x", "object", "any")
    assert read(endpoint, Response(200, body=body)).data == json.loads(body)


def test_a_type_that_nobody_knows_is_an_error_of_the_reply():
    """It used to be an InvalidValueError, which says that nothing was sent."""
    endpoint = Endpoint("get_x", "GET", "/x", returns="NoSuchModel")
    with pytest.raises(DecodeError, match="NoSuchModel"):
        read(endpoint, Response(200, body=b"{}"))


def test_a_response_shows_its_data_but_not_its_raw_body():
    assert repr(ApiResponse(200, CORRELATED, 5, b"hunter2")) == "ApiResponse(200, 5, 0 issues)"


FULL = {
    "message": "No such user u1.",
    "code": "not.found",
    "status": 404,
    "entityId": "u1",
    "entityName": "user",
    "messageWithParams": "No such user {id}.",
    "messageParams": {"id": "u1", "count": 5},
    "contextId": "ctx-1",
    "details": [{"errorCode": "e1", "fieldName": "id"}],
    "errors": [{"message": "nested", "errors": []}],
    "limit": {"key": "k", "namespace": "ns", "value": 300},
}


def test_the_platforms_words_are_kept_whole():
    error = failed(404, FULL)
    assert type(error) is errors.NotFoundError
    assert str(error) == "No such user u1. (404, not.found, correlation id abc-1)"
    assert (error.status, error.code, error.message) == (404, "not.found", "No such user u1.")
    assert (error.entity_id, error.entity_name) == ("u1", "user")
    assert error.message_with_params == "No such user {id}."
    assert error.message_params == {"id": "u1", "count": "5"}
    assert error.context_id == "ctx-1"
    assert error.details == ({"errorCode": "e1", "fieldName": "id"},)
    assert error.errors == ({"message": "nested", "errors": []},)
    assert error.limit == {"key": "k", "namespace": "ns", "value": 300}
    assert (error.response.body, error.request) == (json.dumps(FULL).encode(), REQUEST)


@pytest.mark.parametrize("missing", sorted(FULL))
@pytest.mark.parametrize(
    "value", [None, "missing", 5, 1.5, True, "", [], {}, [1], {"a": []}, [{}, None, {"a": 1}]]
)
def test_one_odd_field_never_loses_the_others(missing, value):
    body = {**FULL, missing: value}
    if value == "missing":
        del body[missing]
    error, whole = failed(404, body), failed(404, FULL)
    facts = vars(whole).keys() - {"response", "args"}
    different = {name for name in facts if getattr(error, name) != getattr(whole, name)}
    snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in missing)
    assert different <= {snake}
    assert isinstance(error.message, str)
    assert error.message
    assert all(isinstance(detail, dict) for detail in (*error.details, *error.errors))


def test_numbers_in_the_place_of_text_are_kept_as_text():
    error = failed(400, {"message": 5, "code": 1.5, "entityId": True, "messageParams": {"a": None}})
    assert (error.message, error.code, error.entity_id) == ("5", "1.5", "true")
    assert error.message_params == {}


@pytest.mark.parametrize("value", ["", None, {}, {"a": 1}, [], ["a"]])
def test_what_is_no_text_and_no_limit_is_absent(value):
    error = failed(400, {"message": value, "code": value, "limit": value})
    assert (error.message, error.code) == ("the platform returned HTTP 400", None)
    assert error.limit == ({"a": 1} if value == {"a": 1} else None)


def test_scim_has_its_words_in_detail():
    scim = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "detail": "No.",
        "status": "404",
    }
    assert failed(404, scim).message == "No."
    assert failed(404, {**scim, "message": "Yes."}).message == "Yes."


@pytest.mark.parametrize(
    "body",
    [
        b'\xef\xbb\xbf{"message":"No."}', b'{"message":"No.","x":NaN}', b'{"message":"No.","x":"\x01"}',
        b'{"message":"No.","x":"\xff"}', b'{"message":"No.","x":1e999}', b' \n{"message":"No."}\n',
    ],
)  # fmt: skip
def test_a_body_that_breaks_the_rules_of_json_still_says_why(body):
    assert failed(400, body).message == "No."


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Bad gateway</html>", b"upstream timed out", b"[]", b"null", b'"x"', b"{", b"\xff\xfe", b"[" * 90_000, b"{}"],
)  # fmt: skip
def test_a_body_that_says_nothing_leaves_status_and_correlation_id(body):
    error = failed(502, body)
    assert type(error) is errors.ServerError
    assert (error.status, error.code, error.correlation_id) == (502, None, "abc-1")
    assert str(error) == "the platform returned HTTP 502 (502, correlation id abc-1)"
    assert error.response.body == body


def test_the_context_id_stands_in_for_the_correlation_id():
    assert failed(404, FULL, Headers()).correlation_id == "ctx-1"
    assert failed(404, {}, Headers()).correlation_id is None


STATUSES = {
    400: errors.BadRequestError, 401: errors.AuthenticationError, 403: errors.PermissionDeniedError,
    404: errors.NotFoundError, 409: errors.ConflictError, 429: errors.RateLimitError,
    **dict.fromkeys((300, 301, 302, 303, 304, 307, 308, 399), errors.RedirectError),
    **dict.fromkeys((402, 405, 408, 410, 412, 415, 422, 499, 100, 199), ApiError),
    **dict.fromkeys((500, 501, 502, 503, 504, 599, 600, 999), errors.ServerError),
}  # fmt: skip


@pytest.mark.parametrize(("status", "cls"), STATUSES.items())
def test_the_status_decides_the_class(status, cls):
    error = failed(status, {})
    assert type(error) is cls
    assert error.message


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (299, "the platform returned HTTP 299"),
        (300, "the platform returned a redirect, which is not followed"),
        (304, "the entity has not changed"),
        (399, "the platform returned a redirect, which is not followed"),
        (400, "the platform returned HTTP 400"),
        (401, "the platform does not accept the access token"),
        (403, "the platform does not permit this request"),
        (404, "the platform has no such entity or path"),
        (409, "the entity already exists or was modified concurrently"),
        (429, "the platform's rate limit was exceeded"),
    ],
)
def test_the_status_speaks_where_the_body_says_nothing(status, message):
    assert failed(status, {}).message == message


def test_a_caller_may_replace_the_message_for_the_status_but_not_that_of_the_body():
    default = "files.example returned HTTP 404"
    assert api_error(Response(404), REQUEST, default=default).message == default
    told = Response(404, body=b'{"message": "no such file"}')
    assert api_error(told, REQUEST, default=default).message == "no such file"


def test_unknown_fields_are_kept_if_wanted():
    assert not ApiResponseReader[object](ME, strict=False).keep_unknown


def test_a_redirect_is_told_with_its_location_and_without_following_it():
    error = failed(303, b"", Headers({"location": "https://files.example/1?sig=x"}))
    assert isinstance(error, errors.RedirectError)
    assert error.location == "https://files.example/1?sig=x"
    assert "a redirect, which is not followed" in str(error)
    assert "redirect" not in str(failed(304, b""))


def test_the_seconds_to_wait_are_passed_on():
    assert api_error(Response(429), REQUEST, retry_after=7).retry_after == 7
    replies = ApiResponseReader[object](ME, strict=False)
    assert replies.error(Response(429), REQUEST, 7).retry_after == 7
    assert replies.error(Response(429), REQUEST, None).retry_after is None


def test_neither_token_nor_body_shows_in_an_error():
    secret = {**FULL, "access_token": "hunter2"}
    error = failed(401, secret, Headers({"Set-Cookie": "hunter2"}))
    shown = f"{error} {error!r} {error.request!r} {error.response!r} {vars(error)!r}"
    assert "hunter2" not in shown


@given(responses, json_values)
def test_any_reply_is_a_value_or_a_documented_error(response, document):
    for body in (response.body, msgspec.json.encode(document)):
        reply = Response(response.status, response.headers, body)
        error = api_error(reply, REQUEST)
        assert str(error)
        assert (error.status, error.headers) == (reply.status, reply.headers)
        try:
            assert read(ME, reply).raw == body
        except DecodeError as problem:
            assert problem.status == reply.status  # noqa: PT017 - not every body is a problem


@given(st.dictionaries(st.sampled_from(sorted(FULL)), json_values))
def test_an_error_body_may_hold_anything(body):
    error = api_error(Response(400, body=msgspec.json.encode(body)), REQUEST)
    for name in ("code", "entity_id", "entity_name", "message_with_params", "context_id"):
        assert isinstance(getattr(error, name), str | None)
    assert all(isinstance(text, str) for text in error.message_params.values())
    assert all(isinstance(member, dict) for member in (*error.details, *error.errors))
    assert isinstance(error.limit, dict | None)


def test_a_token_is_read_and_its_body_is_not_kept():
    body = b'{"access_token":"hunter2","expires_in":86400}'
    reply = TokenResponseReader().read(Response(200, CORRELATED, body), NOW)
    assert (reply.data.access_token, reply.data.expires_at) == ("hunter2", 87_400)
    assert reply.raw == b""
    assert "hunter2" not in repr(reply)


def test_a_refused_token_is_an_oauth_error():
    response = Response(400, CORRELATED, b'{"error":"invalid_client"}')
    error = TokenResponseReader().error(response, REQUEST, None)
    assert isinstance(error, errors.InvalidClientError)
    with pytest.raises(OAuthError):
        TokenResponseReader().read(Response(200, body=b"{}"), NOW)


KINDS = {
    "connect": errors.ConnectError,
    "timeout": errors.TimeoutError,
    "proxy": errors.ProxyError,
    "tls": errors.TlsError,
    "protocol": errors.ProtocolError,
    "closed": errors.ConnectionClosedError,
}


def test_every_kind_of_failure_has_its_class():
    assert set(get_args(FailureKind)) == set(KINDS)


@pytest.mark.parametrize(("kind", "cls"), KINDS.items())
@pytest.mark.parametrize("sent", [True, False])
def test_a_failure_becomes_an_error_of_this_library(kind, cls, sent):
    error = transport_error(TransportFailure("it broke", kind=kind, sent=sent), REQUEST)
    assert type(error) is cls
    assert (str(error), error.sent, error.request) == ("it broke", sent, REQUEST)
    assert error.is_retry_safe is not sent


def test_a_kind_that_only_another_transport_knows_is_a_transport_error():
    error = transport_error(TransportFailure("it broke", kind="quic", sent=True), REQUEST)
    assert type(error) is errors.TransportError
    assert isinstance(error, GenesysCloudError)


@pytest.mark.parametrize(
    ("keep", "listing", "kept"),
    [
        (True, None, True),
        (False, None, False),
        ("items", None, True),
        (True, "", False),
        ("items", "", True),
    ],
)
def test_unknown_fields_are_kept_of_whole_responses_and_if_wanted_of_items(keep, listing, kept):
    returns = "User" if listing is None else "list[User]"
    how = None if listing is None else Listing("single", items=listing)
    endpoint = Endpoint("x", "GET", "/x", returns, listing=how)
    item = {"id": "1", "newer": 1}
    body = json.dumps(item if listing is None else [item]).encode()
    read = ApiResponseReader(endpoint, strict=False, keep_unknown=keep).read(
        Response(200, body=body), NOW
    )
    user = read.data if listing is None else read.data[0]
    assert json.loads(encode_body(user, "object")) == (item if kept else {"id": "1"})


def test_a_status_may_have_its_own_type_and_a_file_is_bytes():
    endpoint = Endpoint(
        "x",
        "GET",
        "/x",
        returns="UserMe",
        replies=((202, "list[str]"), (203, None), (206, "bytes")),
    )
    assert read(endpoint, Response(200, body=b'{"id":"1"}')).data == UserMe(id="1")
    assert read(endpoint, Response(201, body=b'{"id":"1"}')).data == UserMe(id="1")
    assert read(endpoint, Response(202, body=b'["a"]')).data == ["a"]
    assert read(endpoint, Response(203, body=b'"x"')).data is None
    assert read(endpoint, Response(206, body=b"\x00\xff")).data == b"\x00\xff"
