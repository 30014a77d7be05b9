"""The lives of collections and jobs on the simulator, against a model: what was written is what is read."""

import random
import re

from msgspec import UNSET

from genesys_core.definition.words.known_limits import KNOWN_LIMITS
from genesys_core.simulator import Simulator
from genesys_core.simulator.resources.shapes import path_key
from tests.helpers.listing_walk import at, read_pages, style_of
from tests.helpers.resource_walk import ROUTES, RULES, Walk, collections, definition
from tests.helpers.state_witness import changed_body
from tests.strategies.simulator import misfits

CREATABLE = collections("A", "B")
COVERAGE = Simulator(definition()).coverage()


def is_written(collection):
    """Whether items that nothing creates are written with a body, by rule."""
    routes = [ROUTES.get((method, path_key(collection.template) + "/{}")) for method in WRITES]
    known = [each for each in routes if each is not None and each.facts.body is not None]
    by_rule = all(
        COVERAGE[each.method, each.template] != "handler"
        for each in (*known, *filter(None, [ROUTES.get(("GET", path_key(collection.template)))]))
    )
    return by_rule and any(("item", each.method) in collection.operations for each in known)


WRITES = ("PUT", "PATCH")
WRITTEN = [each for each in collections("C") if is_written(each)]
STARTED = [each for each in collections("H") if ("", "POST") in each.operations]


