import builtins
import copy
import inspect
import pickle
import re

import pytest

from genesys_core import errors
from genesys_core.errors import (
    API_ERRORS,
    OAUTH_ERRORS,
    ApiError,
    Attempt,
    ConfigurationError,
    ConnectError,
    DecodeError,
    GenesysCloudError,
    InvalidClientError,
    InvalidValueError,
    NotFoundError,
    OAuthError,
    PaginationError,
    RedirectError,
    TransportError,
)
from genesys_core.http.headers import Headers
from genesys_core.http.messages import Request, Response

REQUEST = Request("GET", "https://api.example/x", Headers({"Authorization": "Bearer hunter2"}))
CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, GenesysCloudError)
}


def made(cls: type[GenesysCloudError]) -> GenesysCloudError:
    if issubclass(cls, ApiError):
        return cls("it broke", response=Response(404), request=REQUEST)
    if issubclass(cls, TransportError):
        return cls("it broke", sent=True, request=REQUEST)
    return cls("it broke")


def written_tree() -> dict[str, str | None]:
    """The tree of the module's docstring: each class and what it stands under."""
    line = re.compile(r"^ {4}((?:[│ ] {3})*)(?:[├└]── )?([A-Z]\w+)")
    parents: dict[str, str | None] = {}
    above: list[str] = []
    for text in (errors.__doc__ or "").splitlines():
        found = line.match(text)
        if found is None:
            continue
        depth = len(found[1]) // 4 + ("── " in text)
        parents[found[2]] = above[depth - 1] if depth else None
        above[depth:] = [found[2]]
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_classes():
    real = {
        name: next((base.__name__ for base in cls.__bases__ if base in CLASSES.values()), None)
        for name, cls in CLASSES.items()
    }
    assert written_tree() == real
    assert len(real) > 25


def test_the_docstring_names_what_else_a_class_is():
    for name, cls in CLASSES.items():
        others = [base for base in cls.__bases__ if base not in CLASSES.values()]
        note = re.search(rf"── {name} \(also (?:the )?(\w+)\)", errors.__doc__ or "")
        if cls is GenesysCloudError:
            assert others == [Exception]
        elif note is None:
            assert others == []
        else:
            assert others == [builtins.TimeoutError if note[1] == "builtin" else ValueError]


def test_every_class_is_exported_in_order():
    assert errors.__all__ == sorted([*CLASSES, "Attempt"])


def test_every_class_says_what_it_is():
    for cls in CLASSES.values():
        assert cls.__doc__
        assert cls.__module__ == "genesys_core.errors"


@pytest.mark.parametrize("cls", CLASSES.values())
def test_an_error_survives_copying_and_crossing_to_another_process(cls):
    """BaseException's own way calls the class with the message alone, which most here refuse."""
    error = made(cls)
    error.attempts = (Attempt(1, "HTTP 503", 0.1, "repeated"),)
    error.add_note("a note")
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(same) is cls
        assert (str(same), same.args, same.attempts) == (str(error), error.args, error.attempts)
        assert vars(same).keys() == vars(error).keys()
    assert vars(copy.copy(error)) == vars(copy.deepcopy(error)) == vars(error)


MARK = "hunter2hunter2"


def test_a_pickled_error_leaves_the_secrets_of_its_messages_behind():
    """Errors cross processes and lie in queues; a request's token and body have no business there."""
    url = f"https://api.example/x?access_token={MARK}&page=2"
    secret = {"Authorization": f"Bearer {MARK}", "Set-Cookie": MARK, "X-Kept": "kept"}
    request = Request("POST", url, Headers(secret), MARK.encode())
    response = Response(400, Headers(secret), MARK.encode())
    for error in (
        errors.ApiError("no", response=response, request=request),
        errors.ConnectError("no", sent=False, request=request),
        errors.DecodeError("no", body=MARK.encode()),
    ):
        pickled = pickle.dumps(error)
        assert MARK.encode() not in pickled
        same = pickle.loads(pickled)
        assert str(same) == str(error)
        assert vars(copy.copy(error)) == vars(copy.deepcopy(error)) == vars(error)
    same = pickle.loads(pickle.dumps(errors.ApiError("no", response=response, request=request)))
    assert same.request.headers["x-kept"] == same.response.headers["x-kept"] == "kept"
    assert same.request.url == "https://api.example/x?access_token=[REDACTED]&page=2"
    assert (same.request.method, same.request.body) == ("POST", None)
    assert (same.status, same.response.status, same.response.body) == (400, 400, b"")


