from __future__ import annotations

import base64
import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.errors import ConfigurationError
from genesys_core.oauth.grants import (
    AuthorizationCode,
    ClientCredentials,
    Grant,
    Pkce,
    RefreshToken,
    Saml2Bearer,
)
from tests.strategies.oauth import MARK, grants, secrets

VERIFIER = "v" * 43
ASSERTION = base64.b64encode(b"<samlp:Response/>").decode()

MAKERS = {
    "client_credentials": lambda **given: ClientCredentials(
        **{"client_id": "i", "client_secret": "s", **given}
    ),
    "authorization_code": lambda **given: AuthorizationCode(
        **{"client_id": "i", "client_secret": "s", "code": "c", "redirect_uri": "r", **given}
    ),
    "refresh_token": lambda **given: RefreshToken(
        **{"client_id": "i", "client_secret": "s", "refresh_token": "t", **given}
    ),
    "pkce": lambda **given: Pkce(
        **{
            "client_id": "i",
            "code": "c",
            "code_verifier": VERIFIER,
            "redirect_uri": "r",
            **given,
        }
    ),
    "saml2": lambda **given: Saml2Bearer(
        **{
            "client_id": "i",
            "client_secret": "s",
            "org_name": "o",
            "assertion": ASSERTION,
            **given,
        }
    ),
}
FIELDS = [
    (name, field)
    for name, fields in {
        "client_credentials": ("client_id", "client_secret"),
        "authorization_code": ("client_id", "client_secret", "code", "redirect_uri"),
        "refresh_token": ("client_id", "client_secret", "refresh_token"),
        "pkce": ("client_id", "code", "code_verifier", "redirect_uri"),
        "saml2": ("client_id", "client_secret", "org_name", "assertion"),
    }.items()
    for field in fields
]


@pytest.mark.parametrize(("name", "field"), FIELDS)
@pytest.mark.parametrize("value", ["", "  ", 7, b"x", "s?\n" * 30, "\x00" * 43, "\ud800" * 43])
def test_material_that_cannot_be_sent_is_refused_by_name(name, field, value):
    with pytest.raises(ConfigurationError, match=f"^{field}: ") as caught:
        MAKERS[name](**{field: value})
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_nothing_may_be_missing(name, field):
    if (name, field) == ("refresh_token", "client_secret"):
        assert RefreshToken("i", None, "t").client_secret is None
        return
    with pytest.raises(ConfigurationError, match=f"^{field}: "):
        MAKERS[name](**{field: None})


def test_all_problems_are_told_at_once():
    with pytest.raises(ConfigurationError) as caught:
        AuthorizationCode("", "s\n", "", "https://app")
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "client_id",
        "client_secret",
        "code",
    ]


@pytest.mark.parametrize("name", ["client_credentials", "authorization_code", "saml2"])
def test_an_id_that_a_basic_header_cannot_hold_is_refused(name):
    with pytest.raises(ConfigurationError, match="client_id: contains a colon"):
        MAKERS[name](client_id="id:secret")


def test_only_a_basic_header_minds_the_colon():
    with pytest.raises(ConfigurationError, match="client_id: contains a colon"):
        RefreshToken("id:secret", "s", "t")
    assert RefreshToken("urn:client", None, "t").basic() is None
    assert Pkce("urn:client", "c", VERIFIER, "r").client_id == "urn:client"


@given(grants)
def test_no_grant_shows_a_secret(grant):
    assert MARK not in f"{grant!r}{grant}{grant.__rich_repr__()!r}"
    with pytest.raises(
        TypeError, match=r"cannot be pickled.*pass the client id and have that process read"
    ):
        pickle.dumps(grant)
    assert copy.deepcopy(grant) == grant
    if isinstance(grant, Pkce):
        assert grant.code_verifier not in repr(grant)
    if isinstance(grant, Saml2Bearer):
        assert f"assertion={grant.assertion}" not in repr(grant)
        assert "assertion=[REDACTED]" in repr(grant)


@given(grants, secrets)
def test_every_grant_can_spend_a_refresh_token(grant, refresh_token):
    renewed = grant.renewed(refresh_token)
    assert isinstance(renewed, RefreshToken)
    assert renewed.client_id == grant.client_id
    assert dict(renewed.form())["refresh_token"] == refresh_token
    # A client with a secret goes on using it, one without goes on without.
    assert renewed.basic() == grant.basic()


