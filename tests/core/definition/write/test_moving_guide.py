"""The table of names that differ from the official SDK's."""

from __future__ import annotations

import pytest

from genesys_core.definition import name_differences, with_table
from genesys_core.definition.write.moving_guide import TABLE_END, TABLE_START, official_name
from genesys_core.errors import InvalidValueError
from tests.strategies.definition import TRAP_TOPICS, TRAPS


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ("from", "pcFrom"),
        ("pass", "pcPass"),
        ("self", "pcSelf"),
        ("property", "pcProperty"),
        ("global", "pcGlobal"),
        ("selfUri", "self_uri"),
        ("id", "id"),
    ],
)
def test_the_official_name(wire: str, name: str) -> None:
    assert official_name(wire) == name


def test_the_table_has_a_row_for_each_name_and_every_place() -> None:
    rows = name_differences(TRAPS, TRAP_TOPICS).splitlines()
    assert rows[:2] == ["| official SDK | here | where |", "|---|---|---|"]
    assert "| `pcFrom` | `from_` | `Names`, `oauth.get_names`, `scim.get_names` |" in rows
    assert "| `pcProperty` | `property` | `Names`, `Shadows` |" in rows
    names = [row.replace("`", "").split(" | ")[:2] for row in rows[2:]]
    assert names == sorted(names)
    assert len({tuple(pair) for pair in names}) == len(names)


def test_the_table_is_put_between_its_markers_and_nowhere_else() -> None:
    guide = f"before\n\n{TABLE_START}\nold\n{TABLE_END}\nafter\n"
    new = with_table(guide, "| new |\n")
    assert new == f"before\n\n{TABLE_START}\n\n| new |\n\n{TABLE_END}\nafter\n"
    assert with_table(new, "| new |\n") == new
    other = f"<!-- other -->\n{TABLE_END}"
    assert with_table(other, "t\n", "<!-- other -->") == f"<!-- other -->\n\nt\n\n{TABLE_END}"


@pytest.mark.parametrize("guide", ["", TABLE_START, f"{TABLE_END}\n{TABLE_START}"])
def test_a_guide_without_markers_is_refused(guide: str) -> None:
    with pytest.raises(InvalidValueError, match="must contain the line"):
        with_table(guide, "| new |\n")
