"""A client's own secrets never show, in whatever spelling they come back."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from genesys_core.codec.issues import Issue
from genesys_core.http.known_secrets import KnownSecrets, hide_credentials
from tests.strategies.secrets import SPELLINGS, spelt

SECRET = 'hunter2/+="\\é😀hunter2'
PLAIN = "hunter2hunter2"
MASK = "[REDACTED]"


@pytest.mark.parametrize("one", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("other", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_found_in_any_escaping(one, other):
    secrets = KnownSecrets.of([SECRET])
    shown = secrets.hide(f"it was {other(one(SECRET))}.")
    assert MASK in shown
    assert "hunter2" not in shown
    assert "hunter2" not in secrets.hide(other(one(SECRET) + " again " + one(SECRET)))


@given(spelt())
def test_no_secret_can_be_read_out_of_what_is_shown(secret_and_text):
    secret, text = secret_and_text
    assume(not can_be_read(secret, MASK))  # "REDACTED" is no secret
    shown = KnownSecrets.of([secret]).hide(text)
    assert MASK in shown
    assert not can_be_read(secret, shown)
    assert KnownSecrets.of([secret]).hide(shown) == shown


def can_be_read(secret, text):
    """Undoes one kind of escape after the other, as long as there are some."""
    while True:
        if secret in text:
            return True
        plain = unquote(re.sub(r"\\+u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text))
        if plain == text:
            return False
        text = plain


@given(st.text())
def test_a_text_without_a_secret_stays_as_it_was(text):
    assert KnownSecrets().hide(text) == hide_credentials(text)
    assert KnownSecrets.of([PLAIN]).hide(text) == hide_credentials(text)


def test_what_cannot_be_found_again_is_not_shown_at_all():
    # Escapes that undo to the secret only together: "%5Cu0068" is "\u0068" is "h".
    text = PLAIN.replace("h", "%255C%75%30068")
    assert KnownSecrets.of([PLAIN]).hide(f"was {text}") == MASK


def test_the_longest_secret_is_replaced_first():
    assert KnownSecrets.of([PLAIN, f"{PLAIN}more"]).hide(f"{PLAIN}more") == MASK


def test_short_words_and_nothing_are_no_secrets():
    assert KnownSecrets.of(["secret", None, ""]).values == ()
    assert KnownSecrets.of(["secret"]).hide("the client secret") == "the client secret"


def test_endless_escapes_end():
    for levels in (1, 6, 7, 8, 40, 1000):
        text = PLAIN.replace("h", "%" + "25" * levels + "68")
        assert KnownSecrets.of([PLAIN]).hide(f"was {text}.") == f"was {MASK}."


def test_a_text_with_more_levels_of_escapes_than_are_undone_is_not_shown_at_all():
    secrets = KnownSecrets.of([PLAIN])
    assert secrets.hide(f"was {'%' + '25' * 6 + '41'}") == f"was {'%' + '25' * 6 + '41'}"
    assert secrets.hide(f"was {'%' + '25' * 40 + '41'}") == MASK


def test_a_plus_may_be_a_space_and_a_space_a_plus():
    for secret, text in [
        ("hunter2 hunter2", "hunter2+hunter2"),
        ("hunter2+hunter2", "hunter2 hunter2"),
    ]:
        for others in ([], [PLAIN]):
            assert KnownSecrets.of([secret, *others]).hide(f"was {text}.") == f"was {MASK}."


def test_each_secret_is_looked_for_in_escaped_text():
    secrets = KnownSecrets.of([PLAIN, f"{PLAIN}-longer"])
    assert secrets.hide(f"was {PLAIN.replace('h', '%68')}.") == f"was {MASK}."


def test_eight_characters_are_a_secret():
    assert KnownSecrets.of(["hunter2"]).values == ()
    assert KnownSecrets.of(["hunter22"]).hide("hunter22") == MASK


AROUND = {"in JSON": '{"text": "%s"}', "in JSON beyond ASCII": '["%s"]'}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_is_around_a_secret_stays(spelling):
    secret = 'hunter2 /+="é😀hunter2'
    shown = KnownSecrets.of([secret]).hide(f"it was {SPELLINGS[spelling](secret)}.")
    assert shown == f"it was {AROUND.get(spelling, '%s') % MASK}."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "Authorization: Bearer abc.DEF-123_~+/== is no good",
            f"Authorization: Bearer {MASK} is no good",
        ),
        ("bearer%20abc%2Bdef%3D", f"bearer%20{MASK}"),
        ("Bearer: abcdef", f"Bearer: {MASK}"),
        ("Basic aWQ6c2VjcmV0", f"Basic {MASK}"),
        ('{"authorization":"Bearer abc"}', f'{{"authorization":"Bearer {MASK}"}}'),
        ("the bearer token is missing", "the bearer token is missing"),
        ('Bearer realm="x", error="invalid_token"', 'Bearer realm="x", error="invalid_token"'),
        ("forbearer abc", "forbearer abc"),
    ],
)
def test_what_follows_bearer_and_basic_is_hidden(text, shown):
    assert hide_credentials(text) == shown


def test_the_secrets_themselves_never_show():
    secrets = KnownSecrets.of([PLAIN])
    assert PLAIN not in f"{secrets!r}{secrets}{secrets.__rich_repr__()}"


def test_secrets_of_two_can_be_joined():
    one, other = KnownSecrets.of([PLAIN]), KnownSecrets.of(["another secret"])
    assert one.joined(KnownSecrets()) is one
    assert one.joined(other).hide(f"{PLAIN} another secret") == f"{MASK} {MASK}"


def test_issues_and_containers_are_looked_through():
    issue = Issue("$.a", "string found", PLAIN)
    found = KnownSecrets.of([PLAIN]).hide_in([(issue, 1), {PLAIN: None}])
    assert found == [(Issue("$.a", "string found", MASK), 1), {MASK: None}]
