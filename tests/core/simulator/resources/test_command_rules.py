"""The rules I and M."""

import pytest

from tests.helpers.rule_documents import (
    COLLECTION,
    CREATE,
    LIST,
    OTHER,
    READ,
    TEXT,
    THINGS,
    body,
    letters,
)
from tests.strategies.simulator import operation

SMALL = {"type": "object", "properties": {"id": TEXT, "name": TEXT}}
REFERENCES = {"type": "array", "items": SMALL}
IDS = {"type": "object", "properties": {"ids": {"type": "array", "items": TEXT}}}


@pytest.mark.parametrize(
    ("path", "method", "item", "expected"),
    [
        ("/x/{id}/reset", "post", READ, ("I", "command")),
        ("/x/{id}/owner", "patch", CREATE, ("I", "command")),
        ("/x/{id}/copy", "post", CREATE, ("I", "copy")),
        # with another response, an id or a listing; as a read; on what is not created
        ("/x/{id}/reset", "post", operation(reply=OTHER), None),
        ("/x/{id}/reset", "post", operation(reply=SMALL), None),
        ("/x/{id}/reset", "post", LIST, None),
        ("/x/{id}/reset/{other}", "post", READ, None),
        ("/x/{id}/reset", "delete", READ, None),
        ("/x/{id}/validate", "post", READ, None),
        ("/y/{id}/reset", "post", READ, None),
        ("/x/reset", "post", READ, None),
        # on many items
        ("/x/bulk", "post", operation(body(IDS), reply=THINGS), ("M", "read_many")),
        ("/x/bulk", "post", operation(body(THINGS)), ("M", "create_many")),
        ("/x/bulk", "patch", operation(body(THINGS)), ("M", "change_many")),
        ("/x/bulk", "put", operation(body(THINGS)), ("M", "change_many")),
        ("/x/bulk", "delete", operation(), ("M", "delete_many")),
        ("/x/bulk/add", "post", operation(body(THINGS)), ("M", "create_many")),
        ("/x/bulk/remove", "post", operation(body(IDS)), ("M", "delete_many")),
        ("/x/bulk/update", "post", operation(body(THINGS)), ("M", "change_many")),
        ("/x/bulk/retrieve", "post", operation(body(IDS)), ("M", "read_many")),
        ("/x/bulkadd", "post", operation(body(THINGS)), ("M", "create_many")),
        ("/x/bulk", "post", operation(body(REFERENCES), reply=THINGS), ("M", "read_many")),
        ("/x/bulk/odd", "post", operation(), None),
        ("/x/bulk/odd/odder/oddest", "post", operation(), None),
        ("/bulk/x", "post", operation(body(IDS)), ("M", "read_many")),
        ("/bulk/x/remove", "post", operation(body(IDS)), ("M", "delete_many")),
        ("/y/bulk", "post", operation(body(IDS)), None),
        ("/x", "delete", operation(), ("M", "delete_many")),
    ],
)
def test_shapes(path, method, item, expected):
    paths = {key: dict(each) for key, each in COLLECTION.items()}
    paths.setdefault(path, {})[method] = item
    assert letters(paths)[f"{method.upper()} {path}"] == expected


def test_lists_of_members_are_changed_by_many():
    ids = operation(body({"type": "array", "items": TEXT}))
    paths = {"/m": {"get": LIST, "post": ids}, "/m/bulk": {"patch": ids, "put": ids}}
    made = letters(paths)
    assert made["PATCH /m/bulk"] == ("M", "add_members")
    assert made["PUT /m/bulk"] == ("M", "set_members")
