import enum
from urllib.parse import urlsplit

import pytest
from hypothesis import given

from genesys_core import models
from genesys_core.api import users
from genesys_core.calls.operation import Endpoint, Operation, raw_operation
from genesys_core.calls.prepare import authorize_request, prepare_request
from genesys_core.codec.model import Model
from genesys_core.codec.values import NULL
from genesys_core.errors import InvalidValueError
from genesys_core.hosts import Hosts
from genesys_core.http.forms import FormBody
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Timeout
from genesys_core.oauth import Token
from genesys_core.session.session import Settings
from genesys_core.version import USER_AGENT
from tests.strategies.values import addresses, path_values, query_pairs

SETTINGS = Settings(hosts=Hosts.resolve(region="eu_west_1"), timeout=Timeout.of(5))
GET = Endpoint("get_user", "GET", "/api/v2/users/{userId}", returns="User")
POST = Endpoint("post_users", "POST", "/api/v2/users", body="object", body_required=True)
SEARCH = Endpoint("post_search", "POST", "/api/v2/search", body="array")


class Person(Model, kw_only=True):
    first_name: str | None = None
    tags: list[str] | None = None
    manager: str | None = None


def get(**parts) -> Operation[object]:
    return Operation(GET, (("userId", "u1"),), **parts)


def test_a_request_is_complete_but_for_its_token():
    request = prepare_request(get(query=(("expand", ["a", "b"]), ("state", None))), SETTINGS)
    assert request == Request(
        "GET",
        "https://api.mypurecloud.ie/api/v2/users/u1?expand=a&expand=b",
        Headers({"Accept": "application/json", "User-Agent": USER_AGENT}),
        None,
        Timeout.of(5),
    )


def test_extra_query_is_added_after_the_operations_own():
    operation = get(query=(("a", 1),)).with_options(query={"b": [True, None], "c": None})
    assert prepare_request(operation, SETTINGS).url.endswith("/users/u1?a=1&b=true")


def test_a_link_is_requested_in_place_of_the_path():
    linked = Endpoint("get_user", "GET", "/api/v2/users/{userId}", link="/api/v2/users/u2?a=1")
    operation = Operation[object](linked).with_options(query={"b": 2})
    assert prepare_request(operation, SETTINGS).url.endswith("/api/v2/users/u2?a=1&b=2")


@given(addresses, path_values, query_pairs)
def test_whatever_is_asked_goes_to_the_configured_host(address, user_id, pairs):
    operation = Operation[object](GET, (("userId", user_id),), tuple(pairs))
    try:
        url = prepare_request(operation, Settings(hosts=Hosts(address, address))).url
    except InvalidValueError:
        return
    assert url.startswith(f"{address}/api/v2/users/")
    assert urlsplit(url).netloc == urlsplit(address).netloc
    assert urlsplit(url).path.count("/") == urlsplit(address).path.count("/") + 4
    assert url.isascii()


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({}, b"{}"),
        ({"a": None}, b'{"a":null}'),
        (Person(), b"{}"),
        (Person(first_name="Ann", tags=[], manager=NULL), b'{"firstName":"Ann","tags":[],"manager":null}'),
        (NULL, b"null"),
    ],
)  # fmt: skip
def test_a_body_is_sent_as_json(body, sent):
    request = prepare_request(Operation[object](POST, body=body), SETTINGS)
    assert request.body == sent
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "sent"),
    [([], b"[]"), ([Person(first_name="Ann")], b'[{"firstName":"Ann"}]'), ((), b"[]")],
)
def test_an_empty_list_is_a_body(body, sent):
    assert prepare_request(Operation[object](SEARCH, body=body), SETTINGS).body == sent


def test_a_string_body_is_json():
    endpoint = Endpoint("put_text", "PUT", "/api/v2/x", body="string")
    assert (
        prepare_request(Operation[object](endpoint, body='say "hi"'), SETTINGS).body
        == rb'"say \"hi\""'
    )


@pytest.mark.parametrize("body", [0, False, "", [], {}, 1.5])
def test_a_raw_operation_takes_any_json_even_a_false_one(body):
    request = prepare_request(raw_operation("POST", "/api/v2/x", body=body), SETTINGS)
    assert request.body is not None
    assert "content-type" in request.headers


def test_an_endpoint_that_declares_no_body_takes_any():
    endpoint = Endpoint("delete_x", "DELETE", "/api/v2/x")
    request = prepare_request(Operation[object](endpoint, body=["a"]), SETTINGS)
    assert (request.body, request.headers["content-type"]) == (b'["a"]', "application/json")


def test_no_body_is_no_body_and_no_content_type():
    request = prepare_request(Operation[object](SEARCH), SETTINGS)
    assert request.body is None
    assert "content-type" not in request.headers


