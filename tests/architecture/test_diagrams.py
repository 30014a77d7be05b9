"""The state diagrams of the documentation are drawn from the code as it is."""

import pytest

from tests.helpers.diagrams import (
    EMBEDDING,
    PAGE,
    call_edges,
    diagrams,
    mermaid,
    replace_diagram,
)


def test_the_diagrams_of_calls_and_token_transactions_are_current() -> None:
    page = PAGE.read_text()
    for name, diagram in diagrams(channel=False):
        message = f"{name}: draw it anew with `python -m tests.helpers.diagrams`"
        assert replace_diagram(page, name, diagram) == page, message


def test_the_diagram_of_a_call_is_current_where_it_is_driven() -> None:
    page = EMBEDDING.read_text()
    assert replace_diagram(page, "call", mermaid(call_edges())) == page


@pytest.mark.slow
def test_the_diagrams_of_a_channel_are_current() -> None:
    page = PAGE.read_text()
    for name, diagram in diagrams():
        assert replace_diagram(page, name, diagram) == page, name


def test_a_page_without_a_place_for_a_diagram_is_an_error() -> None:
    with pytest.raises(AssertionError, match="no diagram other"):
        replace_diagram(PAGE.read_text(), "other", "")
