"""What the generator makes of the definition full of traps."""

from genesys_core.definition import generate
from genesys_core.definition.read.parse import parse_definition
from tests.strategies.definition import TRAP_TOPICS, TRAPS

__all__ = ["BY_WIRE", "DEFINITION", "FILES"]

DEFINITION = parse_definition(TRAPS, TRAP_TOPICS)
FILES = generate(TRAPS, TRAP_TOPICS)
BY_WIRE = {one.wire: one for one in DEFINITION.models}
