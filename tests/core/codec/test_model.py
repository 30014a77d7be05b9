import copy
import pickle

import msgspec
import pytest

from genesys_core.codec.model import Model, SecretModel
from genesys_core.codec.values import NULL
from genesys_core.confidential import REDACTED
from tests.strategies.codec import Everything, Tree


class Pet(Model, kw_only=True):
    id: str | None = None
    first_name: str | None = None
    owner: "Login | None" = None
    legs: int | None = None


class Login(SecretModel, kw_only=True):
    __secrets__ = frozenset({"password", "pin_codes"})

    name: str | None = None
    password: str | None = None
    pin_codes: list[str] | None = None
    pet: Pet | None = None


def test_absent_fields_are_in_neither_repr_nor_json():
    pet = Pet(first_name="Rex", legs=0)
    assert repr(pet) == "Pet(first_name='Rex', legs=0)"
    assert msgspec.json.encode(pet) == b'{"firstName":"Rex","legs":0}'
    assert repr(Pet()) == "Pet()"


def test_a_model_is_mutable_and_takes_keywords_only():
    pet = Pet()
    pet.legs = 4
    assert pet == Pet(legs=4)
    with pytest.raises(TypeError):
        Pet("1")
    with pytest.raises(TypeError):
        Pet(leggs=4)


def test_a_model_has_one_public_name_that_is_no_field():
    assert [name for name in dir(Model) if not name.startswith("_")] == ["of"]
    assert [name for name in dir(SecretModel) if not name.startswith("_")] == ["of"]


def test_secrets_are_masked_and_nothing_else_is():
    login = Login(name="ann", password="hunter2", pin_codes=["4711"], pet=Pet(legs=4))
    assert repr(login) == (
        f"Login(name='ann', password={REDACTED}, pin_codes={REDACTED}, pet=Pet(legs=4))"
    )


@pytest.mark.parametrize("secret", ["", NULL, "hunter2"])
def test_a_secret_is_masked_whatever_it_is(secret):
    assert repr(Login(password=secret)) == f"Login(password={REDACTED})"


def test_a_secret_stays_masked_inside_other_values():
    login = Login(password="hunter2", pin_codes=["4711"])
    for shown in (repr(Pet(owner=login)), repr([login]), f"{login}", str({"login": login})):
        assert "hunter2" not in shown
        assert "4711" not in shown


def test_rich_shows_the_same():
    login = Login(name="ann", password="hunter2")
    assert login.__rich_repr__() == [("name", "ann"), ("password", REDACTED)]


def test_a_masked_secret_is_still_there_to_be_sent_copied_and_compared():
    login = Login(password="hunter2", pin_codes=[])
    assert msgspec.json.encode(login) == b'{"password":"hunter2","pinCodes":[]}'
    assert pickle.loads(pickle.dumps(login)) == copy.deepcopy(login) == login
    assert login != Login(password="other", pin_codes=[])


def test_a_model_is_copied_from_another():
    left_out = ["$.before"]
    assert Tree.of(Everything(text="x"), left_out=left_out) == Tree()
    assert left_out == ["$.before", "$.text"]
    assert Tree.of(Tree(id="1")) == Tree(id="1")
