"""Arguments of operations."""

import pytest

from genesys_core.command_line.arguments import (
    ParsedArguments,
    check_required,
    convert_value,
    offered_options,
    parse_arguments,
    split_command,
)
from genesys_core.command_line.bodies import BodyField
from genesys_core.command_line.operations import OperationParameter
from genesys_core.command_line.raw_calls import RAW_OPTIONS
from genesys_core.command_line.usage import UsageError
from tests.helpers.command_line import described

OPERATIONS = described()


def parse(name, *arguments):
    return parse_arguments(OPERATIONS[name], arguments)


def test_path_parameters_by_position_or_name():
    assert parse("get_user", "u-1").values == {"user_id": "u-1"}
    assert parse("get_user", "--user-id", "u-1").values == {"user_id": "u-1"}
    assert parse("put_rows", "--day=2024-02-29", "l-1", "a=b").values == {
        "list_id": "l-1",
        "day": "2024-02-29",
    }
    assert parse("put_rows", "a=b", "--", "--x").values == {"list_id": "a=b", "day": "--x"}


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (["--limit", "5"], {"limit": 5}),
        (["--limit=-5"], {"limit": -5}),
        (["--limit", "-5"], {"limit": -5}),
        (["--ratio", "0.5"], {"ratio": 0.5}),
        (["--expand-all"], {"expand_all": True}),
        (["--no-expand-all"], {"expand_all": False}),
        (["--expand-all=false"], {"expand_all": False}),
        (["--expandAll"], {"expand_all": True}),
        (["--expand_all"], {"expand_all": True}),
        (["--state", "newer"], {"state": "newer"}),
        (["--expand", "team", "--expand", "x,y"], {"expand": ("team", "x", "y")}),
        (["--state", "-"], {"state": "-"}),
        (["--state", "--"], {"state": "--"}),
        (["-"], {"user_id": "-"}),
    ],
)
def test_options_of_the_operation(arguments, values):
    assert parse("get_user", *arguments).values == values


def test_lists_without_known_values_are_not_split():
    found = parse("put_rows", "--tag", "a,b", "--tag", "c").values
    assert found == {"tag": ("a,b", "c")}


def test_options_of_the_command():
    found = parse(
        "put_rows", "-ojson", "-v", "-H", "A: b", "--header", "C: d", "--limit=3", "--all"
    )
    assert found.common == {
        "output": "json",
        "verbose": True,
        "header": ("A: b", "C: d"),
        "limit": "3",
        "all": True,
    }
    assert found.text("output") == "json"
    assert found.text("verbose") is None
    assert found.texts("header") == ("A: b", "C: d")
    assert found.texts("output") == ()
    assert found.has("all")
    assert not ParsedArguments().has("all")
    assert found.number("limit") == found.number("limit", least=3) == 3
    assert found.number("max-failures") is None
    with pytest.raises(UsageError, match="--output 'json': must be a whole number, 0 or more"):
        found.number("output")
    with pytest.raises(UsageError, match="--limit '3': must be a whole number, 4 or more"):
        found.number("limit", least=4)
    with pytest.raises(UsageError, match="must be a whole number"):
        ParsedArguments(common={"limit": "\u0663"}).number("limit")
    with pytest.raises(UsageError, match="must be a whole number"):
        ParsedArguments(common={"limit": "1" * 5000}).number("limit")


@pytest.mark.parametrize(
    "option",
    ["--all", "--limit=3", "--resume=t", "--query=a", "--columns=a", "-ojson", "--from-file=f"],
)
def test_an_option_without_effect_on_a_body_as_received_is_refused(option):
    name = {"-ojson": "--output"}.get(option, option.partition("=")[0])
    with pytest.raises(UsageError, match=f"--raw and {name}: pass only one of them"):
        parse("put_rows", option, "--raw")
    assert parse("put_rows", "--raw", "--watch=5s", "-v").has("raw")


