"""Changes of an item field by field."""

import pytest

from genesys_core.simulator.resources.field_changes import read_changes
from tests.strategies.simulator import Desk

OLD = {"title": "Dr.", "tags": ["a", "b"], "empty": ""}


def change(field, action, value=None):
    return read_changes(OLD, {"changes": [{"field": field, "action": action, "value": value}]})


@pytest.mark.parametrize(
    ("field", "action", "value", "after"),
    [
        ("title", "Update", "Prof.", "Prof."),
        ("title", "UpdateIfEmpty", "Prof.", "Dr."),
        ("empty", "UpdateIfEmpty", "Prof.", "Prof."),
        ("title", "UpdateIfExists", "Prof.", "Prof."),
        ("nothing", "UpdateIfExists", "Prof.", None),
        ("tags", "AppendToCollection", "c", ["a", "b", "c"]),
        ("nothing", "AppendToCollection", "c", ["c"]),
        ("tags", "RemoveFromCollection", "a", ["b"]),
        ("title", "Remove", None, None),
    ],
)
def test_an_action_says_what_becomes_of_a_field(field, action, value, after):
    assert change(field, action, value) == {field: after}


def test_changes_follow_each_other():
    changes = [{"field": "tags", "action": "AppendToCollection", "value": each} for each in "cd"]
    assert read_changes(OLD, {"changes": changes}) == {"tags": ["a", "b", "c", "d"]}


@pytest.mark.parametrize("body", [{}, {"changes": 1}, {"changes": [], "name": "n"}, {"title": "x"}])
def test_any_other_body_is_what_it_is(body):
    assert read_changes(OLD, body) is body


def test_what_is_no_change_is_left_out():
    assert read_changes(OLD, {"changes": [1, {}, {"field": "title"}]}) == {}


def test_a_contact_is_changed_by_a_field():
    desk, contacts = Desk(), "/api/v2/externalcontacts/contacts"
    made = desk.call("POST", contacts, {"firstName": "Ada", "lastName": "L", "title": "Dr."}).json
    where = f"{contacts}/{made['id']}"
    number = {"display": "+13175550111", "countryCode": "US"}
    changes = [
        {"field": "workPhone", "action": "Update", "value": number},
        {"field": "title", "action": "Remove"},
    ]
    changed = desk.call("PATCH", where, {"changes": changes})
    assert changed.status == 200, changed
    read = desk.call("GET", where).json
    assert (read["firstName"], read["workPhone"], "title" in read) == ("Ada", number, False)
