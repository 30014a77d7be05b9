"""The facade imports models on first use, and its stub agrees."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from genesys_core.codec.model import Model
from genesys_core.codec.tagged_union import TaggedUnion
from tests.helpers.generated import DEFINITION, FILES
from tests.strategies.definition import CORE, generated_package


def test_the_facade_imports_nothing_until_asked(tmp_path: Path) -> None:
    with generated_package(FILES, tmp_path, "trap_lazy") as (models, _):

        def loaded() -> set[str]:
            return {name for name in sys.modules if name.startswith("trap_lazy.models._")}

        assert loaded() == set()
        warning = models.Warning
        assert loaded() == {"trap_lazy.models._user"}
        assert models.Warning is warning
        models.preload("Bare", "List")
        assert loaded() > {"trap_lazy.models._user"}
        assert "trap_lazy.models._agent_ui_1" not in loaded()
        models.preload()
        assert "trap_lazy.models._agent_ui_1" in loaded()


def test_the_facade_lists_every_model(models: ModuleType) -> None:
    assert {one.name for one in DEFINITION.models} <= set(dir(models))
    for one in DEFINITION.models:
        found = getattr(models, one.name)
        assert isinstance(found, TaggedUnion) if one.tag else issubclass(found, Model)


def test_a_name_that_is_no_model_gets_an_error_that_helps(models: ModuleType) -> None:
    with pytest.raises(
        AttributeError, match=r"no model hides_its_type .* 1\.2\.3; did you mean Hid"
    ):
        models.hides_its_type  # noqa: B018 - reading is the test
    with pytest.raises(AttributeError, match="which defines 38 models"):
        models.preload("Nonsense")
    assert not hasattr(models, "__path_of_nothing__")
    assert not hasattr(models, "")


def test_both_halves_of_the_facade_agree(models: ModuleType) -> None:
    """What the stub takes from the stubs of shards is what the run-time half finds there."""
    shown: list[str] = []
    for node in ast.parse(FILES[f"{CORE}models/__init__.pyi"]).body:
        if isinstance(node, ast.ImportFrom):
            assert [alias.name for alias in node.names] == ["*"]
            shard = importlib.import_module(f"trap_models.models.{node.module}")
            stub = ast.parse(FILES[f"{CORE}models/{node.module}.pyi"])
            names = [one.name for one in stub.body if isinstance(one, ast.ClassDef)]
            names += [one.target.id for one in stub.body if isinstance(one, ast.AnnAssign)]  # type: ignore[union-attr]
            for name in names:
                assert not name.startswith("_")  # a star would leave it out
                assert getattr(shard, name).__module__ == shard.__name__
                assert getattr(models, name) is getattr(shard, name)
            shown += names
    assert sorted(shown) == sorted(one.name for one in DEFINITION.models)
