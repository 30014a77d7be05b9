"""A client's own secret never shows, in whatever spelling it comes back, and hiding never fails."""

from collections.abc import Callable
from typing import Final

from hypothesis import given

from genesys_core.http.known_secrets import KnownSecrets
from tests.strategies.secrets import spelt

__all__ = ["TARGETS"]

_SECRETS: Final = KnownSecrets.of(["hunter2-hunter2", 'a"b\\c/d+e f'])


@given(spelt())
def check(secret_and_text: tuple[str, str]) -> None:
    """A secret that is there is replaced."""
    secret, text = secret_and_text
    assert secret not in KnownSecrets.of([secret]).hide(text)


def known_secrets(data: bytes) -> None:
    """The input is a text; then the choices that spell a secret."""
    shown = _SECRETS.hide(data.decode("utf-8", "surrogateescape"))
    assert "hunter2-hunter2" not in shown
    assert _SECRETS.hide(shown) == shown
    check.hypothesis.fuzz_one_input(data)  # type: ignore[attr-defined]  # added by @given


TARGETS: Final[dict[str, Callable[[bytes], object]]] = {"known_secrets": known_secrets}
