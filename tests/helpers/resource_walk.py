"""Calls for every collection and single resource that the simulator has rules for."""

import re
from urllib.parse import quote

import msgspec

from genesys_core.simulator import Settings
from genesys_core.simulator.http.unique_names import find_unique_name
from genesys_core.simulator.resources.path_references import CONVERSATIONS, list_references
from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.state.examples import example_of
from tests.strategies.simulator import Desk, definition

SAMPLES = {"date": "2024-05-17", "date-time": "2024-05-17T09:30:00Z", "integer": "1"}

# What runs cannot be changed or deleted.
AT_REST = {
    "Campaign": {"campaignStatus": "off"},
    "CampaignRule": {"enabled": False},
    "CampaignSequence": {"status": "off"},
    "MessagingCampaign": {"campaignStatus": "off"},
}

RULES = ResourceRules.of(definition())
ROUTES = {
    (each.method, re.sub(r"\{\w+\}", "{}", each.template)): each for each in definition().routes
}


def hand_written(template):
    """Whether a handler answers for the collection, whatever the rules say."""
    return template in {
        "/api/v2/oauth/clients",
        "/api/v2/routing/queues",
        "/api/v2/scim/users",
        "/api/v2/scim/v2/users",
        "/api/v2/users",
    }


def collections(*letters):
    """The collections that rules of these letters found, in the order of the definition."""
    found = {}
    for route in definition().routes:
        rule = RULES.find(route)
        if rule is not None and rule.letter in letters and rule.collection is not None:
            found.setdefault(rule.collection.template, rule.collection)
    return [each for name, each in found.items() if not hand_written(name)]


class Walk:
    """Calls to one simulated platform, with arguments made from the definition."""

    def __init__(self, desk=None):
        self.desk = desk or Desk(settings=Settings(check_references=False))
        self.bodies = 0

    def route(self, method, template):
        return ROUTES[method, re.sub(r"\{\w+\}", "{}", template)]

    def body(self, route, **more):
        """A body that the operation accepts, with a unique name; UNSET if it takes none."""
        wanted = route.facts.body
        if wanted is None:
            return msgspec.UNSET
        value = example_of(definition(), wanted.schema)
        if not isinstance(value, dict):
            return value
        properties = definition().resolve(wanted.schema).properties
        self.bodies += 1
        if "name" in value and properties["name"].type == "string":
            value["name"] = f"Thing {self.bodies:05d}"
        unique = find_unique_name(re.sub(r"\{\w+\}", "{}", route.template).removesuffix("/{}"))
        if unique is not None and unique.name in value and unique.name != "name":
            text = f"thing{self.bodies:05d}"
            value[unique.name] = [text] if unique.name == "dnis" else text
        if wanted.schema.model_name == "DataTable":
            value["schema"] = {}  # an example of a schema has no key
        value |= AT_REST.get(wanted.schema.model_name, {})
        for name, each in more.items():
            if name in properties:
                value.pop(name, None)
                value |= {} if each is None else {name: each}
        return value

    def url(self, route, base, **more):
        """A path with the query parameters that the operation requires."""
        query = {
            each.name: SAMPLES.get(each.format) or SAMPLES.get(each.type) or each.name
            for each in route.facts.parameters
            if each.location == "query" and each.required
        } | more
        text = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
        return f"{base}?{text}" if text else base

    def call(self, method, template, base, value=None, **query):
        route = self.route(method, template)
        body = self.body(route) if value is None else value
        return self.desk.call(method, self.url(route, base, **query), body)

    def place(self, template):
        """The path of a collection or resource, below parents that exist."""
        at = template.find("/{")
        path = template if at < 0 else template[:at]
        while at >= 0:
            end = template.index("}", at) + 1
            path += "/" + quote(self.parent(template[:at], path, template[:end]), safe="")
            at = template.find("/{", end)
            path += template[end:] if at < 0 else template[end:at]
        return path

    def parent(self, owner, path, item):
        """The id of an item of a collection, or of what an id in a path refers to."""
        state = self.desk.simulator.state
        target = dict(list_references(RULES, item)).get(item.rpartition("{")[2].strip("}"))
        if target == CONVERSATIONS:
            return self.begin_call()
        if target is not None:
            owner = path = target
        if owner in {"/api/v2/users", "/api/v2/scim/users", "/api/v2/scim/v2/users"}:
            return next(iter(state.users))
        if owner == "/api/v2/routing/queues":
            return next(iter(state.queues))
        known = RULES.collection(owner)
        if known is not None and known.letter in {"A", "B"}:
            created = self.call("POST", known.template, path)
            assert created.status == 200, (owner, created)
            key = tuple(path.split("/"))
            return next(reversed(state.collections[key]))
        return self.sample(item)

    def begin_call(self):
        """The id of a call, which the first user begins."""
        body = {"phoneNumber": "+13175550100"}
        begun = self.desk.call("POST", f"{CONVERSATIONS}/calls", body)
        assert begun.status == 200, begun
        return begun.json["id"]

    def sample(self, item):
        name = item.rpartition("{")[2].strip("}")
        kinds = {
            each.format or each.type
            for route in definition().routes
            if route.template.startswith(item)
            for each in route.facts.parameters
            if each.name == name
        }
        return next((SAMPLES[each] for each in SAMPLES if each in kinds), "x")
