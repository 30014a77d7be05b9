"""Redaction: planted secrets never show, whatever they are wrapped in; all else stays."""

import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genesys_core.confidential import REDACTED
from genesys_core.errors import ApiError, Attempt, OAuthError
from genesys_core.http.headers import SECRET_HEADERS, Headers
from genesys_core.http.known_secrets import KnownSecrets
from genesys_core.http.messages import Request, Response
from genesys_core.http.redaction import (
    DEFAULT_REDACTION,
    Redaction,
    message_secrets,
    redact_error,
    url_secrets,
)

SECRET = "hunter2"
shown_text = DEFAULT_REDACTION.shown_text
shown_url = DEFAULT_REDACTION.shown_url


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
@pytest.mark.parametrize("spelt", [str.lower, str.upper, str.title])
def test_secret_headers_are_hidden_in_any_case(name, spelt):
    assert DEFAULT_REDACTION.shown_header(spelt(name), SECRET) == "[REDACTED]"


@pytest.mark.parametrize(
    "name", ["client_secret", "clientSecret", "CLIENT_SECRET", "Client-Secret", "clientsecret"]
)
def test_a_key_matches_in_any_case_and_spelling(name):
    assert shown_text(json.dumps({name: SECRET})) == json.dumps({name: "[REDACTED]"})
    assert shown_url(f"https://h/x?{name}={SECRET}") == f"https://h/x?{name}=[REDACTED]"


@pytest.mark.parametrize(
    "name",
    [
        *("access_token", "refresh_token", "client_secret", "code", "code_verifier", "assertion"),
        *("password", "secret", "id_token", "signature", "X-Amz-Signature"),
    ],
)
def test_secret_parameters_are_hidden(name):
    assert (
        shown_url(f"https://h/x?a=1&{name}={SECRET}&b=2")
        == f"https://h/x?a=1&{name}=[REDACTED]&b=2"
    )


def test_an_error_code_is_no_secret_but_an_authorization_code_is():
    body = b'{"code":"not.found","message":"code=hunter2"}'
    assert DEFAULT_REDACTION.shown_body(body) == '{"code":"not.found","message":"code=[REDACTED]"}'


@pytest.mark.parametrize("name", ["authentication", "passwordRequirements", "pageToken", "tokens"])
def test_other_names_are_not_hidden(name):
    assert shown_text(json.dumps({name: "x"})) == json.dumps({name: "x"})
    assert shown_url(f"https://h/?{name}=x") == f"https://h/?{name}=x"


def test_names_are_added_and_the_defaults_stay():
    mine = Redaction(headers={"X-Mine"}, query={"mine_q"}, body={"mineBody"})
    for redaction in (
        mine,
        Redaction().extended(headers=["x-mine"], query=["mineQ"], body=["mine-body"]),
    ):
        assert redaction == mine
        assert redaction.shown_header("x-mine", SECRET) == "[REDACTED]"
        assert redaction.shown_header("Authorization", SECRET) == "[REDACTED]"
        assert redaction.shown_url(f"/?mineQ={SECRET}&token={SECRET}").count("[REDACTED]") == 2
        assert redaction.shown_text(f'{{"mine_body": "{SECRET}"}}') == '{"mine_body": "[REDACTED]"}'
        assert redaction.shown_text(f'{{"password": "{SECRET}"}}') == '{"password": "[REDACTED]"}'
    assert DEFAULT_REDACTION.shown_header("x-mine", "seen") == "seen"


def test_a_single_name_is_not_taken_letter_by_letter():
    assert Redaction(headers="x-mine") == Redaction(headers={"x-mine"})


def test_a_redaction_is_a_value():
    assert Redaction() == DEFAULT_REDACTION
    assert hash(Redaction(body={"a_b"})) == hash(Redaction(body={"aB"}))
    with pytest.raises(AttributeError):
        DEFAULT_REDACTION.headers = frozenset()


# --- headers ------------------------------------------------------------------------------------


