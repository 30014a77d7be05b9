"""Every collection with a rule, against a dictionary: what was written is what is read."""

import random

import pytest
from msgspec import UNSET

from tests.helpers.listing_walk import read_items
from tests.helpers.resource_walk import RULES, Walk, collections, definition, hand_written
from tests.strategies.simulator import misfits

CREATABLE = collections("A", "B")


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
        body = self.walk.body(route, version=old.get("version"))
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


@pytest.mark.parametrize("collection", CREATABLE[::12], ids=lambda each: each.template)
def test_a_sample_of_the_collections_is_like_a_dictionary(collection):
    assert run(collection, 3)


def written(template, path, walk):
    """Write a resource that exists already, and return the operations whose effect was seen."""
    seen = set()
    for method in ("PUT", "PATCH"):
        try:
            rule = RULES.find(walk.route(method, template))
        except KeyError:
            continue
        if rule is None:
            continue
        route = walk.route(method, template)
        before = walk.call("GET", template, path)
        assert before.status == 200, (template, before)
        answer = walk.desk.call(method, walk.url(route, path), changed(walk, route, before.json))
        assert answer.status in {200, 204}, (method, template, answer)
        after = walk.call("GET", template, path)
        schema = walk.route("GET", template).facts.reply_schema
        assert misfits(definition(), schema, after.json) == [], template
        if after.json != before.json:
            seen |= {(method, route.template), ("GET", walk.route("GET", template).template)}
    return seen


def changed(walk, route, before):
    """A body unlike what is there: booleans turned, texts extended, numbers raised."""
    body = walk.body(route, version=before.get("version"))
    properties = definition().resolve(route.facts.body.schema).properties
    for name, value in body.items():
        if name == "version" or properties[name].is_read_only or properties[name].ref:
            continue
        old = before.get(name, value)
        if isinstance(old, bool):
            body[name] = not old
        elif isinstance(old, int | float):
            body[name] = old + 1
        elif isinstance(old, str) and not properties[name].format and not properties[name].enum:
            body[name] = f"{old} changed"
        elif isinstance(old, str) and properties[name].enum:
            body[name] = next((e for e in properties[name].enum if e != old), old)
        elif isinstance(old, list):
            body[name] = []
    return {name: value for name, value in body.items() if value is not None}


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
    item = collection.template + "/{}"
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

    assert call("GET", item, f"{base}/nothing").status == 404
    started = call("POST", collection.template, base)
    assert started.status == 200, (collection.template, started)
    where = f"{base}/{started.json[collection.identity]}"
    facts, states = collection.states, []
    for _ in range(3):
        states.append(call("GET", item, where).json[facts.name])
        walk.desk.sleep(0.6)
    if facts.paused:
        assert states == [facts.waiting, facts.paused, facts.paused]
        seen |= resume(collection, walk, where)
        states = []
        for _ in range(2):
            states.append(call("GET", item, where).json[facts.name])
            walk.desk.sleep(0.6)
        assert states == [facts.running, facts.success]
    else:
        assert states == [facts.waiting, facts.running, facts.success]
    seen |= {
        ("POST", walk.route("POST", item[:-3]).template),
        ("GET", walk.route("GET", item).template),
    }
    if ("", "GET") in collection.operations:
        listed = call("GET", item[:-3], base).json
        assert len(listed[collection.listing] if collection.listing else listed) == 1
        seen.add(("GET", walk.route("GET", item[:-3]).template))
    for route in definition().routes:
        rule = RULES.find(route)
        if rule is not None and rule.action == "results" and rule.collection == collection:
            tail = route.template.rpartition("/")[2]
            assert call("GET", route.template, f"{where}/{tail}").status in {200, 204}
            assert call("GET", route.template, f"{base}/nothing/{tail}").status == 404
            seen.add(("GET", route.template))
    if ("item", "DELETE") in collection.operations:
        assert call("DELETE", item, where).status in {200, 204}
        assert call("GET", item, where).status == 404
        seen.add(("DELETE", walk.route("DELETE", item).template))
    return seen


@pytest.mark.parametrize("collection", collections("H")[::12], ids=lambda each: each.template)
def test_a_sample_of_the_jobs_ends(collection):
    assert run_job(collection)


def singles():
    found = {}
    for route in definition().routes:
        rule = RULES.find(route)
        if rule is not None and rule.letter == "D" and route.method == "GET":
            found[route.template] = route
    return list(found)


@pytest.mark.parametrize("template", singles()[::12])
def test_a_sample_of_the_single_resources_is_what_was_last_written(template):
    walk = Walk()
    written(template, walk.place(template), walk)


@pytest.mark.slow
def test_all_operations_with_a_rule_change_what_is_read():
    """The number of operations whose effect, or whose reply after an earlier write, was seen."""
    seen = set()
    for collection in CREATABLE:
        seen |= run(collection, 4)
    walk = Walk()
    for template in singles():
        seen |= written(template, walk.place(template), walk)
    for collection in collections("C"):
        item = walk.route("GET", collection.template + "/{}").template
        seen |= written(item, walk.place(collection.template) + "/" + walk.sample(item), walk)
    for collection in collections("H"):
        seen |= run_job(collection)
    assert len(seen) >= 1510


def test_users_and_queues_have_handlers_of_their_own():
    assert hand_written("/api/v2/users")
    assert {each.template for each in CREATABLE}.isdisjoint({"/api/v2/users"})
