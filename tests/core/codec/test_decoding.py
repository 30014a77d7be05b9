import json
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core import models
from genesys_core.codec import decoding as decode_module
from genesys_core.codec.decoding import (
    UNFIT,
    Decoded,
    Issue,
    check_type,
    decode,
    decoder_for,
    known_decoder,
    resolve_type,
)
from genesys_core.codec.encoding import to_json
from genesys_core.codec.values import YearMonth
from genesys_core.errors import DecodeError, InvalidValueError
from tests.strategies.codec import Everything, Login, Page, Spoiled, Tree, documents, real_models


def test_a_body_that_fits_costs_one_call_of_a_cached_decoder(monkeypatch):
    monkeypatch.delattr(decode_module, "_forgiving")
    assert decode(Tree, b'{"id": "1", "unknown": [1]}') == Decoded(Tree(id="1"))
    before = decode_module._decoder.cache_info()
    decode(Tree, b"{}")
    after = decode_module._decoder.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)


@pytest.mark.parametrize(
    ("type_", "body", "data"),
    [
        (list[Tree], b'[{"id": "1"}, {}]', [Tree(id="1"), Tree()]),
        (dict[str, Any], b'{"a": [null, 1.5]}', {"a": [None, 1.5]}),
        (str, b'"text"', "text"),
        (int, b" 5 ", 5),
        (Everything, b'{"month": "2024-05"}', Everything(month=YearMonth(2024, 5))),
        (Everything, b'{"day": "2024-05-01"}', Everything(day=date(2024, 5, 1))),
        (Everything, b'{"text": null, "text": "b"}', Everything(text="b")),
        (Everything, b'{"whole": %d}' % 2**100, Everything(whole=2**100)),
        (
            Everything,
            b'{"moment": "2024-05-01T10:00:00.1234567891Z"}',
            Everything(moment=datetime(2024, 5, 1, 10, 0, 0, 123457, UTC)),
        ),
        (Everything, b'{"odd.name": "a"}', Everything(odd_name_="a")),
    ],
)
def test_bodies_that_fit(type_, body, data):
    assert decode(type_, body) == decode(type_, body, strict=True) == Decoded(data, ())


@pytest.mark.parametrize(
    ("body", "data", "issue"),
    [
        (
            b'{"weight": "5"}',
            Tree(weight=5),
            Issue("$.weight", "expected integer, found string: converted", '"5"'),
        ),
        (
            b'\xef\xbb\xbf{"id": "1"}',
            Tree(id="1"),
            Issue("$", "starts with a byte order mark: ignored"),
        ),
        (
            b'{"id": "\xff"}',
            Tree(id="\ufffd"),
            Issue("$.id", "text is not valid Unicode: invalid parts replaced with U+FFFD"),
        ),
        (b"", None, Issue("$", "the body is empty: replaced with None")),
        (b" \n", None, Issue("$", "the body is empty: replaced with None")),
        (
            b"null",
            None,
            Issue("$", "expected object (Tree), found null: replaced with None", "null"),
        ),
        (
            b'{"byName": {"a b": {"children": [{"id": {}}]}}}',
            Tree(by_name={"a b": Tree(children=[Tree()])}),
            Issue(
                '$.byName["a b"].children[0].id',
                "expected string, found object: replaced with None",
                "object of 0",
            ),
        ),
    ],
)
def test_what_does_not_fit_is_reported_or_in_strict_mode_raised(body, data, issue):
    assert decode(Tree, body) == Decoded(data, (issue,))
    with pytest.raises(DecodeError) as caught:
        decode(Tree, body, strict=True)
    error = caught.value
    assert error.path == issue.path
    assert error.body == body
    # What was found, without what forgiving mode would have done about it.
    assert str(error) == f"{issue.path}: {issue.message.rpartition(': ')[0]}"
    assert error.__context__ is None


def test_strict_names_the_first_place_and_counts_the_others():
    body = b'{"entities": [{}, {"text": 1, "whole": "x"}, {"real": "y"}]}'
    with pytest.raises(
        DecodeError, match=r"\$\.entities\[1\]\.text: expected string.* \(and 2 more\)"
    ):
        decode(Page, body, strict=True)


MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, None])).filter(lambda one: one.year < 9999)


@given(MOMENTS, st.text("0123456789", min_size=1, max_size=20))
def test_a_fraction_of_a_second_is_exact_to_the_microsecond_and_rounded_after_it(moment, digits):
    """The seventh digit decides: the rest of a fraction is not looked at."""
    moment = moment.replace(microsecond=0)
    text = moment.isoformat().replace("+00:00", "")
    body = f'{{"moment": "{text}.{digits}{"Z" if moment.tzinfo else ""}"}}'.encode()
    truncated = moment + timedelta(microseconds=int(digits[:6].ljust(6, "0")))
    rounded = truncated + timedelta(microseconds=digits[6:7] >= "5")
    assert decode(Everything, body, strict=True) == Decoded(Everything(moment=rounded))


@pytest.mark.parametrize("offset", ["Z", "", "+05:30", "-1000"])
def test_the_last_moment_of_the_calendar_is_not_rounded_up(offset):
    last = datetime.fromisoformat(f"9999-12-31T23:59:59.999999{offset}")
    body = b'{"moment": "9999-12-31T23:59:59.9999999%s"}' % offset.encode()
    assert decode(Everything, body, strict=True) == Decoded(Everything(moment=last))
    issue = Issue("$.whole", "expected integer, found string: converted", '"5"')
    with_another = body.replace(b"}", b', "whole": "5"}')
    assert decode(Everything, with_another).issues == (issue,)


def test_issues_of_the_text_come_before_those_of_its_values():
    body = b'\xef\xbb\xbf{"weight": 1e400, "id": 5}'
    assert [issue.path for issue in decode(Tree, body).issues] == ["$", "$.weight", "$.id"]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body>Max", "looks like HTML"),
        (b'{"id": "Max', "not valid JSON"),
        (b"[]", r"expected object \(Tree\) as the whole body, found array"),
        (b'"Max"', r"expected object \(Tree\) as the whole body, found string"),
        (b'{"child":' * 100_000, "nested too deeply"),
        (b'{"child":' * 100_000 + b"{}" + b"}" * 100_000, "nested too deeply"),
        # More than any interpreter's stack: 3.14 skips 100,000 brackets.
        (b'{"unknown":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}", "nested too deeply"),
    ],
)
def test_bodies_beyond_repair_are_one_error(body, words, strict):
    with pytest.raises(DecodeError, match=words) as caught:
        decode(Tree, body, strict=strict)
    assert caught.value.body == body
    assert "Max" not in f"{caught.value} {caught.value!r}"


def test_secrets_are_in_no_issue_and_no_error():
    body = b'{"password": 4711}'
    assert "4711" not in repr(decode(Login, body))
    with pytest.raises(DecodeError) as caught:
        decode(Login, body, strict=True)
    assert "4711" not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"null"])
@pytest.mark.parametrize("strict", [False, True])
def test_a_body_that_nobody_described_is_not_looked_at(body, strict):
    assert decode(None, body, strict=strict) == Decoded(None)


def test_strict_raises_for_rules_that_repair_does_not_know():
    class Closed(msgspec.Struct, forbid_unknown_fields=True):
        a: int = 0

    (issue,) = decode(Closed, b'{"a": 1, "b": 2}').issues
    assert issue == Issue("$", "a constraint of object (Closed) is violated: ignored")
    with pytest.raises(DecodeError, match=r"a constraint of object \(Closed\) is violated$"):
        decode(Closed, b'{"a": 1, "b": 2}', strict=True)


@pytest.mark.parametrize("strict", [False, True])
def test_of_repeated_keys_only_the_last_has_to_fit(strict):
    body = b'{"weight": "heavy", "weight": 5}'
    assert decode(Tree, body, strict=strict) == Decoded(Tree(weight=5))


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("UserMe", models.UserMe),
        ("list[User]", list[models.User]),
        ("list[list[User]]", list[list[models.User]]),
        ("dict[str, User]", dict[str, models.User]),
        ("dict[str, list[str]]", dict[str, list[str]]),
        ("dict[str, object]", dict[str, Any]),
        ("object", Any),
        ("str", str),
        ("int", int),
        ("bool", bool),
        ("float", float),
        ("datetime", datetime),
        ("date", date),
        ("list[YearMonth]", list[YearMonth]),
    ],
)
def test_resolve_gives_the_type_of_an_expression(expression, type_):
    assert resolve_type(expression) == type_
    assert resolve_type(expression) is resolve_type(expression)