def test_headers_are_merged_as_first_spelt():
    headers = Headers(
        [
            ("Server", "Google"),
            ("set-cookie", f"a={SECRET}"),
            ("server", "FrontEnd"),
            ("Location", f"https://me:{SECRET}@h/?code={SECRET}&x=1"),
        ]
    )
    assert DEFAULT_REDACTION.shown_headers(headers) == {
        "Server": "Google, FrontEnd",
        "set-cookie": "[REDACTED]",
        "Location": "https://[REDACTED]@h/?code=[REDACTED]&x=1",
    }


# --- URLs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.mypurecloud.com/api/v2/users/me?expand=presence", None),
        ("https://h/x?q=a%20b+c%2Fd&e&=f&g=", None),
        ("https://h/@user?x=a@b", None),
        ("https://h/x?code", None),
        ("https://h/x?code=", None),
        ("https://hunter2@h/x", "https://[REDACTED]@h/x"),
        ("https://me:hunter2@h:80/x", "https://[REDACTED]@h:80/x"),
        ("https://me:hunt@er2@h/x", "https://[REDACTED]@h/x"),
        ("//me:hunter2@h", "//[REDACTED]@h"),
        ("https://h/#access_token=hunter2&state=s", "https://h/#access_token=[REDACTED]&state=s"),
        ("https://h/?a=1#token=hunter2", "https://h/?a=1#token=[REDACTED]"),
        ("/x?access%5Ftoken=hunter2", "/x?access%5Ftoken=[REDACTED]"),
        ("/x?password=hunter2%26more", "/x?password=[REDACTED]"),
        ("/x?password=hunter2?b=hunter2", "/x?password=[REDACTED]"),
        ("/x?password=hunter2;hunter2&b=1", "/x?password=[REDACTED]&b=1"),
        ("/x?a=1;password=hunter2", "/x?a=1;password=[REDACTED]"),
        ("/x?password=password=hunter2&b=1", "/x?password=[REDACTED]&b=1"),
        ("/x?to=https://y?code=hunter2", "/x?to=https://y?code=[REDACTED]"),
        (
            "/x?to=https%3A%2F%2Fy%3Fa%3D1%26code%3Dhunter2%26b%3D2&c=3",
            "/x?to=https%3A%2F%2Fy%3Fa%3D1%26code%3D[REDACTED]%26b%3D2&c=3",
        ),
        ("/x?to=y%3fcode%3dhunter2", "/x?to=y%3fcode%3d[REDACTED]"),
        ("/x?to=y%23access_token%3Dhunter2#z", "/x?to=y%23access_token%3D[REDACTED]#z"),
    ],
)
def test_urls(url, shown):
    assert shown_url(url) == (url if shown is None else shown)
    assert shown_url(shown_url(url)) == shown_url(url)


@given(st.text(), st.sampled_from(["token", "access%5Ftoken", "clientSecret"]), st.text())
def test_a_secret_of_any_characters_is_hidden_in_a_url(before, name, after):
    url = f"https://h/x?{urlencode({'a': before})}&{name}={quote(SECRET + after, safe='')}&z=1"
    assert shown_url(url) == f"https://h/x?{urlencode({'a': before})}&{name}=[REDACTED]&z=1"


