import enum
from collections import deque
from datetime import UTC, date, datetime, timedelta, timezone
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from fuzz import fuzz_urls
from genesys_core.codec.intervals import Interval
from genesys_core.codec.values import NULL, YearMonth
from genesys_core.errors import InvalidValueError
from genesys_core.http.urls import encode_query, expand_path, format_scalar, format_scalars
from tests.strategies.values import AWKWARD_IDS, path_values, queries, scalars

USER = "/api/v2/users/{userId}"
TWO = "/api/v2/users/{userId}/queues/{queueId}/x"
DAY = "2024-05-01T00:00:00.000Z/2024-05-02T00:00:00.000Z"


class Wire(enum.StrEnum):
    VALUE = "on-the-wire"


class OldWire(str, enum.Enum):  # noqa: UP042 - callers have such classes
    VALUE = "on-the-wire"


class Level(enum.IntEnum):
    HIGH = 3


class OldLevel(int, enum.Enum):
    HIGH = 3


class Share(float, enum.Enum):
    HALF = 0.5


class Loud(float):
    """Numbers of other libraries print themselves in their own way."""

    def __repr__(self):
        return f"Loud({super().__repr__()})"

    __str__ = __repr__


def is_refused(text: str) -> bool:
    return text in {"", ".", ".."} or any("\ud800" <= char <= "\udfff" for char in text)