def test_an_option_of_the_command_gives_way_to_the_operations_own():
    found = parse("get_user", "--limit", "5", "--cli-limit", "7")
    assert (found.values, found.common) == ({"limit": 5}, {"limit": "7"})
    offered = offered_options(OPERATIONS["get_user"].parameters)
    assert offered["--cli-limit"].option == "--cli-limit"
    assert not offered["--expand-all"].takes_value
    assert offered["--columns"].takes_value
    assert offered["--state"].help == "The state of the user."
    assert offered["--user-id"].help == "string, required"
    assert offered["--expand"].help == "list of string"
    assert not offered["--all"].takes_value


def test_fields_of_the_body():
    found = parse("put_rows", "l", "2024-02-29", "a=1", "--", "b:=2")
    assert found.fields == [BodyField(("a",), "1"), BodyField(("b",), 2)]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("get_user", ["--stat", "x"], "--stat: no such option; did you mean --state?"),
        ("get_user", ["-x"], "-x: no such option"),
        ("get_user", ["--nothing"], "--nothing: no such option"),
        ("get_user", ["--no-state"], "--no-state: no such option"),
        ("get_user", ["--no-expand-all=x"], "no such option"),
        ("get_user", ["--no-all"], "no such option"),
        ("get_user", ["--xxexpand-all"], "no such option"),
        ("get_user", ["--state", "--x"], "--state: needs a value"),
        ("get_user", ["--state"], "--state: needs a value"),
        ("get_user", ["--state", "--limit"], "--state: needs a value"),
        ("get_user", ["--all=x"], "--all: takes no value"),
        ("get_user", ["--limit", "x"], "--limit 'x': must be a whole number"),
        ("get_user", ["--ratio", "x"], "must be a number"),
        ("get_user", ["--expand-all=maybe"], "must be true or false"),
        ("get_user", ["-o", "jso"], "must be one of json, .* did you mean json?"),
        ("get_user", ["u", "a=b"], "unexpected argument; get_user has no body"),
        ("put_rows", ["l", "d", "ab"], "fields of the body are key=value"),
    ],
)
def test_wrong_arguments(name, arguments, words):
    with pytest.raises(UsageError, match=words):
        parse(name, *arguments)


@pytest.mark.parametrize(
    ("words", "options", "rest"),
    [
        ([], {}, []),
        (["users", "--region", "x"], {}, ["users", "--region", "x"]),
        (["--region", "x"], {"region": "x"}, []),
        (["--profile=p"], {"profile": "p"}, []),
        (["--region", "x", "--profile=p", "users"], {"region": "x", "profile": "p"}, ["users"]),
        (["--region"], {}, ["--region"]),
        (["--help"], {}, ["--help"]),
    ],
)
def test_options_that_precede_the_command(words, options, rest):
    assert split_command(words) == (options, rest)


def test_further_options_of_a_command():
    found = parse_arguments(OPERATIONS["bare"], ["-p", "a=b", "-pc"], RAW_OPTIONS)
    assert found.common == {"param": ("a=b", "c")}


def test_a_value_beside_a_short_option_may_contain_an_equals_sign():
    found = parse_arguments(OPERATIONS["bare"], ["-pa=b", "-p=c=d", "-HX: e=f"], RAW_OPTIONS)
    assert found.common == {"param": ("a=b", "c=d"), "header": ("X: e=f",)}


def test_conversion():
    assert convert_value(OperationParameter("n", "query", "integer", is_list=True), "3") == 3
    assert convert_value(OperationParameter("d", "query", "date"), "2024-02-29") == "2024-02-29"


def test_required_parameters():
    check_required(OPERATIONS["get_user"], ["user_id"], has_body=False)
    with pytest.raises(UsageError, match=r"get_user: needs --user-id USER_ID$"):
        check_required(OPERATIONS["get_user"], [], has_body=False)
    check_required(OPERATIONS["post_rows"], ["list_id", "kind"], has_body=True)
    with pytest.raises(UsageError, match=r"needs --kind KIND, a body of type list of Row \(--body"):
        check_required(OPERATIONS["post_rows"], ["list_id"], has_body=False)


def test_an_option_whose_name_begins_with_no_is_not_the_opposite_of_another():
    source = '''def find(*, note=None, te=None):
    """GET /x -> nothing.

    Args:
        note: query, string.
        te: query, boolean.
    """
'''
    found = parse_arguments(described(source)["find"], ["--note", "a"])
    assert found.values == {"note": "a"}