# --- bodies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"a": 1.50, "b": [true, null, "x"]}', None),
        ('{"token": null, "password": ""}', '{"token": null, "password": "[REDACTED]"}'),
        ('{"pin": 1234, "b": 2}', '{"pin": "[REDACTED]", "b": 2}'),
        ('{"secret": true}', '{"secret": "[REDACTED]"}'),
        ('{ "password" :\n "hunter2" }', '{ "password" :\n "[REDACTED]" }'),
        ('{"password": "hun\\"ter2", "b": 1}', '{"password": "[REDACTED]", "b": 1}'),
        ('{"password": "hunter2\\\\"}', '{"password": "[REDACTED]"}'),
        ('{"a": {"b": [{"apiKey": "hunter2"}]}}', '{"a": {"b": [{"apiKey": "[REDACTED]"}]}}'),
        ('{"secret": {"a": ["hunter2", "}"]}, "b": 1}', '{"secret": "[REDACTED]", "b": 1}'),
        ('{"secret": [["hunter2"], "]"], "b": 1}', '{"secret": "[REDACTED]", "b": 1}'),
        ('{"secret": {"password": "hunter2"}, "b": 1}', '{"secret": "[REDACTED]", "b": 1}'),
        ('{"pass\\u0077ord": "hunter2"}', '{"pass\\u0077ord": "[REDACTED]"}'),
        ('{"Authorization": "Bearer hunter2"}', '{"Authorization": "[REDACTED]"}'),
        ('{"u": "https://me:hunter2@h/x"}', '{"u": "https://[REDACTED]@h/x"}'),
        ('{"u": "https:\\/\\/h?token=hunter2"}', '{"u": "https://h?token=[REDACTED]"}'),
        ('{"u": "/x?a=1\\u0026token=hunter2"}', '{"u": "/x?a=1&token=[REDACTED]"}'),
        ('{"x": "{\\"password\\": \\"hunter2\\"}"}', '{"x": "{\\"password\\": \\"[REDACTED]\\"}"}'),
        ('{"u": "a\tb?token\\u003dhunter2"}', '{"u": "a\\tb?token=[REDACTED]"}'),
        # scraps and broken documents
        ('{"password": "hunter2', '{"password": "[REDACTED]"'),
        ('{"password": "hunter2\\', '{"password": "[REDACTED]"'),
        ('{"secret": {"a": "hunter2"', '{"secret": "[REDACTED]"'),
        ('{"password":', None),
        ('it"s {"password": "hunter2"}', 'it"s {"password": "[REDACTED]"}'),
        ('data: {"password": "hunter2"}\n\n', 'data: {"password": "[REDACTED]"}\n\n'),
        # messages
        ("no such client_secret=hunter2, try again", "no such client_secret=[REDACTED] try again"),
        (
            "GET https://me:hunter2@h/x?code=hunter2 failed",
            "GET https://[REDACTED]@h/x?code=[REDACTED] failed",
        ),
        ("(token=hunter2)", "(token=[REDACTED]"),
        ("<b>token=hunter2</b> x", "<b>token=[REDACTED] x"),
        ('{"x": "say \\"token=hunter2\\" twice"}', '{"x": "say \\"token=[REDACTED]\\" twice"}'),
        ('{"x": "token=hun\\\\hunter2"}', '{"x": "token=[REDACTED]"}'),
        ('{"x": "//h?token=hun\\\\hunter2 a"}', '{"x": "//h?token=[REDACTED] a"}'),
        ("a=b and c = d", None),
    ],
)
def test_text(text, shown):
    assert shown_text(text) == (text if shown is None else shown)
    assert shown_text(shown_text(text)) == shown_text(text)


@pytest.mark.parametrize(
    ("content", "content_type", "shown"),
    [
        (None, None, None),
        (b"", "application/json", None),
        (b'{"password":"hunter2"}', None, '{"password":"[REDACTED]"}'),
        (
            b'{"password":"hunter2"}',
            "application/x-www-form-urlencoded",
            '{"password":"[REDACTED]"}',
        ),
        (b"password=hunter2", None, "password=[REDACTED]"),
        (b"a=1&password=it's+hunter2<;&b=2", None, "a=1&password=[REDACTED]&b=2"),
        (
            b"a=1 2&password=hunter2 hunter2&b=2",
            "Application/X-WWW-Form-urlencoded; charset=utf-8",
            "a=1 2&password=[REDACTED]&b=2",
        ),
        (b"code=hunter2&redirect_uri=x", None, "code=[REDACTED]&redirect_uri=x"),
        (b"\xff\xfe", None, "\ufffd\ufffd"),
        (b"RIFF\0hunter2", None, "<12 bytes of binary content>"),
        (b"RIFFhunter2", "audio/wav", "<11 bytes of audio/wav>"),
        (b"--x\r\nhunter2", "multipart/form-data; boundary=x", "<12 bytes of multipart/form-data>"),
        (b"{}", "application/json; charset=utf-8", "{}"),
    ],
)
def test_bodies(content, content_type, shown):
    assert DEFAULT_REDACTION.shown_body(content, content_type) == shown


short_texts = st.text(max_size=5)


def documents(leaves, keys=short_texts):
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )


anything = documents(st.none() | st.booleans() | st.integers() | st.text(max_size=8))
secret_keys = st.sampled_from(["password", "clientSecret", "client_secret", "apiKey", "TOKEN"])