@given(path_values, path_values)
@example("a/b", "..%2f")
def test_an_id_never_changes_the_shape_of_a_path(user, queue):
    if is_refused(user) or is_refused(queue):
        with pytest.raises(InvalidValueError):
            expand_path(TWO, (("userId", user), ("queueId", queue)))
        return
    path = expand_path(TWO, (("queueId", queue), ("userId", user)))
    segments = path.split("/")
    assert [unquote(segment) for segment in segments] == [
        "", "api", "v2", "users", user, "queues", queue, "x",
    ]  # fmt: skip
    parts = urlsplit(f"https://api.mypurecloud.ie{path}")
    assert (parts.netloc, parts.path, parts.query, parts.fragment) == (
        "api.mypurecloud.ie", path, "", "",
    )  # fmt: skip
    assert set(path) <= set("/-._~%ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


@pytest.mark.parametrize("value", [value for value in AWKWARD_IDS if is_refused(value)])
def test_an_id_that_would_change_the_path_is_refused_by_name(value):
    with pytest.raises(InvalidValueError, match="userId="):
        expand_path(USER, (("userId", value),))


@given(scalars)
def test_any_scalar_is_one_segment(value):
    text = format_scalar("userId", value)
    assume(not is_refused(text))
    assert unquote(expand_path(USER, (("userId", value),)).split("/")[4]) == text


@pytest.mark.parametrize(
    ("template", "values"),
    [
        (USER, ()),
        (USER, (("userid", "1"),)),
        (USER, (("userId", "1"), ("other", "2"))),
        ("/api/v2/users/me", (("userId", "1"),)),
        (TWO, (("userId", "1"),)),
    ],
)
def test_a_template_takes_its_own_names_and_no_others(template, values):
    with pytest.raises(InvalidValueError, match="takes"):
        expand_path(template, values)


def test_a_path_without_placeholders_stays_as_it_is():
    assert expand_path("/api/v2/users/me", ()) == "/api/v2/users/me"


def test_a_placeholder_may_come_twice_and_beside_other_text():
    assert expand_path("/{a}/x-{a}/{b}.json", (("a", "1 "), ("b", 2))) == "/1%20/x-1%20/2.json"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        (Wire.VALUE, "on-the-wire"),
        (OldWire.VALUE, "on-the-wire"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-5, "-5"),
        (Level.HIGH, "3"),
        (OldLevel.HIGH, "3"),
        (1.0, "1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e20, "1e+20"),
        (1e-7, "1e-07"),
        (Share.HALF, "0.5"),
        (Loud(0.25), "0.25"),
        (date(2024, 5, 1), "2024-05-01"),
        (date(5, 1, 1), "0005-01-01"),
        (YearMonth(2024, 5), "2024-05"),
        (Interval.parse(DAY), DAY),
        (datetime(2024, 5, 1, 12, 30, tzinfo=UTC), "2024-05-01T12:30:00Z"),
        (datetime(2024, 5, 1, 1, 2, 3, 45_000, UTC), "2024-05-01T01:02:03.045000Z"),
        (datetime(2024, 5, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2024-04-30T23:00:00Z"),
    ],
)
def test_values_are_written_in_the_platforms_formats(value, text):
    assert format_scalar("x", value) == text


@pytest.mark.parametrize(
    "value",
    [None, NULL, [], {}, b"a", float("nan"), float("inf"), -float("inf"), object(), 1j, 10**400, {"a"}],
)  # fmt: skip
def test_what_a_url_cannot_hold_is_refused_by_name(value):
    with pytest.raises(InvalidValueError, match="parameter dateStart"):
        format_scalar("dateStart", value)


def test_a_date_time_needs_a_zone_and_is_told_how():
    with pytest.raises(InvalidValueError, match=r"parameter dateStart=.*tzinfo=timezone\.utc"):
        format_scalar("dateStart", datetime(2024, 5, 1))  # noqa: DTZ001 - what is tested


@pytest.mark.parametrize(
    "value",
    [
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
    ],
)
def test_a_date_time_that_utc_does_not_reach_is_refused(value):
    with pytest.raises(InvalidValueError, match="years 1 to 9999"):
        format_scalar("dateStart", value)


def test_the_refusal_of_a_container_does_not_show_what_is_in_it():
    with pytest.raises(InvalidValueError) as refusal:
        encode_query([("x", {"password": "hunter2"})])
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("pairs", "query"),
    [
        ([], ""),
        ([("expand", ["presence", "routingStatus"])], "expand=presence&expand=routingStatus"),
        ([("expand", "presence")], "expand=presence"),
        ([("a", None), ("b", False), ("c", 0), ("d", ""), ("e", [])], "b=false&c=0&d="),
        ([("a", [None, 1, None])], "a=1"),
        ([("q", "a b+c&d=e/f?ü")], "q=a%20b%2Bc%26d%3De%2Ff%3F%C3%BC"),
        ([("site.id", 1), ("a b", 2)], "site.id=1&a%20b=2"),
        ([("a", (1, 2))], "a=1&a=2"),
        ([("a", range(2))], "a=0&a=1"),
        ([("a", deque("xy"))], "a=x&a=y"),
        ([("a", {"k": 1}.keys())], "a=k"),
        ([("a", frozenset({7}))], "a=7"),
        ([("a", [Wire.VALUE, True, date(2024, 5, 1)])], "a=on-the-wire&a=true&a=2024-05-01"),
        ([("a", 1), ("a", 2)], "a=1&a=2"),
    ],
)
def test_queries(pairs, query):
    assert encode_query(pairs) == query


@pytest.mark.parametrize(
    "value",
    [b"ab", bytearray(b"ab"), memoryview(b"ab"), {"a": 1}, NULL, object(), 5j, [[1]], [{}], [b"a"]],
)
def test_what_a_query_cannot_hold_is_refused_by_name(value):
    with pytest.raises(InvalidValueError, match="parameter expand"):
        encode_query([("expand", value)])


@pytest.mark.parametrize("value", [iter("ab"), (letter for letter in "ab"), map(str, [1])])
def test_an_iterator_is_refused_because_the_next_page_would_lack_it(value):
    with pytest.raises(InvalidValueError, match="pass one value or a list"):
        encode_query([("expand", value)])


@pytest.mark.parametrize("name", [5, None, b"a", "\ud800"])
def test_a_name_that_is_no_text_is_refused(name):
    with pytest.raises(InvalidValueError, match="parameter"):
        encode_query([(name, "1")])


@given(st.text(st.characters(), max_size=8), queries | st.none())
def test_any_text_is_encoded_or_refused(name, value):
    try:
        encode_query([(name, value)])
    except InvalidValueError:
        assert is_refused(name)


@given(st.text(st.characters(codec="utf-8"), max_size=8) | st.from_regex(r"[a-z0-9.~_-]+"))
@example("3f6c574d-8b5a-4e0b-9f0e-0d3a4c1b2e5f")
@example("٣ⅷß")
@example("-")
def test_text_is_encoded_as_rfc_3986_says_whether_it_needs_that_or_not(text):
    assert encode_query([("q", text), (f"n{text}", 1)]) == (
        f"q={quote(text, safe='')}&n{quote(text, safe='')}=1"
    )


def test_a_text_with_a_string_form_of_its_own_is_sent_as_its_value():
    class Shouted(str):
        __slots__ = ()

        def __format__(self, spec):
            return f"{self.upper()}!"

        __str__ = __repr__ = lambda self: "another"

    assert encode_query([(Shouted("name"), Shouted("value"))]) == "name=value"
    assert expand_path("/{id}", [("id", Shouted("a-1"))]) == "/a-1"


def test_a_query_reads_back_as_what_was_said():
    fuzz_urls.check_query()


def test_a_parameter_has_no_value_one_or_several():
    assert format_scalars("a", None) == ()
    assert format_scalars("a", 1) == ["1"]
    assert format_scalars("a", [True, "b"]) == ["true", "b"]


def test_integers_have_at_most_1024_bits():
    assert format_scalar("n", 2**1023) == str(2**1023)
    with pytest.raises(InvalidValueError, match="must be an int of at most 1024 bits, not 1025"):
        format_scalar("n", 2**1024)


def test_whole_floats_are_written_as_integers_below_ten_to_the_fifteenth():
    assert format_scalar("n", 1e15 - 1) == "999999999999999"
    assert format_scalar("n", 1e15) == "1000000000000000.0"


@pytest.mark.parametrize(
    ("value", "said"), [(None, "None"), (float("nan"), "nan"), (b"secret", "a bytes")]
)
def test_a_refusal_shows_what_is_no_secret(value, said):
    with pytest.raises(InvalidValueError, match=f"parameter n: {said} is invalid"):
        format_scalar("n", value)
