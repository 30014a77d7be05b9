import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz import fuzz_headers
from genesys_core.errors import InvalidValueError
from genesys_core.http.headers import SECRET_HEADERS, Headers
from genesys_core.http.known_secrets import KnownSecrets
from tests.strategies.values import anycase, header_fields, header_names, header_values

SERVER = [("Server", "Google"), ("X-Other", "1"), ("server", "FrontEnd")]


def test_repeated_fields_read_as_one_in_any_case():
    headers = Headers(SERVER)
    assert headers["server"] == headers["SERVER"] == "Google, FrontEnd"
    assert headers.get_list("Server") == ["Google", "FrontEnd"]
    assert headers.merged() == {"Server": "Google, FrontEnd", "X-Other": "1"}
    assert dict(headers) == {"server": "Google, FrontEnd", "x-other": "1"}
    assert len(headers) == 2


def test_a_field_that_is_not_there():
    headers = Headers(SERVER)
    assert headers.get("missing") is None
    assert headers.get_list("missing") == []
    assert "missing" not in headers
    assert 5 not in headers
    with pytest.raises(KeyError):
        headers["missing"]


@given(header_fields)
def test_fields_are_kept_as_they_were_given(fields):
    headers = Headers(fields)
    assert list(headers.raw) == fields
    assert Headers(headers).raw == headers.raw
    assert pickle.loads(pickle.dumps(headers)).raw == copy.deepcopy(headers).raw == headers.raw


@given(header_fields, header_names, header_values)
def test_setting_a_field_replaces_it_and_leaves_the_others(fields, name, value):
    headers = Headers(fields).set(name, value)
    assert headers.get_list(name) == [value]
    others = [field for field in fields if field[0].lower() != name.lower()]
    assert list(headers.without(name).raw) == others


def test_an_update_replaces_removes_and_adds():
    headers = Headers(SERVER).updated({"SERVER": "Mine", "x-other": None, "X-New": "2"})
    assert headers.raw == (("SERVER", "Mine"), ("X-New", "2"))


def test_the_later_of_two_changes_to_a_field_counts():
    assert Headers().updated({"X-A": "1", "x-a": "2"}).raw == (("x-a", "2"),)
    assert Headers().updated({"X-A": "1", "x-a": None}).raw == ()


def test_headers_as_changes_keep_their_spelling_and_repetitions():
    changes = Headers([("X-Tag", "a"), ("X-Tag", "b")])
    assert Headers([("x-tag", "old")]).updated(changes).raw == changes.raw


@given(header_fields)
def test_equality_ignores_the_case_of_names(fields):
    same = Headers([(name.swapcase(), value) for name, value in fields])
    assert same == Headers(fields)
    assert hash(same) == hash(Headers(fields))
    assert Headers([*fields, ("x", "y")]) != Headers(fields)
    assert Headers(fields) != dict(fields)


@pytest.mark.parametrize(
    "value",
    ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x00b", "\n", "a\n", "a\x0bb", "a\x1b[0m", "a\x7f", "\ud800"],
)  # fmt: skip
def test_a_value_that_could_start_a_line_or_cannot_be_sent_is_refused(value):
    for make in (
        lambda: Headers({"X-Ok": "fine", "X-A": value}),
        lambda: Headers().set("X-A", value),
        lambda: Headers().updated({"X-A": value}),
    ):
        with pytest.raises(InvalidValueError, match="header 'X-A': its value"):
            make()


def test_a_refused_value_is_not_shown():
    with pytest.raises(InvalidValueError) as refusal:
        Headers({"Authorization": "Bearer hunter2\n"})
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\n", "ä", "a(b)", 5, None, b"a"])
def test_a_name_that_is_no_token_is_refused(name):
    with pytest.raises(InvalidValueError, match="must be a token"):
        Headers([(name, "1")])
    with pytest.raises(InvalidValueError, match="must be a token"):
        Headers().updated({name: None})


@pytest.mark.parametrize("value", [5, None, b"bytes", ["a"]])
def test_a_value_that_is_no_text_is_refused(value):
    with pytest.raises(InvalidValueError, match="'X-A': its value must be a str, not"):
        Headers({"X-A": value})


@pytest.mark.parametrize("fields", ["X-A: 1", b"X-A: 1", [1], [("a", "b", "c")], 5, None])
def test_what_is_no_fields_is_refused(fields):
    with pytest.raises(InvalidValueError, match="must be a mapping"):
        Headers(fields)


def test_text_of_any_language_and_tabs_inside_are_values():
    headers = Headers({"X-Name": " Grüße\t日本 \t"})
    assert headers["x-name"] == "Grüße\t日本"
    assert headers["x-name"].encode("utf-8")


@given(header_fields.map(Headers.received), st.sampled_from(sorted(SECRET_HEADERS)), st.data())
def test_secrets_never_show(headers, name, data):
    secret = Headers.received([*headers.raw, (data.draw(anycase(name)), "hunter2")])
    assert "hunter2" not in repr(secret)
    assert "hunter2" not in repr(secret.items())
    assert "[REDACTED]" in repr(secret)
    assert secret[name].endswith("hunter2")


def test_what_came_from_a_server_is_taken_as_it_is():
    fields = (("Bad Name", "odd\x01value"), ("", ""))
    assert Headers.received(fields).raw == fields


def test_each_field_is_found_by_any_spelling():
    fuzz_headers.check_spelling()


def test_merging_does_not_depend_on_how_fields_are_grouped():
    fuzz_headers.check_merging()


def test_redacted_fields_are_fields_without_secrets():
    shown = Headers([("Authorization", "Bearer hunter2"), ("X", "y"), ("x", "z")]).redacted()
    assert isinstance(shown, Headers)
    assert "hunter2" not in str(dict(shown))
    assert shown["x"] == "y, z"


def test_what_is_redacted_may_be_shown():
    fields = Headers([("Authorization", "Bearer hunter2"), ("X-A", "1"), ("X-A", "2")])
    assert fields.redacted().raw == (("Authorization", "[REDACTED]"), ("X-A", "1"), ("X-A", "2"))


def test_secrets_that_somebody_knows_are_replaced_where_fields_are_shown():
    headers = Headers({"X-Echo": "was hunter2hunter2", "Cookie": "a"})
    hiding = headers.hiding(KnownSecrets.of(["hunter2hunter2"]))
    assert repr(hiding) == "Headers(X-Echo: was [REDACTED], Cookie: [REDACTED])"
    assert hiding == headers
    assert hiding["x-echo"] == "was hunter2hunter2"
    assert hiding.redacted()["x-echo"] == "was [REDACTED]"
    assert pickle.loads(pickle.dumps(hiding)) == headers
    for derived in (
        copy.copy(hiding),
        copy.deepcopy([hiding])[0],
        hiding.without("cookie"),
        hiding.updated({"Cookie": None}),
        hiding.set("cookie", "c"),
    ):
        assert repr(derived).startswith("Headers(X-Echo: was [REDACTED]")
