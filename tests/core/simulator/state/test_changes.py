"""What a request changed, found by comparing the records on its path."""

from msgspec.structs import replace as replaced

from genesys_core.simulator import PlatformState
from genesys_core.simulator.state.changes import ChangeWatch, RecordChange, stored_items

GROUPS = ("", "api", "v2", "groups")
GROUP = "/api/v2/groups/{groupId}"
USERS = "/api/v2/users"
QUEUES = "/api/v2/routing/queues"


def state(**records):
    return PlatformState(
        users={"u": {"id": "u"}},
        queues={"q": {"id": "q"}},
        collections={GROUPS: {"g": {"id": "g", "name": "Tier 1"}}},
        **records,
    )


def changes(template, act, known=None, others=(), **arguments):
    known = known or state()
    watch = ChangeWatch(known, template, arguments, others)
    act(known)
    return list(watch.changes(known))


def test_what_is_stored_at_a_path():
    known = state()
    assert stored_items(known, ("", "api", "v2", "users")) is known.users
    assert stored_items(known, ("", "api", "v2", "routing", "queues")) is known.queues
    assert stored_items(known, GROUPS) is known.collections[GROUPS]
    assert stored_items(known, ("", "x")) is known.collections["", "x"]


def test_what_was_created():
    def create(known):
        known.collections[GROUPS]["h"] = {"id": "h"}
        known.collections[GROUPS]["i"] = {"id": "i"}

    assert changes("/api/v2/groups", create) == [
        RecordChange("/api/v2/groups/{}", ("h",), "created", {"id": "h"}),
        RecordChange("/api/v2/groups/{}", ("i",), "created", {"id": "i"}),
    ]


def test_what_was_replaced():
    def replace(known):
        known.collections[GROUPS]["g"] = {"id": "g", "name": "Tier 2"}

    expected = RecordChange("/api/v2/groups/{}", ("g",), "updated", {"id": "g", "name": "Tier 2"})
    assert changes(GROUP, replace, groupId="g") == [expected]
    (change,) = changes(f"{GROUP}/members", replace, groupId="g")
    assert change == replaced(expected, is_target=False)


def test_what_else_a_request_changed():
    def replace(known):
        known.collections[GROUPS]["g"] = {"id": "g", "name": "Tier 2"}
        known.users["u"] = {"id": "u", "name": "Ada"}

    others = [(GROUPS, "g"), (tuple(USERS.split("/")), "u"), (GROUPS, "none")]
    template = "/api/v2/authorization/divisions/{divisionId}/objects/{objectType}"
    assert changes(template, replace, others=others, divisionId="d", objectType="GROUP") == [
        RecordChange("/api/v2/groups/{}", ("g",), "updated", {"id": "g", "name": "Tier 2"}),
        RecordChange("/api/v2/users/{}", ("u",), "updated", {"id": "u", "name": "Ada"}),
    ]
    assert changes(template, lambda known: None, others=others, divisionId="d", objectType="") == []


def test_what_was_deleted_is_shown_as_it_was():
    def delete(known):
        del known.collections[GROUPS]["g"]

    (change,) = changes(GROUP, delete, groupId="g")
    assert change == RecordChange(
        "/api/v2/groups/{}", ("g",), "deleted", {"id": "g", "name": "Tier 1"}
    )


def test_an_equal_record_is_no_change():
    def rewrite(known):
        known.collections[GROUPS]["g"] = {"id": "g", "name": "Tier 1"}

    assert changes(GROUP, rewrite, groupId="g") == []
    assert changes(GROUP, lambda known: None, groupId="g") == []


def test_a_single_resource():
    place = ("", "api", "v2", "outbound", "settings")

    def write(known):
        known.singles[place] = {"automaticTimeZoneMapping": {}}

    (change,) = changes("/api/v2/outbound/settings", write)
    assert (change.template, change.ids, change.kind) == (
        "/api/v2/outbound/settings",
        (),
        "created",
    )


def test_users_and_queues_have_collections_of_their_own():
    def write(known):
        known.users["u"] = {"id": "u", "state": "deleted"}
        known.users["v"] = {"id": "v"}
        known.queues["r"] = {"id": "r"}

    assert [each.ids for each in changes(f"{USERS}/{{userId}}", write, userId="u")] == [("u",)]
    assert [each.ids for each in changes(USERS, write)] == [("v",)]
    assert [each.template for each in changes(QUEUES, write)] == ["/api/v2/routing/queues/{}"]


def test_what_is_outside_of_the_path_is_not_looked_at():
    def write(known):
        known.users["v"] = {"id": "v"}

    assert changes(GROUP, write, groupId="g") == []
