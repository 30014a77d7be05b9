"""Arguments of ``call``."""

import pytest

from genesys_core.command_line.raw_calls import RAW_OPTIONS, describe_raw_call, parse_raw_call
from genesys_core.command_line.usage import UsageError


def test_method_path_and_query():
    found = parse_raw_call(["get", "/api/v2/a b/%2F?x=1&x=2&y=", "--all"])
    assert found == ("GET", "/api/v2/a%20b/%2F", {"x": ["1", "2"], "y": [""]}, ["--all"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needs METHOD and PATH"),
        (["GET", "--all"], "needs METHOD and PATH"),
        (["FETCH", "/x"], "the method must be one of GET"),
        (["GET", "x"], "must begin with /"),
    ],
)
def test_wrong_calls(arguments, words):
    with pytest.raises(UsageError, match=words):
        parse_raw_call(arguments)


def test_a_call_may_have_a_body_and_pages():
    described = describe_raw_call("POST")
    assert described.body is not None
    assert not described.body.is_required
    assert described.is_listing


def test_the_options_of_a_call():
    options = {option.name: option for option in RAW_OPTIONS}
    assert {"body", "output", "limit", "region"} <= options.keys()
    assert not {"from-file", "failures"} & options.keys()
    assert options["param"].is_repeated
