"""Sees whether an operation with a rule has state: whether a reply changes because of an earlier write."""

from collections.abc import Mapping
from urllib.parse import quote

from msgspec import UNSET

from genesys_core.definition.words.known_limits import KNOWN_LIMITS
from genesys_core.simulator.resources.job_rules import JOB_STARTERS
from genesys_core.simulator.resources.path_references import list_references
from tests.helpers.resource_walk import RULES, Walk, hand_written
from tests.strategies.simulator import definition

READS = {"list", "read", "list_view", "read_view", "search", "read_many", "results"}


class Witness:
    """One simulated platform, on which one operation is tried after others."""

    def __init__(self, route):
        self.walk = Walk()
        self.route = route
        self.rule = RULES.find(route)
        self.collection = self.rule.collection
        self.place = self.walk.place(self.collection.template)
        self.desk = self.walk.desk
        self.parents = {}

    def known(self, method, where=""):
        """The operation of the collection, or of its items, with a method; None if it has none."""
        template = self.collection.template + ("/{}" if where else "")
        try:
            return self.walk.route(method, template)
        except KeyError:
            return None

    def call(self, route, path, body=UNSET):
        known = {each.name for each in route.facts.parameters}
        most = min(200, KNOWN_LIMITS.get((route.facts.name, "page_size"), 200))
        size = {"pageSize": most} if "pageSize" in known else {}
        url = self.walk.url(route, path, **size).replace("q64=q64", "q64=e30%3D")
        return self.desk.call(route.method, url, body)

    def stored(self):
        place = tuple(self.place.split("/"))
        match place:
            case ("", "api", "v2", "users"):
                return self.desk.simulator.state.users
            case ("", "api", "v2", "routing", "queues"):
                return self.desk.simulator.state.queues
        return self.desk.simulator.state.collections.get(place, {})

    def create(self):
        """Create an item over the API, and return its id; None if nothing creates one."""
        before = set(self.stored())
        for method in ("POST", "PUT", "PATCH"):
            route = self.known(method)
            rule = None if route is None else RULES.find(route)
            if rule is None or rule.action not in {
                "create",
                "create_many",
                "add_members",
                "set_members",
                "start",
            }:
                continue
            body = self.body(route, [quote_id(self.desk)])
            answer = self.call(route, self.place, body)
            assert answer.status in {200, 202, 204}, (route.method, route.template, answer)
            new = [each for each in self.stored() if each not in before]
            return new[-1] if new else None
        return self.start_job(before) or self.write_item()

    def start_job(self, before):
        """Start a job by an operation elsewhere, and return its id; None if there is none."""
        for (method, template), jobs in sorted(JOB_STARTERS.items()):
            if jobs == self.collection.template:
                own, self.route = self.route, self.walk.route(method, template)
                answer = self.call(self.route, self.path("x"), self.body(self.route, []))
                self.route = own
                assert answer.status in {200, 202, 204}, (template, answer)
                return next(each for each in self.stored() if each not in before)
        return None

    def write_item(self):
        """Write an item that is an example so far, and return its id."""
        for method in ("PUT", "PATCH"):
            route = self.known(method, "item")
            rule = None if route is None else RULES.find(route)
            if rule is not None and rule.action in {"replace", "merge"}:
                reads = self.known("GET", "item")
                before = self.call(reads, f"{self.place}/x").json
                for enums in (False, True):
                    body = changed_body(self.walk, route, before, enums=enums)
                    answer = self.call(route, f"{self.place}/x", body)
                    assert answer.status in {200, 202, 204}, (route.template, answer)
                    if self.call(reads, f"{self.place}/x").json != before:
                        break
                return "x"
        return None

    def body(self, route, ids, **more):
        """A body that names items by their ids, wherever it has a list of ids or of items."""
        value = self.walk.body(route, **more)
        schema = None if route.facts.body is None else route.facts.body.schema
        return value if schema is None else named(schema, value, ids, self.walk)

    def observe(self, identity=None):
        """What reads of the collection say."""
        seen = []
        for where, path in (
            ("", self.place),
            ("item", f"{self.place}/{quote(str(identity), safe='')}"),
        ):
            route = self.known("GET", where)
            if route is not None and (where == "" or identity):
                answer = self.call(route, path)
                seen.append((answer.status, answer.body))
        return seen

    def path(self, identity):
        """The path of the operation under test, about an item or about none."""
        template, path = self.route.template, ""
        owners = self.collection.template.split("/")
        for segment in template.split("/")[1:]:
            owner = template[: template.index(f"/{segment}")] if segment.startswith("{") else ""
            if segment in owners:
                path += "/" + self.place.split("/")[owners.index(segment)]
            elif owner and owner != self.collection.template:
                path += "/" + quote(
                    self.above(owner, path, f"{owner}/{segment}", identity), safe=""
                )
            elif owner:
                path += "/" + quote(str(identity), safe="")
            else:
                path += f"/{segment}"
        return path

    def above(self, owner, path, item, identity):
        """The id of what is above the path of the operation, created once."""
        if owner not in self.parents:
            known = RULES.collection(owner)
            refers = item.rpartition("{")[2].strip("}") in dict(list_references(RULES, item))
            is_real = (
                refers or hand_written(owner) or (known is not None and known.letter in {"A", "B"})
            )
            self.parents[owner] = self.walk.parent(owner, path, item) if is_real else None
        sample = self.walk.sample(item)
        return self.parents[owner] or (str(identity) if sample == "x" else sample)


