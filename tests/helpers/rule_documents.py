"""Small definitions, and the rules of their operations."""

from genesys_core.simulator.resources.rules import ResourceRules
from genesys_core.simulator.state.definition import Definition
from tests.strategies.simulator import definition, operation, small_document

TEXT = {"type": "string"}
THING = {"$ref": "#/definitions/Thing"}
OTHER = {"$ref": "#/definitions/Other"}
LISTING = {"$ref": "#/definitions/Listing"}
THINGS = {"type": "array", "items": THING}
MODELS = {
    "Thing": {
        "type": "object",
        "properties": dict.fromkeys(("id", "name", "color", "size", "owner"), TEXT),
    },
    "Other": {"type": "object", "properties": {"wholly": TEXT}},
    "Listing": {"type": "object", "properties": {"entities": THINGS}},
}


def body(schema=THING):
    return {"name": "body", "in": "body", "schema": schema}


BODY = body()
READ = operation(reply=THING)
CREATE = operation(BODY, reply=THING)
LIST = operation(reply=LISTING)
COLLECTION = {"/x": {"get": LIST, "post": CREATE}, "/x/{id}": {"get": READ}}


def rules(paths, models=MODELS):
    known = Definition.of(small_document(paths, models))
    found = ResourceRules(known)
    return {(each.method, each.template): found.find(each) for each in known.routes}


def letters(paths, models=MODELS):
    """The letter and action of each operation, by its method and path."""
    return {
        f"{method} {template}": rule and (rule.letter, rule.action)
        for (method, template), rule in rules(paths, models).items()
    }


def real_rule(method, template):
    """The rule of an operation of the definition."""
    known = definition()
    return ResourceRules.of(known).find(known.routes.find(template).routes[method])


def real_action(method, template):
    rule = real_rule(method, template)
    return rule and (rule.letter, rule.action)
