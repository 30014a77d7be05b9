import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_core.codec.tolerant_json import parse_json
from genesys_core.errors import DecodeError
from tests.helpers.examples import examples
from tests.strategies.codec import json_values


def test_a_proper_document_has_no_issues():
    assert parse_json(b'{"a": [1, 2.5, null, "\\u00e4"]}') == ({"a": [1, 2.5, None, "ä"]}, ())


@pytest.mark.parametrize(
    ("body", "tree", "path", "words"),
    [
        (b"\xef\xbb\xbf{}", {}, "$", "byte order mark: ignored"),
        ('\ufeff{"ä": "ö"}'.encode(), {"ä": "ö"}, "$", "byte order mark"),
        (b'{"a": "x\ny"}', {"a": "x\ny"}, "$", "raw control characters in strings: kept"),
        (b'{"a": ["x\xff\xfey"]}', {"a": ["x\ufffd\ufffdy"]}, "$.a[0]", "not valid Unicode"),
        (b'{"a\xff": 1}', {"a\ufffd": 1}, "$", "not valid Unicode"),
        (b'{"a": "\\ud800."}', {"a": "\ufffd."}, "$.a", "not valid Unicode"),
        (b'{"a": 1e400}', {"a": None}, "$.a", "number out of range: replaced with None"),
        (b'{"a": -1e400}', {"a": None}, "$.a", "number out of range"),
        (b'{"a": [NaN]}', {"a": [None]}, "$.a[0]", "NaN is not valid JSON"),
        (b"[-Infinity]", [None], "$[0]", "-Infinity is not valid JSON"),
        (b"[%s]" % (b"9" * 5000), [None], "$[0]", "integer of 5,000 digits"),
    ],
)
def test_what_is_tolerated_is_reported(body, tree, path, words):
    document = parse_json(body)
    assert document.tree == tree
    (issue,) = document.issues
    assert issue.path == path
    assert words in issue.message


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b"[%d]" % 2**200, [2**200]),
        ('["😀", "\\ud83d\\ude00"]'.encode(), ["😀", "😀"]),
    ],
)
def test_what_json_allows_is_no_issue(body, tree):
    assert parse_json(body) == (tree, ())


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty (0 bytes)"),
        (b" \r\n", "empty (3 bytes)"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n<!DOCTYPE html><p>Max Mustermann", "looks like HTML, not JSON (33 bytes)"),
        (b"<html>", "looks like HTML"),
        (b"<?xml version='1.0'?>", "looks like XML or HTML"),
        (b"\x1f\x8b\x08", "not valid JSON (3 bytes)"),
        (b'{"name": "Max', "not valid JSON"),
        (b'{"name": "Max"} {}', "Extra data at character 16"),
        (b'{"a": "x\ny"', "not valid JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "the body is nested too deeply (200,000 bytes)"),
        (b'{"a":' * 100_000, "the body is nested too deeply (500,000 bytes)"),
    ],
)
def test_what_is_no_json_is_one_error_that_quotes_nothing(body, words):
    with pytest.raises(DecodeError) as caught:
        parse_json(body)
    error = caught.value
    assert words in str(error)
    assert "Max" not in f"{error} {error!r}"
    assert error.body == body
    assert error.path == "$"
    # json.JSONDecodeError and UnicodeDecodeError hold the whole body.
    assert error.__cause__ is None
    assert error.__context__ is None


@given(json_values())
def test_agrees_with_the_standard_library(value):
    text = json.dumps(value)
    assert parse_json(text.encode()).tree == json.loads(text)


@given(
    st.binary(max_size=40) | st.text('{}[]":,\\ud80f1eE+-.NaIinfty\n', max_size=40).map(str.encode)
)
@settings(max_examples=examples(300), deadline=None)
def test_any_bytes_give_a_document_that_can_be_written_or_an_error(body):
    try:
        document = parse_json(body)
    except DecodeError:
        return
    json.dumps(document.tree, allow_nan=False, ensure_ascii=False).encode()