@given(anything, secret_keys, documents(st.just(SECRET)), st.booleans(), st.integers(0, 3))
@example({}, "password", SECRET, True, 3)
def test_a_secret_in_json_never_shows_at_any_depth(around, key, secret, ascii_only, wraps):
    document = {"a": [{"b": around, key: secret, "c": around}]}
    text = json.dumps(document, ensure_ascii=ascii_only)
    for _ in range(wraps):  # documents within the strings of documents
        text = json.dumps({"x": text})
    shown = shown_text(text)
    assert SECRET not in shown
    for _ in range(wraps):
        shown = json.loads(shown)["x"]
    assert json.loads(shown)["a"][0][key] == "[REDACTED]"


_harmless = st.text(st.characters(exclude_characters="=/:"), max_size=8)


@given(documents(st.none() | st.booleans() | st.floats() | _harmless, st.text(max_size=2)))
def test_json_without_secrets_stays_byte_for_byte(document):
    for indent in (None, 1):
        text = json.dumps({"a": document}, indent=indent)
        assert shown_text(text) == text


_pieces = ["token=", "//", '"', "\\", "@", "?", "&", "\n", "password", ":", "{", "]", " ", "x"]
_tricky = st.lists(st.sampled_from(_pieces), max_size=12).map("".join)


@given(documents(_tricky), _tricky)
@example('//h?token=\\"x', "")
@example('token=\\"x', "")
@example("token=x\\", "")
def test_json_stays_json(document, key):
    shown = shown_text(json.dumps({key: document}))
    assert len(json.loads(shown)) == 1


@given(
    st.text() | _tricky | st.text(st.sampled_from('"\\{}[]:,=&?#/@% \n') | st.sampled_from("ab"))
)
@example('"' * 9)
@example('{"password":')
def test_any_text_can_be_shown(text):
    assert isinstance(shown_text(text), str)
    assert isinstance(shown_url(text), str)
    shown = DEFAULT_REDACTION.shown_body(text.encode("utf-8", "replace"))
    assert (shown is None) == (not text)


@pytest.mark.parametrize(
    "unit",
    [
        '"',
        '\\"',
        "a",
        "=",
        "//",
        "%3F",
        '" ',
        '{"password":',
        '{"a":',
        "\\",
        "?",
        "a&",
        '"\\u0061',
        "[",
        " ",
    ],
)
def test_the_work_grows_with_the_length_and_no_faster(unit):
    # A search that began again at each character would take minutes for each of these.
    text = (unit * 100_000)[:200_000]
    assert shown_text(text)
    assert shown_url(text)


def test_one_parameter():
    assert DEFAULT_REDACTION.shown_parameter("Access-Token", "x") == "[REDACTED]"
    assert DEFAULT_REDACTION.shown_parameter("code", ["x"]) == "[REDACTED]"
    assert DEFAULT_REDACTION.shown_parameter("code", None) is None
    assert DEFAULT_REDACTION.shown_parameter("pageSize", 25) == 25


LONG = "hunter2hunter2"


def test_everything_that_an_error_says_is_looked_through():
    request = Request("GET", "https://h/x", Headers({"Authorization": f"Bearer {LONG}"}))
    error = ApiError(f"no {LONG}", response=Response(400, body=LONG.encode()), request=request)
    error.entity_name = LONG
    error.details = [{"a": [LONG], LONG: 1, "clientSecret": "by its name"}]
    error.message_params = {"token": LONG}
    error.attempts = (Attempt(1, f"HTTP {LONG}", 0.5, LONG, 400),)
    error.add_note(LONG)
    redact_error(error, KnownSecrets.of([LONG]))
    said = {
        name: value for name, value in vars(error).items() if name not in {"request", "response"}
    }
    assert LONG not in f"{said}{error}{error!r}{error.args}{error.__notes__}"
    assert error.attempts == (Attempt(1, f"HTTP {REDACTED}", 0.5, REDACTED, 400),)
    assert error.details == [{"a": [REDACTED], REDACTED: 1, "clientSecret": REDACTED}]
    assert error.response.body == LONG.encode()
    assert error.request is request


def test_an_oauth_error_is_looked_through():
    error = OAuthError("invalid_grant", f"spent: {LONG}")
    redact_error(error, KnownSecrets.of([LONG]))
    assert str(error) == f"invalid_grant: spent: {REDACTED}"
    assert error.description == f"spent: {REDACTED}"


