from __future__ import annotations

import copy
import pickle
from typing import ClassVar

import pytest

from genesys_core.confidential import Confidential, Printable


class Account(Confidential, frozen=True):
    __secrets__: ClassVar[frozenset[str]] = frozenset({"password", "keys"})

    name: str
    password: str | None = None
    keys: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
    tries: int = 0


def test_secrets_are_masked_and_the_rest_is_shown():
    account = Account("ann", "hunter2", {"a": "hunter3"})
    assert repr(account) == "Account(name='ann', password=[REDACTED], keys=[REDACTED], tries=0)"
    assert str(account) == f"{account}" == repr(account)


def test_what_is_absent_is_left_out():
    assert repr(Account("ann")) == "Account(name='ann', tries=0)"


def test_a_class_without_secrets_shows_all():
    class Plain(Confidential, frozen=True):
        name: str

    assert repr(Plain("ann")) == "Plain(name='ann')"


def test_rich_is_told_no_more_than_repr():
    account = Account("ann", "hunter2", {"a": "hunter3"})
    told = account.__rich_repr__()
    assert "hunter" not in repr(told)
    assert [name for name, _ in told] == ["name", "password", "keys", "tries"]
    assert repr(told[0][1]) == "'ann'"


def test_rich_prints_no_secret():
    rich_console = pytest.importorskip("rich.console")
    rich_pretty = pytest.importorskip("rich.pretty")
    console = rich_console.Console(width=200)
    with console.capture() as capture:
        console.print(rich_pretty.Pretty(Account("ann", "hunter2")))
    assert "hunter2" not in capture.get()
    assert "[REDACTED]" in capture.get()


def test_a_secret_is_not_pickled_and_the_error_says_what_to_do():
    with pytest.raises(TypeError, match=r"Account cannot be pickled.*create it there"):
        pickle.dumps(Account("ann", "hunter2"))
    without = Account("ann", tries=2)
    assert pickle.loads(pickle.dumps(without)) == without


def test_a_secret_can_be_copied_within_the_process():
    account = Account("ann", "hunter2", {"a": "hunter3"})
    assert copy.deepcopy([account]) == [copy.copy(account)] == [account]


class Address(Printable, frozen=True):
    url: str

    def __repr__(self) -> str:
        return "Address(https://h/...)"


def test_what_says_itself_what_is_shown_shows_no_more_in_rich():
    rich_pretty = pytest.importorskip("rich.pretty")
    address = Address("https://h/hunter2")
    assert rich_pretty.pretty_repr(address) == repr(address)
    assert rich_pretty.pretty_repr([address]) == f"[{address!r}]"
