import pickle

import pytest
from hypothesis import given

from genesys_core.calls.operation import Endpoint, Operation, Options, apply_defaults, raw_operation
from genesys_core.calls.prepare import prepare_request
from genesys_core.errors import InvalidValueError
from genesys_core.hosts import Hosts
from genesys_core.http.messages import Timeout
from genesys_core.session.retry import RetryConfiguration
from genesys_core.session.session import Settings
from tests.strategies.values import query_pairs

GET_USER = Endpoint("get_user", "GET", "/api/v2/users/{userId}", returns="User")
OPERATION = Operation[object](GET_USER, (("userId", "u1"),), (("expand", ["presence"]),))


def test_an_endpoint_shows_what_is_requested():
    assert repr(Endpoint("get_x", "GET", "/x/{id}")) == "Endpoint(get_x: GET /x/{id})"
    linked = Endpoint("get_x", "GET", "/x/{id}", link="/x/1?a=1&Signature=hunter2")
    assert repr(linked) == "Endpoint(get_x: GET /x/1?a=1&Signature=[REDACTED])"


def test_options_are_added_to_and_the_operation_stays_as_it_was():
    one = OPERATION.with_options(headers={"X-A": "1"}, query={"a": 1}, timeout=3, strict=True)
    two = one.with_options(headers={"X-B": None}, query={"b": 2}, deadline=9, strict=False)
    assert OPERATION.options == Options()
    assert two.options == Options(
        headers={"X-A": "1", "X-B": None},
        query={"a": 1, "b": 2},
        timeout=3,
        deadline=9,
        strict=False,
    )
    assert (two.endpoint, two.path, two.query) == (GET_USER, OPERATION.path, OPERATION.query)


def test_options_not_named_stay():
    retry = RetryConfiguration(max_retry_time_sec=5)
    options = OPERATION.with_options(retry=retry, timeout=Timeout.of(1), deadline=2, strict=True)
    assert options.with_options().options == options.options


def test_defaults_fill_in_what_a_call_does_not_say():
    retry = RetryConfiguration(max_retry_time_sec=5)
    defaults = Options(
        headers={"X-A": "1", "X-B": "1"},
        query={"a": 1},
        timeout=9,
        deadline=8,
        retry=retry,
        strict=True,
        keep_unknown="items",
    )
    own = OPERATION.with_options(headers={"X-B": None}, timeout=1, strict=False, keep_unknown=False)
    assert own.under(defaults).options == Options(
        headers={"X-A": "1", "X-B": None},
        query={"a": 1},
        timeout=1,
        deadline=8,
        retry=retry,
        strict=False,
        keep_unknown=False,
    )
    assert OPERATION.under(defaults).options == defaults
    assert own.under(Options()).options == own.options


def test_the_header_given_last_counts_in_whatever_case_it_is_written():
    first, second, third = {"X-A": "1", "X-B": "b"}, {"x-a": "2"}, {"X-A": "3"}
    operation = OPERATION.with_options(headers=first).with_options(headers=second)
    assert operation.with_options(headers=third).options.headers == {"X-B": "b", "X-A": "3"}
    defaults = Options(headers=second).over(Options(headers=first))
    assert Options(headers=third).over(defaults).headers == {"X-B": "b", "X-A": "3"}
    assert Options(headers={"x-A": None}).over(defaults).headers == {"X-B": "b", "x-A": None}


def test_the_callers_dictionary_may_change_afterwards():
    headers = {"X-A": "1"}
    operation = OPERATION.with_options(headers=headers)
    headers["X-A"] = "2"
    assert operation.options.headers == {"X-A": "1"}


def test_an_operation_is_a_value_that_can_be_sent_any_number_of_times():
    settings = Settings(hosts=Hosts.resolve())
    assert prepare_request(OPERATION, settings) == prepare_request(OPERATION, settings)
    assert pickle.loads(pickle.dumps(OPERATION)) == OPERATION
    with pytest.raises(AttributeError):
        OPERATION.body = {}


def test_repr_shows_what_was_said_and_no_secret():
    operation = Operation[object](
        Endpoint("post_users", "POST", "/api/v2/users", body="object"),
        query=(("state", None), ("id", ["1"])),
        headers=(("If-Match", "3"),),
        body={"password": "hunter2"},
    ).with_options(headers={"Authorization": "Bearer hunter2", "X-A": None})
    assert repr(operation) == (
        "Operation(post_users: id=['1'], If-Match='3', body=<class 'dict'>, "
        "options=Options(headers={'Authorization': '[REDACTED]', 'X-A': None}))"
    )
    assert repr(OPERATION) == "Operation(get_user: userId='u1', expand=['presence'])"
    assert repr(Options(query={"a": 1}, strict=False)) == "Options(query={'a': 1}, strict=False)"


@given(query_pairs)
def test_any_operation_can_be_shown(pairs):
    assert repr(Operation[object](GET_USER, query=tuple(pairs))).startswith("Operation(get_user: ")