def test_a_required_body_is_required():
    with pytest.raises(InvalidValueError, match=r"post_users: body is None, but .* NULL"):
        prepare_request(Operation[object](POST), SETTINGS)


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        (POST, []), (POST, "text"), (POST, 5), (POST, object()), (POST, Person), (POST, {"a": {1, 2}}), (POST, float("nan")),
        (SEARCH, {}), (SEARCH, "text"), (SEARCH, Person()), (SEARCH, {1, 2}), (SEARCH, [object()]),
        (Endpoint("put_text", "PUT", "/x", body="string"), {}), (Endpoint("put_text", "PUT", "/x", body="string"), b"x"),
    ],
)  # fmt: skip
def test_a_body_of_another_kind_is_refused(endpoint, body):
    with pytest.raises(InvalidValueError):
        prepare_request(Operation[object](endpoint, body=body), SETTINGS)


def test_the_callers_headers_win_over_the_clients_and_those_over_the_librarys():
    settings = Settings(
        hosts=SETTINGS.hosts,
        headers=Headers([("user-agent", "mine/1"), ("X-Tag", "a"), ("X-Tag", "b"), ("X-Own", "1")]),
    )
    operation = get(headers=(("If-Match", "3"), ("If-None-Match", None))).with_options(
        headers={"ACCEPT": "text/csv", "X-Own": None, "if-match": "4"}
    )
    assert prepare_request(operation, settings).headers.raw == (
        ("user-agent", "mine/1"),
        ("X-Tag", "a"),
        ("X-Tag", "b"),
        ("if-match", "4"),
        ("ACCEPT", "text/csv"),
    )


class Match(str, enum.Enum):  # noqa: UP042 - callers have such classes
    ANY = "*"


def test_a_header_parameter_is_written_as_a_query_parameter_would_be():
    request = prepare_request(get(headers=(("If-Match", Match.ANY), ("X-Flag", True))), SETTINGS)
    assert (request.headers["if-match"], request.headers["x-flag"]) == ("*", "true")


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "\x00", "\ud800"])
def test_a_header_value_with_a_line_break_is_refused(value):
    with pytest.raises(InvalidValueError, match="header 'X-A'"):
        prepare_request(get().with_options(headers={"X-A": value}), SETTINGS)
    with pytest.raises(InvalidValueError, match="header 'If-Match'"):
        prepare_request(get(headers=(("If-Match", value),)), SETTINGS)


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_how_the_body_is_framed_is_not_the_callers_to_say(name):
    with pytest.raises(InvalidValueError, match=f"(?i)header {name}: must be omitted"):
        prepare_request(get().with_options(headers={name: "5"}), SETTINGS)
    with pytest.raises(InvalidValueError, match=f"(?i)header {name}: must be omitted"):
        prepare_request(get(), Settings(hosts=SETTINGS.hosts, headers=Headers({name: "5"})))


@pytest.mark.parametrize("user_id", ["", ".", ".."])
def test_an_id_that_would_change_the_path_is_refused(user_id):
    with pytest.raises(InvalidValueError, match="userId"):
        prepare_request(Operation[object](GET, (("userId", user_id),)), SETTINGS)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [(None, Timeout.of(5)), (2, Timeout.of(2)), (Timeout(read=None), Timeout(read=None))],
)
def test_the_calls_timeout_wins_over_the_clients(given_, expected):
    assert prepare_request(get().with_options(timeout=given_), SETTINGS).timeout == expected


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_timeout_that_is_no_time_is_refused(seconds):
    with pytest.raises(InvalidValueError, match="timeout connect="):
        prepare_request(get().with_options(timeout=seconds), SETTINGS)


@pytest.mark.parametrize("seconds", [True, "5"])
def test_a_timeout_that_is_no_number_is_refused_where_it_is_given(seconds):
    with pytest.raises(TypeError, match="timeout must be a number of seconds or a Timeout"):
        get().with_options(timeout=seconds)


def test_a_token_is_put_on_and_does_not_show():
    request = authorize_request(prepare_request(get(), SETTINGS), Token("hunter2"))
    assert request.headers["authorization"] == "Bearer hunter2"
    assert "hunter2" not in repr(request)


def test_the_callers_own_authorization_stays():
    request = prepare_request(get().with_options(headers={"authorization": "Basic x"}), SETTINGS)
    assert authorize_request(request, Token("hunter2")) is request
    without = prepare_request(get(), SETTINGS)
    assert authorize_request(without, None) is without


def test_a_form_is_sent_with_its_type():
    endpoint = Endpoint("post_login", "POST", "/api/v2/login")
    form = FormBody("urlencoded", (("user", "ann"), ("password", "a b")))
    request = prepare_request(Operation(endpoint, body=form), SETTINGS)
    assert request.headers.get("content-type") == "application/x-www-form-urlencoded"
    assert request.body == b"user=ann&password=a%20b"
    with pytest.raises(InvalidValueError, match="field file: is a file"):
        prepare_request(
            Operation(endpoint, body=FormBody("urlencoded", (("file", b""),))), SETTINGS
        )


def test_the_keys_of_a_dictionary_are_checked_and_those_of_a_model_are_not():
    with pytest.raises(InvalidValueError, match=r"body: \$\.division_id: "):
        prepare_request(users.post_users({"division_id": "d_1"}), SETTINGS)
    for body in ({"divisionId": "d_1"}, models.CreateUser(division_id="d_1")):
        assert prepare_request(users.post_users(body), SETTINGS).body == b'{"divisionId":"d_1"}'