class Model:
    """A dictionary that should agree with one collection."""

    def __init__(self, collection):
        self.collection = collection
        self.walk = Walk()
        self.base = self.walk.place(collection.template)
        held = self.walk.desk.simulator.state.collections.get(tuple(self.base.split("/")), {})
        self.things: dict[str, dict] = {
            identity: self.do("item", "GET", identity).json for identity in held
        }
        self.made = 0
        self.seen: set[tuple[str, str]] = set()

    def can(self, where, method):
        return (where, method) in self.collection.operations

    def template(self, where, method):
        item = self.collection.template + ("/{}" if where else "")
        return self.walk.route(method, item).template

    def do(self, where, method, identity="", value=None, **query):
        template = self.template(where, method)
        base = f"{self.base}/{identity}" if where else self.base
        answer = self.walk.call(method, template, base, value, **query)
        schema = self.walk.route(method, template).facts.reply_schema
        if answer.status == 200 and schema is not None:
            assert misfits(definition(), schema, answer.json) == [], (method, template)
        return answer

    def create(self):
        if self.collection.letter == "C":
            self.create_by_writing()
            return
        before = set(self.things)
        assert self.do("", "POST").status in {200, 202}
        stored = self.walk.desk.simulator.state.collections[tuple(self.base.split("/"))]
        (new,) = set(stored) - before
        read = self.do("item", "GET", new)
        assert read.status == 200
        assert read.json["id"] == new
        self.things[new] = read.json
        self.seen |= {("", "POST"), ("item", "GET")}

    def create_by_writing(self):
        """Write an item that is an example so far."""
        method = next(each for each in ("PUT", "PATCH") if self.can("item", each))
        self.made += 1
        new = f"x{self.made}"
        route = self.walk.route(method, self.template("item", method))
        answer = self.do("item", method, new, self.walk.body(route, version=None))
        assert answer.status in {200, 202, 204}, (route.template, answer)
        self.things[new] = self.do("item", "GET", new).json
        assert self.things[new]["id"] == new

    def check(self):
        """Every item reads as the dictionary has it, and the listing has all of them."""
        for identity, thing in self.things.items():
            assert self.do("item", "GET", identity).json == thing
        if self.can("", "GET"):
            assert sorted(self.listed()) == sorted(self.things)
            self.seen.add(("", "GET"))

    def listed(self):
        """The ids of a listing, read to its end two items at a time."""
        route = self.walk.route("GET", self.collection.template)
        known = {each.name for each in route.facts.parameters}
        url = self.walk.url(route, self.base, **({"pageSize": 2} if "pageSize" in known else {}))
        pages = read_pages(self.walk.desk, route, url, UNSET, by_links=True)
        path = style_of(route).items
        rows = [at(page, path) or () if path else page for page in pages]
        if "pageSize" in known and len(rows) > 1:
            *full, last = [len(each) for each in rows if each]
            assert {*full} <= {2}, (self.collection.template, full)
            assert last in {1, 2}
        return [each["id"] for page in rows for each in page if "id" in each]

    def check_filters(self, rng):
        """Every filter by a property of an item lets through what the dictionary says."""
        route = self.walk.route("GET", self.collection.template)
        for each in route.facts.parameters:
            identity = rng.choice(list(self.things))
            value = self.things[identity].get(each.name)
            if each.location != "query" or not is_filter(each, value):
                continue
            for wanted in (value, *(["nothing has this"] if is_free_text(each, value) else ())):
                kept = [
                    thing["id"]
                    for thing in self.things.values()
                    if passes(each.name, thing, wanted)
                ]
                shown = str(wanted).lower() if isinstance(wanted, bool) else wanted
                listed = self.rows(**{each.name: shown})
                assert sorted(listed) == sorted(kept), (self.collection.template, each.name)

    def check_order(self):
        """A listing that can be sorted by name is, either way round."""
        route = self.walk.route("GET", self.collection.template)
        known = {each.name: each for each in route.facts.parameters}
        if not {"sortBy", "sortOrder"} <= {*known} or "name" not in (
            known["sortBy"].enum or ["name"]
        ):
            return
        orders = known["sortOrder"].enum or ["ascending", "descending"]
        names = sorted(str(each.get("name", "")).casefold() for each in self.things.values())
        for order in orders:
            listed = self.rows(sortBy="name", sortOrder=order)
            shown = [str(self.things[each].get("name", "")).casefold() for each in listed]
            wanted = names[::-1] if order.lower().startswith("desc") else names
            assert shown == wanted, (self.collection.template, order)

    def rows(self, **query):
        """The ids of the first page, which has room for all, that a query lets through."""
        route = self.walk.route("GET", self.collection.template)
        known = {each.name for each in route.facts.parameters}
        most = min(100, KNOWN_LIMITS.get((route.facts.name, "page_size"), 100))
        size = {"pageSize": most} if "pageSize" in known else {}
        answer = self.do("", "GET", **size, **query)
        assert answer.status == 200, (self.collection.template, query, answer)
        path = style_of(route).items
        return [each["id"] for each in (at(answer.json, path) or () if path else answer.json)]

    def update(self, method, rng):
        identity = rng.choice(list(self.things))
        old = self.things[identity]
        route = self.walk.route(method, self.template("item", method))
        self.write(method, identity, self.walk.body(route, version=old.get("version")))
        if self.things[identity] == old:
            self.write(method, identity, changed_body(self.walk, route, old))

    def write(self, method, identity, body):
        old = self.things[identity]
        route = self.walk.route(method, self.template("item", method))
        changed = self.do("item", method, identity, body)
        assert changed.status in {200, 204}, (method, self.collection.template, changed)
        new = self.do("item", "GET", identity).json
        if str(old.get("version", "")).isdecimal() and "version" in body:
            assert int(new["version"]) == int(old["version"]) + 1
            stale = self.do("item", method, identity, body)
            is_outbound = self.base.startswith("/api/v2/outbound/")
            code = "invalid.update.wrong.version" if is_outbound else "general.conflict"
            assert (stale.status, stale.json["code"]) == (409, code)
            assert self.do("item", "GET", identity).json == new
        named = definition().resolve(route.facts.body.schema).properties.get("name")
        if named is not None and not named.is_read_only and isinstance(new.get("name"), str):
            assert new["name"] == body["name"]
        if new != old:
            self.seen.add(("item", method))
        self.things[identity] = new

    def delete(self, rng):
        # The home division stays.
        others = [each for each, thing in self.things.items() if not thing.get("homeDivision")]
        if not others:
            return
        identity = rng.choice(others)
        assert self.do("item", "DELETE", identity).status in {200, 202, 204}
        del self.things[identity]
        for where, method in self.collection.operations:
            # What is an example until written is there again once it is replaced.
            if where and (method != "PUT" or self.collection.letter != "C"):
                gone = 410 if self.base == "/api/v2/flows" else 404
                assert self.do("item", method, identity).status == gone, (method, self.collection)
        self.seen.add(("item", "DELETE"))


PAGING = {"pageSize", "pageNumber", "sortBy", "sortOrder", "expand", "limit"}


def is_filter(parameter, value):
    """Whether a query parameter filters by a property with this plain value."""
    kinds = {"boolean": bool, "integer": int}
    is_plain = isinstance(value, kinds.get(parameter.type, bool | int | str))
    return is_plain and "," not in str(value) and parameter.name not in PAGING


def is_free_text(parameter, value):
    is_text = parameter.type == "string" and isinstance(value, str)
    return is_text and not parameter.format and not parameter.enum


