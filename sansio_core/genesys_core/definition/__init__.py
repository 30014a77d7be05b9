"""Code generation from the platform's API definition.

Invariants: pure. A definition comes in as parsed JSON and source code goes out as text; reading,
writing and comparing files is done by :mod:`genesys_cloud.definition`.
"""

from genesys_core.definition.generator import GENERATED_ROOTS, generate, name_differences
from genesys_core.definition.write.moving_guide import with_table
from genesys_core.definition.write.source_text import BANNER_START

__all__ = ["BANNER_START", "GENERATED_ROOTS", "generate", "name_differences", "with_table"]