def quote_id(desk):
    """The id of something that members can be: the second user."""
    return list(desk.simulator.state.users)[1]


def named(schema, value, ids, walk):
    """The body with these ids in its lists, and their items."""
    known = definition().resolve(schema)
    if known.type == "array" and ids:
        item = definition().resolve(known.items)
        if item.type == "string" and not item.enum:
            return list(ids)
        if item.properties is not None and isinstance(value, list) and value:
            return [
                {
                    **value[0],
                    **({"id": each} if "id" in item.properties else {}),
                    **renamed(value[0], walk),
                }
                for each in ids
            ]
    if isinstance(value, Mapping) and known.properties:
        return {
            name: named(known.properties[name], each, ids, walk)
            if name in known.properties
            and definition().resolve(known.properties[name]).type == "array"
            else ids[0]
            if name == "id" and ids
            else each
            for name, each in value.items()
        }
    return value


def renamed(value, walk):
    """A name of its own for what has one."""
    walk.bodies += 1
    return {"name": f"Thing {walk.bodies:05d}"} if isinstance(value.get("name"), str) else {}


def changed_body(walk, route, before, *, enums=False):
    """A body unlike what is there: booleans turned, texts extended, numbers raised.

    With ``enums``, values of enums are others of them too.
    """
    version = before.get("version") if isinstance(before, Mapping) else None
    body = walk.body(route, version=version)
    if isinstance(body, list):
        return named(route.facts.body.schema, body, [quote_id(walk.desk)], walk)
    if not isinstance(body, Mapping):
        return body
    if set(body) == {"changes"}:
        reply = definition().resolve(route.facts.reply_schema)
        kept = {"id", "selfUri", *reply.required}
        optional = (name for name, each in before.items() if name not in kept and each)
        return {"changes": [{"field": next(optional), "action": "Remove"}]}
    known = definition().resolve(route.facts.body.schema)
    old = before if isinstance(before, Mapping) else {}
    made = changed_object(known, body, old, enums=enums)
    return {name: each for name, each in made.items() if each is not None}


def changed_object(known, value, before, *, enums=False):
    properties = known.properties or {}
    return {
        name: each
        if name in {"id", "version"} or name not in properties or properties[name].is_read_only
        else changed_value(properties[name], each, before.get(name, each), enums=enums)
        for name, each in value.items()
    }


def changed_value(schema, value, old, *, enums=False):  # noqa: PLR0911 - one for each type
    known = definition().resolve(schema)
    if isinstance(value, Mapping) and known.properties:
        inside = old if isinstance(old, Mapping) else {}
        return changed_object(known, value, inside, enums=enums)
    match old:
        case bool():
            return not old
        case int() | float() if isinstance(value, int | float):
            return old + 1
        case str() if not known.format and not known.enum and isinstance(value, str):
            return f"{old} changed"
        case list() if old and not isinstance(value, Mapping):
            return []
        case _ if enums and known.enum:
            return next((each for each in known.enum if each != old), value)
        case _:
            return value


