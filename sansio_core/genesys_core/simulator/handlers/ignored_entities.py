"""Phrases and topics that topic mining ignores, by language.

Invariants: an added entry is listed until it is removed. No two entries for the same side of a
conversation have the same text.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from genesys_core.simulator.http.exchange import (
    ApiCall,
    Handler,
    Reply,
    format_instant,
    json_reply,
    no_content,
)
from genesys_core.simulator.http.paging import make_page
from genesys_core.simulator.http.problems import bad_request
from genesys_core.simulator.state.examples import Json
from genesys_core.simulator.state.world import Record

__all__ = ["HANDLERS"]

_KINDS: Final = ("phrases", "topics")


def list_ignored(call: ApiCall) -> Reply:
    """Return a page of the ignored phrases or topics, optionally filtered by text."""
    wanted = call.argument("text", "").casefold()
    found = [e for e in _stored(call).values() if wanted in str(e["text"]).casefold()]
    return json_reply(make_page(call, found, lambda each: each))


def add_ignored(call: ApiCall) -> Reply:
    """Add ignored phrases or topics; an existing entry with the same text is updated."""
    stored, kind = _stored(call), _kind(call)
    when, added, updated = format_instant(call.now.wall), 0, 0
    for each in _mappings(call.document().get(kind)):
        key = (each.get("text"), each.get("participant"))
        known = (e for e in stored.values() if (e["text"], e["participant"]) == key)
        old = next(known, None)
        if old is None and len(stored) >= call.settings.max_items:
            raise bad_request(
                f"The simulator stores at most {call.settings.max_items} items (Settings.max_items)."
            )
        identity = call.state.new_id(kind) if old is None else str(old["id"])
        added, updated = added + (old is None), updated + (old is not None)
        made: Record = {"id": identity, **each, "dateCreated": when, "dateModified": when}
        stored[identity] = made if old is None else {**made, "dateCreated": old["dateCreated"]}
    name = kind.capitalize()
    counts: Record = {f"added{name}": added, f"updated{name}": updated, f"total{name}": len(stored)}
    return json_reply(counts)


def remove_ignored(call: ApiCall) -> Reply:
    """Remove ignored phrases or topics, given by id; unknown ids are ignored."""
    for each in _mappings(call.document().get("entities")):
        _stored(call).pop(str(each.get("id")), None)
    return no_content()


def _kind(call: ApiCall) -> str:
    return next(each for each in _KINDS if f"ignore{each}" in call.route.template)


def _stored(call: ApiCall) -> dict[str, Record]:
    kind, language = _kind(call), call.arguments["languageCode"]
    place = ("", "api", "v2", "languageunderstanding", f"ignore{kind}", language)
    return call.state.collections.setdefault(place, {})


def _mappings(value: Json) -> Iterator[Mapping[str, Json]]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, Mapping):
            yield each


_BASE: Final = "/api/v2/languageunderstanding/ignore{}/{{languageCode}}"

HANDLERS: Mapping[tuple[str, str], Handler] = {
    **{("GET", _BASE.format(each)): list_ignored for each in _KINDS},
    **{("POST", _BASE.format(each)): add_ignored for each in _KINDS},
    **{("POST", f"{_BASE.format(each)}/remove"): remove_ignored for each in _KINDS},
}