@given(grants)
def test_a_client_names_itself_in_one_place(grant):
    in_form = dict(grant.form()).get("client_id")
    credentials = grant.basic()
    assert (in_form is None) == (credentials is not None)
    assert grant.client_id == (in_form if credentials is None else credentials[0])


@pytest.mark.parametrize(
    ("name", "repeatable", "resumes"),
    [
        ("client_credentials", True, True),
        ("authorization_code", False, False),
        ("refresh_token", False, True),
        ("pkce", False, False),
        ("saml2", True, False),
    ],
)
def test_what_may_be_done_with_a_grant(name, repeatable, resumes):
    grant: Grant = MAKERS[name]()
    assert (grant.repeatable, grant.resumes) == (repeatable, resumes)


@pytest.mark.parametrize(
    "assertion",
    [
        ASSERTION,
        ASSERTION.rstrip("="),
        base64.b64encode(b"\xfb\xff\xfe<").decode(),
        base64.urlsafe_b64encode(b"\xfb\xff\xfe<").decode(),
        base64.urlsafe_b64encode(b"\xfb\xff\xfe<").decode().rstrip("="),
    ],
)
def test_both_kinds_of_base64_are_sent_as_they_are(assertion):
    assert dict(Saml2Bearer("i", "s", "o", assertion).form())["assertion"] == assertion


@pytest.mark.parametrize("assertion", ["", " \n", None])
def test_an_assertion_must_not_be_empty(assertion):
    with pytest.raises(ConfigurationError) as caught:
        Saml2Bearer("i", "s", "o", assertion)
    assert caught.value.problems == ("assertion: must be a non-empty string",)


def test_one_lone_surrogate_is_enough():
    with pytest.raises(ConfigurationError) as caught:
        ClientCredentials("i", "a\ud800b")
    (problem,) = caught.value.problems
    assert problem == "client_secret: contains a lone surrogate, which UTF-8 cannot encode"


def test_line_breaks_in_an_assertion_are_removed():
    raw = b"<samlp:Response>" + b"x" * 200
    wrapped = base64.encodebytes(raw).decode()
    assert "\n" in wrapped
    sent = dict(Saml2Bearer("i", "s", "o", f"  {wrapped}\r\n").form())["assertion"]
    assert base64.b64decode(sent, validate=True) == raw


@pytest.mark.parametrize("xml", ["<saml/>", "  \n<saml/>", "\ufeff<?xml version='1.0'?><saml/>"])
def test_raw_xml_is_refused_with_the_way_out(xml):
    with pytest.raises(
        ConfigurationError, match=r"raw XML; encode the whole SAML response: base64\.b64encode"
    ) as caught:
        Saml2Bearer("i", "s", "o", xml)
    assert "saml" not in str(caught.value)


@pytest.mark.parametrize(
    "assertion",
    [
        "a",  # 6 bits are no byte
        "abcde",
        "ab=",  # one of two padding characters
        "abc==",
        "abcd=",
        "ab==cd==",
        "a+b_",  # both alphabets at once
        "abc%3D",
        "%%%%",
        "====",
        "äöüä",
    ],
)
def test_what_is_no_base64_is_refused(assertion):
    with pytest.raises(ConfigurationError, match="assertion: must be base64 or base64url"):
        Saml2Bearer("i", "s", "o", assertion)


@given(st.text(max_size=30))
def test_any_text_is_an_assertion_or_refused(text):
    try:
        grant = Saml2Bearer("i", "s", "o", text)
    except ConfigurationError:
        return
    padded = grant.assertion.rstrip("=")
    padded += "=" * (-len(padded) % 4)
    base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)


@pytest.mark.parametrize(
    ("grant", "fields"),
    [
        (
            AuthorizationCode("id", "secret", "code", "http://h/"),
            [("code", "code"), ("redirect_uri", "http://h/")],
        ),
        (
            Pkce("id", "code", "v" * 43, "http://h/"),
            [
                ("code", "code"),
                ("code_verifier", "v" * 43),
                ("client_id", "id"),
                ("redirect_uri", "http://h/"),
            ],
        ),
    ],
)
def test_a_code_travels_in_the_order_of_the_official_sdks(grant, fields):
    assert list(grant.form()) == [("grant_type", "authorization_code"), *fields]