def sees(route):
    """Return the operations whose state is seen with this one.

    A read is seen when its reply changes because of an earlier write, a write when a read after it
    does. Nothing is seen of an operation whose calls change nothing.
    """
    rule = RULES.find(route)
    if rule.collection is None:
        return sees_single(route)
    witness = Witness(route)
    if rule.action == "start":
        return sees_job(witness)
    if rule.action == "results":
        is_seen = sees_results(witness)
    elif rule.action in READS:
        is_seen = sees_read(witness)
    elif rule.action in {"replace", "merge"}:
        is_seen = sees_update(witness)
    else:
        is_seen = sees_write(witness)
    return {(route.method, route.template)} if is_seen else set()


def sees_single(route):
    """Write a single resource, read it again, reset it and read it again."""
    walk = Walk()
    path = walk.place(route.template)
    reads = walk.route("GET", route.template)
    methods = ("PUT", "PATCH", "POST")
    key = (route.method, route.template)

    def read():
        answer = walk.desk.call("GET", walk.url(reads, path))
        assert answer.status in {200, 202}, (route.template, answer)
        return answer.json

    writes = [route] if route.method in methods else []
    for method in methods if not writes else ():
        try:
            writes.append(walk.route(method, route.template))
        except KeyError:
            continue
    before = read()
    write = writes[0]
    written = before
    for enums in (False, True):
        body = changed_body(walk, write, before, enums=enums)
        answer = walk.desk.call(write.method, walk.url(write, path), body)
        assert answer.status in {200, 202, 204}, (write.template, answer)
        written = read()
        if written != before:
            break
    if route.method != "DELETE":
        return {key} if written != before else set()
    assert walk.desk.call("DELETE", walk.url(route, path)).status in {200, 202, 204}
    return {key} if read() == before != written else set()


def sees_update(witness):
    """Whether an item is read otherwise after it was written."""
    reads = witness.known("GET", "item")
    identity = witness.create() or "x"
    path = f"{witness.place}/{quote(str(identity), safe='')}"
    if reads is None:
        return witness.observe(identity) != updated(witness, path, {}).observe(identity)
    before = witness.call(reads, path)
    assert before.status == 200, (reads.template, before)
    for enums in (False, True):
        updated(witness, path, before.json, enums=enums)
        if (after := witness.call(reads, path)).body != before.body:
            return True
        before = after
    return False


def updated(witness, path, before, *, enums=False):
    body = changed_body(witness.walk, witness.route, before, enums=enums)
    answer = witness.call(witness.route, path, body)
    assert answer.status in {200, 202, 204}, (witness.route.template, answer)
    return witness


def sees_read(witness):
    route, rule = witness.route, witness.rule
    is_one = rule.action in {"read", "read_view"}
    if is_one:
        identity = witness.create()
        if identity is None:
            return sees_deletion(witness)
        answer = witness.call(route, witness.path(identity), witness.body(route, []))
        missing = witness.call(route, witness.path("nothing"), witness.body(route, []))
        if answer.status == 200 and missing.status == 404:
            return True
        example = Witness(route)
        return example.call(route, example.path(identity)).body != answer.body
    body = blank(witness.body(route, []))
    before = witness.call(route, witness.path("x"), body)
    assert before.status in {200, 202}, (route.template, before)
    identity = witness.create()
    if identity is None:
        return sees_deletion(witness)
    for parameter, name in rule.filters:
        value = next(iter(witness.desk.simulator.state.users))
        if parameter != "me":
            segments = route.template.split("/")
            value = witness.path("x").split("/")[segments.index(f"{{{parameter}}}")]
        refer(witness, identity, name, value)
    if rule.action == "read_many":
        body = witness.body(route, [identity])
    after = witness.call(route, witness.path("x"), body)
    assert after.status in {200, 202}, (route.template, after)
    return after.body != before.body


