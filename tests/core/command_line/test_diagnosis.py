"""Diagnoses."""

import typing

import pytest

from genesys_core import errors
from genesys_core.command_line.diagnosis import (
    _ADVICE,
    NO_CREDENTIALS,
    Cause,
    diagnose_clock,
    diagnose_error,
    is_answer,
    lacks_user,
)
from genesys_core.command_line.usage import UsageError
from genesys_core.http.messages import Request, Response


def api_error(kind, status, headers=None, code=None, message="no"):
    response = Response(status, headers or {})
    error = kind(message, response=response, request=Request("GET", "http://x.example"))
    error.code = code
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (UsageError("x"), "configuration"),
        (errors.ConfigurationError("x"), "configuration"),
        (errors.InvalidValueError("x"), "configuration"),
        (errors.TimeoutError("x", sent=False), "timeout"),
        (errors.ProxyError("the proxy refused: 407", sent=False), "proxy credentials"),
        (errors.ProxyError("connecting to the proxy failed", sent=False), "proxy"),
        (errors.TlsError("certificate has expired", sent=False), "expired certificate"),
        (errors.TlsError("certificate is not yet valid", sent=False), "expired certificate"),
        (errors.TlsError("Hostname mismatch, certificate ...", sent=False), "host name"),
        (errors.TlsError("IP address mismatch, certificate ...", sent=False), "host name"),
        (errors.TlsError("self-signed certificate", sent=False), "certificate"),
        (errors.TlsError("wrong version number", sent=False), "TLS"),
        (errors.ConnectError("resolving the name of x failed", sent=False), "DNS"),
        (errors.ConnectError("Connection refused", sent=False), "connection refused"),
        (errors.ProtocolError("x", sent=True), "unexpected response"),
        (errors.DecodeError("x", body=b""), "unexpected response"),
        (errors.ConnectionClosedError("x", sent=True), "network"),
        (errors.InvalidClientError("invalid_client", "client not found: x"), "unknown client"),
        (errors.InvalidClientError("invalid_client"), "client secret"),
        (errors.UnauthorizedClientError("unauthorized_client"), "grant"),
        (errors.UnsupportedGrantTypeError("unsupported_grant_type"), "grant"),
        (errors.InvalidGrantError("invalid_grant"), "token"),
        (errors.AccessDeniedError("access_denied"), "other"),
        (api_error(errors.AuthenticationError, 401), "token"),
        (api_error(errors.PermissionDeniedError, 403), "permission"),
        (api_error(errors.RateLimitError, 429), "rate limit"),
        (api_error(errors.ServerError, 503), "platform"),
        (api_error(errors.RedirectError, 302), "unexpected response"),
        (api_error(errors.NotFoundError, 404), "unexpected response"),
        (api_error(errors.BadRequestError, 400), "other"),
        (OSError("x"), "other"),
    ],
)
def test_causes(error, cause):
    found = diagnose_error(error)
    assert (found.cause, found.message, found.advice) == (cause, str(error), _ADVICE[cause])


def test_every_cause_has_advice():
    assert set(_ADVICE) == set(typing.get_args(Cause))
    assert NO_CREDENTIALS.advice == _ADVICE["no credentials"]


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (None, None),
        (299.0, None),
        (-300.0, None),
        (301.0, "is 301 s ahead of"),
        (-7200.0, "is 7,200 s behind"),
    ],
)
def test_the_clock(difference, words):
    found = diagnose_clock(difference)
    assert (found is None) == (words is None)
    if found is not None:
        assert words in found.message
        assert found.cause == "clock"


def test_responses_that_show_the_platform():
    assert is_answer(api_error(errors.AuthenticationError, 401))
    assert is_answer(api_error(errors.PermissionDeniedError, 403))
    assert is_answer(api_error(errors.NotFoundError, 404))
    assert is_answer(api_error(errors.BadRequestError, 400, code="bad.request"))
    assert not is_answer(api_error(errors.RedirectError, 302))
    html = {"Content-Type": "text/html"}
    assert not is_answer(api_error(errors.PermissionDeniedError, 403, html))


def test_a_token_without_a_user():
    words = "This request requires a user context."
    assert lacks_user(api_error(errors.BadRequestError, 400, message=words))
    assert not lacks_user(api_error(errors.BadRequestError, 400))
    assert not lacks_user(api_error(errors.NotFoundError, 404, message=words))
