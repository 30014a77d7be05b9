"""Operations of a hostile definition get words: a line that says what each does, and a docstring.

Invariants: a line is made for any path, method, body and response; it is one line, begins with a verb of
the list, and is the same each time. A docstring is a single string literal of printable ASCII, whatever
the definition's names, summaries and descriptions hold: none of them ends it or adds code.
"""

import ast
from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.definition import read_definition
from genesys_core.definition.words.lexicon import SPELLINGS
from genesys_core.definition.words.summaries import VERBS, line_by_rules, replaced_paths
from genesys_core.definition.write.docstrings import operation_docstring
from genesys_core.definition.write.source_text import to_plain_text
from tests.strategies.definition import (
    TRAPS,
    Json,
    api_parameters,
    api_schemas,
    odd_texts,
    operation,
)

__all__ = ["check", "target"]

_METHODS = ("get", "put", "post", "delete", "patch", "head")
_segments = (
    st.sampled_from(sorted(SPELLINGS))
    | st.sampled_from(["me", "v2", "bulk", "jobs", "query", "divisionviews", "{id}", "{a.b}", "{}"])
    | odd_texts.map(lambda text: text.replace("/", ""))
)
_paths = st.lists(_segments, max_size=5).map("/".join)


@st.composite
def worded_definitions(draw: st.DrawFn) -> Json:
    """Definitions of a few paths made from words of the platform and from any text."""
    paths: Json = {}
    for number, path in enumerate(draw(st.lists(_paths, min_size=1, max_size=3, unique=True))):
        for method in draw(st.lists(st.sampled_from(_METHODS), min_size=1, max_size=2)):
            given_parameters = draw(st.lists(api_parameters, max_size=3))
            bodies = [one for one in given_parameters if one["in"] == "body"]
            others = [one for one in given_parameters if one["in"] not in ("body", "formData")]
            words = {"summary": draw(odd_texts), "description": draw(st.text(max_size=20))}
            prefix = draw(st.sampled_from(["/api/v2/", "/", ""]))
            paths.setdefault(f"{prefix}{path}", {})[method] = operation(
                f"operation{number}{method}",
                "Users",
                *others,
                *bodies[:1],
                returns=draw(st.none() | api_schemas),
                **(words if draw(st.booleans()) else {}),
            )
    return {**TRAPS, "paths": paths}


@given(worded_definitions())
def check(document: Json) -> None:
    """Describe each operation of a definition."""
    definition = read_definition(document, {"notifications": []}).definition
    models = {model.name: model for model in definition.models}
    replaced = replaced_paths(definition.operations())
    for one in definition.operations():
        line = line_by_rules(one, replaced)
        assert line == line_by_rules(one, replaced)
        assert line.partition(" ")[0] in VERBS or line.startswith("Roll back")
        assert to_plain_text(line).isprintable()
        lines = operation_docstring(one, models, line)
        source = "\n".join(["def f():", *lines])
        assert source.isascii()
        (function,) = ast.parse(source).body
        assert isinstance(function, ast.FunctionDef)
        assert len(function.body) == 1
        assert ast.get_docstring(function)


def target(data: bytes) -> None:
    """Make a definition of any bytes, and describe it; for coverage-guided engines."""
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


TARGETS: Mapping[str, Callable[[bytes], object]] = {"definition_words": target}
