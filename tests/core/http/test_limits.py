import pytest

from genesys_core.errors import InvalidValueError
from genesys_core.http.limits import (
    DEFAULT_LIMITS,
    ResponseLimits,
    broken_response,
    response_too_large,
)


def test_every_part_of_a_response_is_bounded_by_default():
    for name in ResponseLimits.__struct_fields__:
        assert isinstance(getattr(DEFAULT_LIMITS, name), int)


def test_only_the_bound_for_the_body_can_be_lifted():
    assert ResponseLimits(body=None).body is None
    with pytest.raises(InvalidValueError, match=r"limit head=None: must be an integer of at least"):
        ResponseLimits(head=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "least"),
    [("head", 16), ("chunk_line", 16), ("fields", 0), ("informational", 0), ("chunk_overhead", 0), ("trailers", 0), ("body", 0)],
)  # fmt: skip
def test_a_limit_is_an_integer_and_not_too_small(name, least):
    assert getattr(ResponseLimits(**{name: least}), name) == least
    for wrong in (least - 1, True, 1.5, "9"):
        with pytest.raises(InvalidValueError, match=f"limit {name}=.*at least {least}"):
            ResponseLimits(**{name: wrong})


def test_the_failures_are_those_of_a_request_that_was_sent():
    assert (broken_response("x").kind, broken_response("x").sent) == ("protocol", True)
    assert "larger than 7 bytes" in response_too_large(7).message
    assert (response_too_large(7).kind, response_too_large(7).sent) == ("protocol", True)
