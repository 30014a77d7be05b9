"""Phrases and topics that mining ignores."""

import pytest

from genesys_core.simulator import Settings
from tests.strategies.simulator import Desk

BASE = "/api/v2/languageunderstanding"


@pytest.mark.parametrize("kind", ["phrases", "topics"])
def test_what_is_ignored_is_listed_until_it_is_removed(kind):
    desk, place = Desk(), f"{BASE}/ignore{kind}/en-us"
    given = [{"text": each, "participant": "Both"} for each in ("Hello", "Bye")]
    name = kind.capitalize()
    added = desk.call("POST", place, {kind: given}).json
    assert added == {f"added{name}": 2, f"updated{name}": 0, f"total{name}": 2}
    desk.sleep(10)
    again = desk.call("POST", place, {kind: [given[0] | {"mediaType": "Call"}]}).json
    assert again == {f"added{name}": 0, f"updated{name}": 1, f"total{name}": 2}
    first, second = desk.call("GET", place).json["entities"]
    assert (first["text"], first["mediaType"]) == ("Hello", "Call")
    assert first["dateCreated"] == second["dateCreated"] < first["dateModified"]
    assert desk.call("GET", f"{place}?text=BY").json["entities"] == [second]
    assert desk.call("GET", place.replace("en-us", "de-de")).json["total"] == 0
    removed = {"entities": [{"id": first["id"]}, {"id": "nothing"}, None]}
    assert desk.call("POST", f"{place}/remove", removed).status == 204
    assert desk.call("GET", place).json["entities"] == [second]


def test_no_more_than_the_settings_allow():
    desk, place = Desk(settings=Settings(max_items=1)), f"{BASE}/ignorephrases/en-us"
    given = [{"text": each, "participant": "Both"} for each in "ab"]
    assert desk.call("POST", place, {"phrases": given}).status == 400
