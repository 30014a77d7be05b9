"""Statuses of success that the definition does not tell."""

import pytest

from genesys_core.simulator.http.exchange import Reply
from genesys_core.simulator.http.statuses import ACCEPTED, with_status
from tests.strategies.simulator import Desk, definition

GROUP = {"name": "G", "type": "official", "visibility": "public", "rulesVisible": True}


@pytest.mark.parametrize(("method", "template"), sorted(ACCEPTED))
@pytest.mark.parametrize("status", [200, 204])
def test_some_operations_are_accepted(method, template, status):
    assert any((e.method, e.template) == (method, template) for e in definition().routes)
    reply = with_status(method, template, Reply(status, b"{}", "text/plain", (("A", "b"),)))
    assert reply == Reply(202, b"{}", "text/plain", (("A", "b"),))


def test_problems_and_other_operations_stay():
    (method, template), *_ = ACCEPTED
    for reply in (Reply(400), Reply(201)):
        assert with_status(method, template, reply) is reply
    reply = Reply(200)
    assert with_status("GET", template, reply) is reply


def test_members_of_groups_are_accepted():
    desk = Desk()
    user, *_ = desk.simulator.state.users
    members = f"/api/v2/groups/{desk.call('POST', '/api/v2/groups', GROUP).json['id']}/members"
    assert desk.call("POST", members, {"memberIds": [user], "version": 1}).status == 202
    assert [each["id"] for each in desk.call("GET", members).json["entities"]] == [user]
    assert desk.call("DELETE", f"{members}?ids={user}").status == 202
    assert desk.call("GET", members).json["entities"] == []
    assert desk.call("DELETE", "/api/v2/groups/nothing/members?ids=a").status == 404