@pytest.mark.parametrize("type_", [models.UserMe, dict, list[models.UserMe], Any, None, int | str])
def test_types_that_bodies_can_be_read_as(type_):
    check_type(type_)


@pytest.mark.parametrize("type_", ["UserMe", 5, [models.UserMe]])
def test_types_that_nothing_can_be_read_as(type_):
    with pytest.raises(TypeError, match=r"type must be a model.*, not a"):
        check_type(type_)


@pytest.mark.parametrize(
    "expression",
    [
        *("Nobody", "list[Nobody]", "list[", "list[Userx", "tuple[str, User]"),
        *("dict[int, str]", "dict[User]", "", "preload", "os", "None"),
    ],
)
def test_resolve_refuses_what_names_no_type(expression):
    with pytest.raises(InvalidValueError, match="neither a model nor a plain type"):
        resolve_type(expression)


def test_the_reason_that_a_class_cannot_be_decoded_is_told_but_no_other_value():
    class Odd(msgspec.Struct):
        value: "Missing"  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(TypeError, match=r" \(name 'Missing' is not defined\)$"):
        check_type(Odd)
    with pytest.raises(TypeError) as caught:
        check_type("hunter2")
    assert "hunter2" not in str(caught.value)


def test_a_decoder_is_known_once_its_type_was_decoded():
    class Late(msgspec.Struct):
        id: str

    assert known_decoder(Late) is None
    decode(Late, b'{"id": "1"}')
    known = known_decoder(Late)
    assert known is not None
    assert known(b'{"id": "2"}') == Late("2")


def test_resolve_refuses_a_package_that_does_not_exist():
    with pytest.raises(InvalidValueError, match="package='no_such_package': has no models"):
        resolve_type("User", "no_such_package")


def test_decoded_values_and_issues_are_plain_values():
    decoded = decode(Tree, b'{"weight": "5"}')
    assert pickle.loads(pickle.dumps(decoded)) == decoded
    assert hash(decoded.issues)


@given(documents(Page, faults=2))
def test_strict_and_forgiving_agree(spoiled: Spoiled):
    body = json.dumps(spoiled.document).encode()
    decoded = decode(Page, body)
    if decoded.issues:
        with pytest.raises(DecodeError):
            decode(Page, body, strict=True)
    else:
        assert decode(Page, body, strict=True) == decoded


@given(st.data())
def test_what_was_decoded_encodes_to_what_decodes_the_same(data: st.DataObject):
    type_ = data.draw(st.sampled_from([Page, Tree, *real_models(40)]))
    body = json.dumps(data.draw(documents(type_, faults=0)).document).encode()
    model = decode(type_, body, strict=True).data
    assert decode(type_, to_json(model), strict=True).data == model


THREADS = """
import sys, threading
from genesys_core import models
from genesys_core.codec.decoding import decode
sys.setswitchinterval(1e-6)
body = b'{"id": "1", "manager": {"id": "2"}, "participants": [{"calls": [{}]}]}'
for name in ("UserMe", "Queue", "Conversation", "AnalyticsConversation", "Evaluation"):
    kind, together = getattr(models, name), threading.Barrier(16)
    def work():
        together.wait()
        assert isinstance(decode(kind, body).data, kind)
    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print("done")
"""


def test_threads_that_decode_a_model_for_the_first_time_do_not_crash_the_interpreter():
    done = subprocess.run(
        [sys.executable, "-c", THREADS], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_a_plain_decoder_repairs_nothing():
    read = decoder_for(Tree)
    assert read(b'{"id": "1"}') == Tree(id="1")
    for body in (b'{"id": 5}', b"{", b'{"id": "\xff"}'):
        with pytest.raises(UNFIT):
            read(body)
