"""Classes made from tables are those that a class statement would make."""

from __future__ import annotations

import pickle
import sys
from datetime import date, datetime
from types import ModuleType
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_core.codec.model import Model, SecretModel
from genesys_core.codec.model_tables import define_models, model_facts
from genesys_core.codec.values import YearMonth

TABLE = """\
Empty
Odd=Odd%20Name wire=%24a.b%3Ac
Plain text! whole:int real:float yes^:bool any:any day:full-date at:date-time month:year-month
 pin*
Nested plain:Plain plains:[Plain] by_key:{[Plain]} texts:[str] elsewhere:[Elsewhere]
Ring next:Ring
First second:Second
Second firsts:{First}
Selfish Selfish:[Selfish]
"""


class Elsewhere(Model):
    """What another module of the package holds."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    package, module = ModuleType("tables"), ModuleType("tables._one")
    package.Elsewhere = Elsewhere
    module.__package__ = "tables"
    for one in (package, module):
        monkeypatch.setitem(sys.modules, one.__name__, one)
    define_models(vars(module), TABLE)
    return module


def test_types(made: ModuleType) -> None:
    assert get_type_hints(made.Plain) == {
        "__secrets__": get_type_hints(SecretModel)["__secrets__"],
        "text": str | None,
        "whole": int | None,
        "real": float | None,
        "yes": bool | None,
        "any": Any | None,
        "day": date | None,
        "at": datetime | None,
        "month": YearMonth | None,
        "pin": str | None,
    }
    assert get_type_hints(made.Nested) == {
        "plain": made.Plain | None,
        "plains": list[made.Plain] | None,
        "by_key": dict[str, list[made.Plain]] | None,
        "texts": list[str] | None,
        "elsewhere": list[Elsewhere] | None,
    }


def test_cycles(made: ModuleType) -> None:
    assert get_type_hints(made.Ring) == {"next": made.Ring | None}
    assert get_type_hints(made.First) == {"second": made.Second | None}
    assert get_type_hints(made.Selfish) == {"Selfish": list[made.Selfish] | None}
    first = msgspec.json.decode(b'{"second": {"firsts": {"k": {}}}}', type=made.First)
    assert first == made.First(second=made.Second(firsts={"k": made.First()}))


def test_marks_become_docstrings_and_secrets(made: ModuleType) -> None:
    assert made.Plain.__doc__ == "Required: text. Read-only: yes. Never shown: pin."
    assert made.Odd.__doc__ == "``Odd Name`` in the API definition."
    assert made.Empty.__doc__ == "Has no properties."
    assert made.Ring.__doc__ is None
    assert issubclass(made.Plain, SecretModel)
    assert repr(made.Plain(pin="1234", text="t")) == "Plain(text='t', pin=[REDACTED])"
    assert not issubclass(made.Nested, SecretModel)


def test_wire_names(made: ModuleType) -> None:
    assert made.Odd.__struct_encode_fields__ == ("$a.b:c",)
    assert made.Nested.__struct_encode_fields__[2] == "byKey"


def test_classes_are_of_their_module(made: ModuleType) -> None:
    plain = made.Plain(text="t")
    assert made.Plain.__module__ == "tables._one"
    assert made.Plain.__qualname__ == "Plain"
    assert pickle.loads(pickle.dumps(plain)) == plain
    with pytest.raises(TypeError):
        made.Plain("t")


def test_a_name_that_is_nowhere_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tables", ModuleType("tables"))
    with pytest.raises(AttributeError, match="Nowhere"):
        define_models({"__name__": "tables._one", "__package__": "tables"}, "Plain one:Nowhere\n")


_names = st.lists(st.from_regex(r"[a-z]{1,5}", fullmatch=True), unique=True)


@given(_names, _names, _names)
def test_facts_name_every_field_given(
    required: list[str], read_only: list[str], secret: list[str]
) -> None:
    facts = model_facts("", ["any"], required, read_only, secret)
    kinds = {"Required": required, "Read-only": read_only, "Never shown": secret}
    expected = [f"{kind}: {', '.join(names)}." for kind, names in kinds.items() if names]
    assert facts == (" ".join(expected) or None)


def test_a_plain_field_is_an_optional_text(made: ModuleType) -> None:
    assert made.Plain().text is None
    assert msgspec.json.decode(b'{"text":"a"}', type=made.Plain).text == "a"


def test_a_table_of_plain_fields_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("plain")
    monkeypatch.setitem(sys.modules, "plain", module)
    define_models(vars(module), "Words first second\n")
    assert get_type_hints(module.Words) == {"first": str | None, "second": str | None}


def test_descriptions_come_before_the_facts() -> None:
    module = ModuleType("described")
    about = {"A": "What it is.", "B": "Another."}
    define_models(vars(module), "A id!\nB id\nC id!", about)
    docs = [module.A.__doc__, module.B.__doc__, module.C.__doc__]
    assert docs == ["What it is.\n\nRequired: id.", "Another.", "Required: id."]


def test_a_union_names_its_models_and_their_kinds() -> None:
    module = ModuleType("unions")
    define_models(vars(module), "Dog name\nAnyPet|pet%20type Dog Cat=the%20cat\nBox pet:AnyPet")
    assert (module.AnyPet.tag, module.AnyPet.cases) == (
        "pet type",
        {"Dog": "Dog", "the cat": "Cat"},
    )
    assert get_type_hints(module.Box)["pet"] == (module.AnyPet | None)
