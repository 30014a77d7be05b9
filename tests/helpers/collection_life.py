"""The lives of collections and jobs on the simulator, against a model: what was written is what is read."""

import random
import re

from msgspec import UNSET

from tests.helpers.listing_walk import at, read_items, style_of
from tests.helpers.resource_walk import RULES, Walk, collections, definition
from tests.helpers.state_witness import changed_body
from tests.strategies.simulator import misfits

CREATABLE = collections("A", "B")
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
        before = set(self.things)
        assert self.do("", "POST").status == 200
        stored = self.walk.desk.simulator.state.collections[tuple(self.base.split("/"))]
        (new,) = set(stored) - before
        read = self.do("item", "GET", new)
        assert read.status == 200
        assert read.json["id"] == new
        self.things[new] = read.json
        self.seen |= {("", "POST"), ("item", "GET")}

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
        items = read_items(self.walk.desk, route, url, UNSET, by_links=True)
        return [each["id"] for each in items if "id" in each]

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
        if isinstance(old.get("version"), int) and "version" in body:
            assert new["version"] == old["version"] + 1
            stale = self.do("item", method, identity, body)
            assert (stale.status, stale.json["code"]) == (409, "general.conflict")
            assert self.do("item", "GET", identity).json == new
        named = definition().resolve(route.facts.body.schema).properties.get("name")
        if named is not None and not named.is_read_only and isinstance(new.get("name"), str):
            assert new["name"] == body["name"]
        if new != old:
            self.seen.add(("item", method))
        self.things[identity] = new

    def delete(self, rng):
        identity = rng.choice(list(self.things))
        assert self.do("item", "DELETE", identity).status in {200, 204}
        del self.things[identity]
        for where, method in self.collection.operations:
            if where:
                assert self.do("item", method, identity).status == 404, (method, self.collection)
        self.seen.add(("item", "DELETE"))


def run(collection, steps):
    """A random life of a collection, the same in every run."""
    rng = random.Random(collection.template)
    model = Model(collection)
    assert model.do("item", "GET", "nothing").status == 404
    for _ in range(3):
        model.create()
    model.check()
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
    assert started.status == 200, (collection.template, started)
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