def test_a_value_is_hidden_by_its_key_at_any_depth():
    value = {
        "name": "ann",
        "Password": "hunter2",
        "list": [{"access_token": "hunter2", "n": 1}, ("Bearer hunter2",)],
        "secret": None,
        1: True,
    }
    assert DEFAULT_REDACTION.shown_value(value) == {
        "name": "ann",
        "Password": REDACTED,
        "list": [{"access_token": REDACTED, "n": 1}, (f"Bearer {REDACTED}",)],
        "secret": None,
        1: True,
    }


@pytest.mark.parametrize(
    ("headers", "body", "secrets"),
    [
        ({}, None, set()),
        ({"Cookie": "session=1", "X-Kept": "kept"}, None, {"session=1"}),
        ({"Authorization": "Bearer abc"}, None, {"Bearer abc", "abc"}),
        (
            {"Authorization": "Basic aWQ6c2VjcmV0"},
            None,
            {"Basic aWQ6c2VjcmV0", "aWQ6c2VjcmV0", "secret"},
        ),
        ({"Authorization": "Basic ??"}, None, {"Basic ??", "??"}),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"code=a%2Fb&x=1", {"a/b"}),
        (
            {},
            b' {"password": "p", "name": "n", "list": [{"pin": "1"}, 2], "secret": null}',
            {"p", "1"},
        ),
        ({}, b"{no JSON", set()),
        ({}, b"[" * 100_000, set()),
        ({}, b"[" * 60_000, set()),
        ({}, b"plain text", set()),
    ],
)
def test_what_a_message_holds_that_is_secret(headers, body, secrets):
    assert set(message_secrets(Headers(headers), body)) == secrets


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("", set()),
        ("http://proxy:3128", set()),
        ("http://user@proxy", set()),
        ("http://user:p%2Fq@proxy", {"p%2Fq", "p/q", "dXNlcjpwL3E="}),
        ("http://[", set()),
    ],
)
def test_what_a_url_holds_that_is_secret(url, secrets):
    assert set(url_secrets(url)) == secrets


# Where one condition alone decides


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"headers": 5}, "redaction headers must be"),
        ({"body": {5}}, "a name in redaction body must"),
    ],
)
def test_names_of_a_wrong_type_are_refused(wrong, words):
    with pytest.raises(TypeError, match=words):
        Redaction(**wrong)


def test_a_form_hides_what_is_nested_in_it():
    """A value that is a URL itself has its delimiters encoded."""
    assert "hidden" not in DEFAULT_REDACTION.shown_body(b"next=%2Fa%3Fpassword%3Dhidden&b=1")
    form = "application/x-www-form-urlencoded"
    redaction = DEFAULT_REDACTION.extended(body=["mine"], query=["yours"])
    for name in ("mine", "yours", "password"):
        content = f"next=%2Fa%3F{name}%3Dhidden".encode()
        assert "hidden" not in redaction.shown_body(content, form)


def test_a_body_is_searched_for_secrets_up_to_a_size():
    headers = Headers({"Content-Type": "application/x-www-form-urlencoded"})
    for size, found in ((65_536, ["p" * 10]), (65_537, [])):
        body = b"password=" + b"p" * 10 + b"&x="
        body += b"y" * (size - len(body))
        assert list(message_secrets(headers, body)) == found


def test_a_password_in_a_url_needs_no_user():
    assert "pw" in list(url_secrets("https://:pw@host/"))


def test_no_error_in_the_chain_keeps_its_frames():
    def raised(error):
        try:
            raise error
        except type(error) as caught:
            return caught

    for linked in ("__cause__", "__context__"):
        first, second, third = OAuthError("a"), raised(KeyError("b")), raised(KeyError("c"))
        setattr(first, linked, second)
        setattr(second, linked, third)
        redact_error(raised(first), KnownSecrets())
        assert [one.__traceback__ for one in (first, second, third)] == [None, None, None]


def test_a_key_that_is_no_json_is_taken_as_it_stands():
    assert DEFAULT_REDACTION.shown_text(r'{"\x": "1"}') == r'{"\x": "1"}'