def blank(body):
    """A search body without its example filters."""
    if not isinstance(body, Mapping):
        return body
    return {
        name: [] if isinstance(each, list) else each
        for name, each in body.items()
        if name not in {"after", "cursor"}
    }


def refer(witness, identity, name, value):
    """Let an item refer to something, by a write over the API."""
    for method in ("PATCH", "PUT"):
        route = witness.known(method, "item")
        if route is None:
            continue
        body = witness.body(route, [], version=witness.stored()[identity].get("version"))
        properties = definition().resolve(route.facts.body.schema).properties
        facts = definition().resolve(properties[name]) if name in properties else None
        if facts is None and f"{name}Id" not in properties:
            continue
        if facts is None:
            body[f"{name}Id"] = value
        else:
            body[name] = (
                value if facts.type == "string" else {**(body.get(name) or {}), "id": value}
            )
        answer = witness.call(route, f"{witness.place}/{identity}", body)
        assert answer.status in {200, 202, 204}, (route.template, answer)


def sees_deletion(witness):
    """Whether a read no longer finds what a DELETE removed."""
    delete = witness.known("DELETE", "item")
    rule = None if delete is None else RULES.find(delete)
    if rule is None or rule.action != "delete" or rule.collection.states is not None:
        return False
    state = witness.desk.simulator.state
    from genesys_core.simulator.state.examples import uuid_shaped

    place = tuple(witness.place.split("/"))
    identity = uuid_shaped(state.seed, *place)
    before = witness.call(witness.route, witness.path(identity))
    answer = witness.call(delete, f"{witness.place}/{identity}")
    assert answer.status in {200, 202, 204}, (delete.template, answer)
    after = witness.call(witness.route, witness.path(identity))
    return (before.status, before.body) != (after.status, after.body)


def sees_job(witness):
    """Start a job, and see it where it is polled."""
    route, status = witness.route, witness.known("GET", "item")
    results = status is None
    if results:  # which are all that is polled
        status = witness.walk.route("GET", f"{witness.collection.template}/{{}}/results")
    path, below = witness.path("x"), "/results" if results else ""
    assert witness.call(status, f"{witness.place}/nothing{below}").status == 404
    before = set(witness.stored())
    answer = witness.call(route, path, witness.body(route, []))
    assert answer.status in {200, 202, 204}, (route.template, answer)
    (job,) = set(witness.stored()) - before
    if witness.call(status, f"{witness.place}/{job}{below}").status != 200:
        return set()
    return {(route.method, route.template), (status.method, status.template)}


def sees_results(witness):
    """Whether the results of a job are there after its end, and were not before."""
    path = witness.path(witness.create())
    before = witness.call(witness.route, path)
    witness.desk.sleep(2)
    after = witness.call(witness.route, path)
    return before.status == 404 and after.status in {200, 204}


def sees_write(witness):
    route, rule = witness.route, witness.rule
    one = witness.create()
    if one is None and rule.action == "delete":
        witness.route = witness.known("GET", "item")
        return sees_deletion(witness)
    ids = [one] if one is not None else []
    if rule.action in {"add_members", "set_members"}:
        ids = [list(witness.desk.simulator.state.users)[2]]
    before = witness.observe(one)
    version = witness.stored().get(one, {}).get("version")
    body = witness.body(route, ids, version=version)
    path = witness.path(one or "x")
    keys = [
        e.name
        for e in route.facts.parameters
        if e.location == "query" and e.name.lower().endswith(("id", "ids"))
    ]
    url = witness.walk.url(
        route,
        path,
        **(
            {keys[0]: one}
            if keys and one and rule.action in {"delete_many", "remove_members"}
            else {}
        ),
    )
    answer = witness.desk.call(route.method, url, body)
    assert answer.status in {200, 202, 204}, (route.method, route.template, answer)
    if witness.observe(one) != before:
        return True
    if rule.action not in {"command", "copy"}:
        return False
    missing = witness.desk.call(
        route.method, witness.walk.url(route, witness.path("nothing")), body
    )
    return missing.status == 404 and answer.json.get("id") == one
