"""Any definition at all gives source that compiles, and the same source each time.

Invariants: every file compiles, is ASCII and begins with the banner; generating again gives the same
bytes; every model is defined once, with every wire name of its definition; nothing but
``InvalidValueError`` is ever raised.
"""

import ast
from collections.abc import Callable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from genesys_core.definition import BANNER_START, generate
from genesys_core.errors import InvalidValueError
from tests.strategies.definition import CORE, Json, definitions

__all__ = ["check", "target"]

_topics = st.lists(
    st.fixed_dictionaries({"topic": st.text(max_size=6), "class": st.sampled_from(["A", "List"])}),
    max_size=2,
)

_noise = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside),
    max_leaves=5,
)
_places = st.sampled_from(["swagger", "info", "paths", "definitions"])


@given(definitions(), _topics, st.none() | st.tuples(_places, _noise))
def check(document: Json, topics: list[Json], damage: tuple[str, object] | None) -> None:
    """Generate from a definition, most of them whole."""
    if damage is not None:
        document = {**document, damage[0]: damage[1]}
    try:
        files = generate(document, {"notifications": topics})
    except InvalidValueError:
        assert damage is not None or not document["paths"]
        return
    assert files == generate(document, {"notifications": topics})
    for path, text in files.items():
        assert text.startswith(BANNER_START)
        assert text.isascii()
        compile(text, path, "exec")
    if damage is None:
        _examine(document, files)


def target(data: bytes) -> None:
    """Make a definition of any bytes, and generate from it; for coverage-guided engines."""
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


def _examine(document: Json, files: dict[str, str]) -> None:
    shards = [text for path, text in files.items() if path.startswith(f"{CORE}models/_")]
    classes = [
        node for text in shards for node in ast.parse(text).body if isinstance(node, ast.ClassDef)
    ]
    assert len(classes) == len({node.name for node in classes}) == len(document["definitions"])
    fields = sum(
        isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") != "__secrets__"
        for one in classes
        for node in one.body
    )
    assert fields == sum(len(one["properties"]) for one in document["definitions"].values())


TARGETS: Mapping[str, Callable[[bytes], object]] = {"definition": target}