def test_a_raw_operation_says_method_and_path():
    operation = raw_operation("patch", "/api/v2/new/a%2Fb;v=1", query={"a": [1, 2]}, body=[])
    assert (operation.endpoint.method, operation.endpoint.path) == (
        "PATCH",
        "/api/v2/new/a%2Fb;v=1",
    )
    assert (operation.endpoint.returns, operation.endpoint.body) == ("object", "any")
    request = prepare_request(operation, Settings(hosts=Hosts.resolve(host="http://h/base")))
    assert (request.url, request.body) == ("http://h/base/api/v2/new/a%2Fb;v=1?a=1&a=2", b"[]")


def test_a_raw_operation_takes_headers():
    assert raw_operation("GET", "/x", headers={"X-A": None}).options.headers == {"X-A": None}
    assert raw_operation("GET", "/x").options == Options()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"method": b"GET"}, "method must be a str, not a bytes"),
        ({"path": b"/x"}, "path must be a str, not a bytes"),
        ({"query": [("a", 1)]}, "query must be a mapping of names to values or None, not a list"),
    ],
)
def test_a_raw_operation_of_wrong_types_is_refused(said, words):
    with pytest.raises(TypeError, match=words):
        raw_operation(**{"method": "GET", "path": "/x", **said})


@pytest.mark.parametrize("method", ["", "GE T", "GET\r\n", "G@T", "GÄT", "GET1"])
def test_a_method_that_is_no_word_is_refused(method):
    with pytest.raises(InvalidValueError, match=r"method .*must consist of letters"):
        raw_operation(method, "/api/v2/x")


@pytest.mark.parametrize(
    "path",
    [
        "", "api/v2/x", "https://evil.example/x", "//evil.example/x", "/a?b=c", "/a#b", "/a b", "/ü", "/a\n", "/a\\b",
        "/a/../b", "/..", "/a/.", "/a/%2e%2E/b", "/%2e", "/.%2e/x", "/{userId}", "/100%", "/%zz", "/a\x00", "/\ud800",
    ],
)  # fmt: skip
def test_a_path_that_is_not_encoded_or_leads_elsewhere_is_refused(path):
    with pytest.raises(InvalidValueError, match="pass the query as `query`"):
        raw_operation("GET", path)


@pytest.mark.parametrize(
    "path", ["/", "/a//b", "/a/", "/...", "/a/..b", "/~a/_-.!$&'()*+,;=:@", "/%41"]
)
def test_other_paths_go_as_they_are(path):
    assert raw_operation("GET", path).endpoint.path == path


def test_defaults_fill_in_what_an_operation_does_not_say():
    plain = Operation[object](Endpoint("get_x", "GET", "/x"))
    assert plain.under(plain.options) is plain
    assert plain.under(Options()).options == Options()
    own = plain.with_options(deadline=5)
    filled = own.under(Options(deadline=1, strict=True))
    assert (filled.options.deadline, filled.options.strict) == (5, True)
    assert own.options.strict is None


def test_a_client_puts_its_defaults_under_an_operation_and_takes_nothing_else():
    plain = Operation[object](Endpoint("get_x", "GET", "/x"))
    assert apply_defaults(plain, Options(deadline=1)) == plain.under(Options(deadline=1))
    for wrong in (None, "get_x", [plain], Operation, {"id": "1"}):
        with pytest.raises(TypeError, match="operation must be an operation, not "):
            apply_defaults(wrong, Options())


def test_options_are_copied_so_that_a_later_change_of_the_callers_is_none_of_them():
    headers = {"X-A": "1"}
    own = Operation[object](Endpoint("get_x", "GET", "/x")).with_options(headers=headers)
    headers["X-A"] = "2"
    assert own.options.headers == {"X-A": "1"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"headers": [("a", "b")]}, "headers must be a mapping of names to values or None, not a"),
        ({"query": "a=b"}, "query must be a mapping of names to values or None, not a str"),
        ({"timeout": "5"}, "timeout must be a number of seconds or a Timeout or None, not a str"),
        ({"deadline": True}, "deadline must be a number of seconds or None, not a bool"),
        ({"retry": 3}, "retry must be a RetryConfiguration or None, not an int"),
        ({"strict": "no"}, "strict must be True or False or None, not a str"),
        ({"keep_unknown": 1}, "keep_unknown must be True, False or 'items' or None, not an int"),
    ],
)
def test_options_of_a_wrong_type_are_refused_where_they_are_given(said, words):
    with pytest.raises(TypeError, match=words):
        Operation[object](Endpoint("get_x", "GET", "/x")).with_options(**said)


def test_only_items_is_a_word_for_unknown_fields():
    assert Options(keep_unknown="items").keep_unknown == "items"
    with pytest.raises(InvalidValueError, match="keep_unknown='all': must be True, False or"):
        Options(keep_unknown="all")


def test_an_operation_only_reads_where_its_definition_says_so():
    assert not Endpoint("post_x", "POST", "/x").reads