def passes(name, thing, wanted):
    """Whether the dictionary's thing is what a filter wants: a name that has the text, or the value."""
    if name not in thing or not isinstance(thing[name], bool | int | str):
        return True
    if name == "name":
        return str(wanted).casefold() in thing[name].casefold()
    return thing[name] == wanted


def run(collection, steps):
    """A random life of a collection, the same in every run."""
    rng = random.Random(collection.template)
    model = Model(collection)
    if collection.letter != "C":
        assert model.do("item", "GET", "nothing").status == 404
    for _ in range(3):
        model.create()
    model.check()
    if model.can("", "GET"):
        model.check_filters(rng)
        model.check_order()
    writes = [m for m in ("PUT", "PATCH") if model.can("item", m)]
    for method in writes:
        model.update(method, rng)
    for _ in range(steps):
        choices = ["create", *writes, *(["delete"] if model.can("item", "DELETE") else [])]
        match rng.choice(choices):
            case "create":
                model.create()
            case "delete" if model.things:
                model.delete(rng)
            case method if method in writes and model.things:
                model.update(method, rng)
        model.check()
    if model.can("item", "DELETE") and model.things:
        model.delete(rng)
        model.check()
    return {(method, model.template(where, method)) for where, method in model.seen}


def resume(collection, walk, where):
    """Do what a job waits for: write it, or upload to where it says."""
    item = collection.template + "/{}"
    for method in ("PUT", "PATCH"):
        if ("item", method) in collection.operations:
            route = walk.route(method, item)
            body = walk.body(route)
            if body.get(collection.states.name) == collection.states.cancelled:
                body[collection.states.name] = collection.states.running
            assert walk.desk.call(method, where, body).status in {200, 204}
            return {(method, route.template)}
    (run,) = walk.desk.simulator.state.jobs.values()
    assert walk.desk.send("PUT", f"/simulator/uploads/{run.upload}").status == 200
    return set()


def run_job(collection):
    """Start a job, watch it end, and read what there is below it."""
    walk = Walk()
    base = walk.place(collection.template)
    below = "" if ("item", "GET") in collection.operations else "/results"
    item = collection.template + "/{}" + below
    seen = set()

    def call(method, template, path):
        answer = walk.call(method, template, path)
        schema = walk.route(method, template).facts.reply_schema
        if (
            answer.status == 200
            and schema is not None
            and answer.headers["content-type"].endswith("json")
        ):
            assert misfits(definition(), schema, answer.json) == [], template
        return answer

    assert call("GET", item, f"{base}/nothing{below}").status == 404
    started = call("POST", collection.template, base)
    assert started.status in {200, 202}, (collection.template, started)
    where = (
        f"{base}/{next(reversed(walk.desk.simulator.state.collections[tuple(base.split('/'))]))}"
    )
    facts, states = collection.states, []
    shown = []
    for _ in range(3):
        shown.append(call("GET", item, where + below).json)
        states.append(shown[-1].get(facts.name))
        walk.desk.sleep(0.6)
    if facts.paused:
        assert states == [facts.waiting, facts.paused, facts.paused]
        seen |= resume(collection, walk, where)
        states = []
        for _ in range(2):
            states.append(call("GET", item, where).json.get(facts.name))
            walk.desk.sleep(0.6)
        assert states == [facts.running, facts.success]
    elif facts.name:
        assert states == [facts.waiting, facts.running, facts.success]
    else:
        assert shown[0] == shown[1] != shown[2]
    seen |= {
        ("POST", walk.route("POST", collection.template).template),
        ("GET", walk.route("GET", item).template),
    }
    if ("", "GET") in collection.operations:
        listed = call("GET", collection.template, base).json
        assert len(at(listed, style_of(walk.route("GET", collection.template)).items)) == 1
        seen.add(("GET", walk.route("GET", collection.template).template))
    for route in definition().routes:
        rule = RULES.find(route)
        if rule is not None and rule.action == "results" and rule.collection == collection:
            tail = re.sub(
                r"\{\w+\}", "x", "/".join(route.template.split("/")[where.count("/") + 1 :])
            )
            assert call("GET", route.template, f"{where}/{tail}").status in {200, 204}
            assert call("GET", route.template, f"{base}/nothing/{tail}").status == 404
            seen.add(("GET", route.template))
    if ("item", "DELETE") in collection.operations:
        assert call("DELETE", item, where).status in {200, 204}
        assert call("GET", item, where + below).status == 404
        seen.add(("DELETE", walk.route("DELETE", item).template))
    return seen
