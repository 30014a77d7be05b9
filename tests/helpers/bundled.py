"""The bundled API definition, parsed: it takes two seconds, once for all test modules of a process."""

from functools import cache

from genesys_cloud.definition import load_definition, load_topics
from genesys_core.definition.read.definition import ApiDefinition
from genesys_core.definition.read.parse import parse_definition


@cache
def bundled_api() -> ApiDefinition:
    return parse_definition(load_definition(), load_topics())