@pytest.mark.parametrize("cls", CLASSES.values())
def test_no_error_shows_the_token_of_its_request(cls):
    error = made(cls)
    assert "it broke" in str(error)
    assert "hunter2" not in f"{error} {error!r} {vars(error)!r}"


@pytest.mark.parametrize("cls", CLASSES.values())
def test_every_error_is_caught_at_the_root_and_has_the_common_facts(cls):
    error = made(cls)
    assert isinstance(error, GenesysCloudError)
    assert (error.message, error.attempts) == ("it broke", ())
    assert error.is_retry_safe in {True, False, None}


@pytest.mark.parametrize("cls", [InvalidValueError, ConfigurationError])
def test_what_was_never_sent_is_a_value_error_and_safe_to_repeat(cls):
    assert issubclass(cls, ValueError)
    assert cls("it broke").is_retry_safe is True


def test_a_timeout_is_the_builtin_one_too():
    error = errors.TimeoutError("too slow", sent=True)
    assert isinstance(error, builtins.TimeoutError)
    assert str(error) == "too slow"


def test_a_configuration_error_has_all_problems():
    error = ConfigurationError(["host: empty", "port: no number"])
    assert error.problems == ("host: empty", "port: no number")
    assert str(error) == "host: empty\nport: no number"
    assert ConfigurationError("host: empty").problems == ("host: empty",)


def test_an_api_error_says_message_status_code_and_correlation_id():
    error = NotFoundError("no such user", response=Response(404), request=REQUEST)
    assert str(error) == "no such user (404)"
    error.code, error.correlation_id = "not.found", "abc-1"
    assert str(error) == "no such user (404, not.found, correlation id abc-1)"


def test_a_fresh_api_error_has_empty_facts_of_its_own():
    one = ApiError("x", response=Response(418), request=REQUEST)
    assert (one.status, one.headers, one.limit) == (418, Headers(), None)
    assert (one.message_params, one.details, one.errors) == ({}, (), ())
    assert (
        one.message_params
        is not ApiError("x", response=Response(418), request=REQUEST).message_params
    )


@pytest.mark.parametrize("headers", [{}, {"LOCATION": "https://elsewhere.example/file"}])
def test_a_redirect_knows_where_it_leads(headers):
    error = RedirectError("moved", response=Response(303, Headers(headers)), request=REQUEST)
    assert error.location == headers.get("LOCATION")


def test_a_failure_that_was_never_sent_is_safe_to_repeat():
    assert ConnectError("refused", sent=False).is_retry_safe is True
    assert ConnectError("refused", sent=True).is_retry_safe is False


def test_an_oauth_error_has_its_wire_code_and_words():
    error = InvalidClientError("invalid_client", "no such client", status=400)
    assert (error.error, error.code, error.status) == ("invalid_client", "invalid_client", 400)
    assert str(error) == "invalid_client: no such client"
    assert str(OAuthError("odd")) == "odd"


def test_wire_codes_and_statuses_lead_to_their_classes():
    assert {cls.wire_code: cls for cls in OAuthError.__subclasses__()} == OAUTH_ERRORS
    assert set(API_ERRORS) == {400, 401, 403, 404, 409, 429}
    assert all(re.search(rf"^{status}: ", cls.__doc__) for status, cls in API_ERRORS.items())


def test_a_decode_error_does_not_show_the_body():
    error = DecodeError("$.id: odd", path="$.id", body=b"hunter2")
    assert "hunter2" not in f"{error} {error!r}"
    assert (error.path, error.status, error.correlation_id) == ("$.id", None, None)


def test_a_pagination_error_has_the_link():
    assert PaginationError("away", link="https://evil.example").link == "https://evil.example"
    assert PaginationError("endless").link is None


def test_an_error_names_its_section_of_the_documentation() -> None:
    class MyError(errors.JobFailedError):
        pass

    assert errors.JobFailedError.__new__(errors.JobFailedError).documentation == (
        "errors.md#jobfailederror"
    )
    assert MyError.__new__(MyError).documentation == "errors.md#jobfailederror"
