from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from genesys_core import errors
from genesys_core.clock import Now
from genesys_core.errors import (
    ConnectError,
    GenesysCloudError,
    InvalidClientError,
    InvalidGrantError,
    OAuthError,
)
from genesys_core.oauth.grants import (
    AuthorizationCode,
    ClientCredentials,
    RefreshToken,
    Saml2Bearer,
)
from genesys_core.oauth.tokens import Token
from genesys_core.session.vault import ExchangeNeeded, NoToken, TokenReady, Vault
from tests.helpers.login_host import LoginHost
from tests.strategies.oauth import MARK

SERVICE = ClientCredentials("id", "secret")
KEPT = RefreshToken("id", "secret", "r0")
CODE = AuthorizationCode("id", "secret", "code", "https://app/")
SAML = Saml2Bearer("id", "secret", "org", "PHNhbWw+")


def at(wall: float) -> Now:
    return Now(wall, wall)


def given_at(
    wall: float, name: str = "a1", *, life: int = 1000, refresh: str | None = None
) -> Token:
    return Token(name, expires_in=life, expires_at=wall + life, refresh_token=refresh)


def ask(
    vault: Vault, wall: float = 0, *, rejected: Token | None = None, arrived: int | None = None
):
    since = vault.exchanges if arrived is None else arrived
    return vault.reserve(rejected=rejected, arrived=since, now=at(wall))


def exchange(vault: Vault, outcome: Token | GenesysCloudError, wall: float = 0):
    """A call that needs a token and gets this one."""
    vault, answer = ask(vault, wall)
    assert isinstance(answer, ExchangeNeeded)
    return vault.settle(outcome, rejected=None, now=at(wall))


# What a call gets


def test_a_client_without_a_token_needs_none():
    assert not Vault().authenticates
    assert Vault(SERVICE).authenticates
    assert Vault(token=Token("a")).authenticates


def test_the_first_call_exchanges_the_grant():
    vault, answer = ask(Vault(SERVICE))
    assert answer == ExchangeNeeded(SERVICE)
    token = given_at(0)
    vault, answer = vault.settle(token, rejected=None, now=at(0))
    assert answer == TokenReady(token)
    assert vault.usable(at(0)) == token


def test_those_who_waited_get_the_token_without_io():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    assert ask(vault, arrived=0)[1] == TokenReady(given_at(0))


def test_a_static_token_is_used_whatever_its_age():
    token = given_at(0)
    vault = Vault(token=token)
    assert vault.usable(at(10**9)) == token
    assert not vault.refreshable


def test_a_token_of_unknown_life_is_used_until_it_is_refused():
    vault, _ = exchange(Vault(SERVICE), Token("a1"))
    assert vault.usable(at(10**9)) == Token("a1")
    assert vault.refused(Token("a1")).usable(at(0)) is None


# Ahead of the end


@pytest.mark.parametrize(
    ("life", "fresh", "ending"),
    [
        (86400, 86339, 86340),  # a minute
        (300, 269, 270),  # a tenth of five minutes, the platform's shortest
        (1, 0, 0.9),
    ],
)
def test_a_token_is_renewed_ahead_of_its_end(life, fresh, ending):
    token = given_at(0, life=life)
    vault, _ = exchange(Vault(SERVICE), token)
    assert vault.usable(at(fresh)) == token
    assert vault.usable(at(ending)) is None
    assert ask(vault, ending)[1] == ExchangeNeeded(SERVICE)


def test_a_token_from_a_store_without_its_life_is_used_to_its_end():
    vault = Vault(KEPT, Token("a1", expires_at=1000.0, refresh_token="r1"))
    assert vault.usable(at(999)) is not None
    assert vault.usable(at(1000)) is None


def test_others_use_the_ending_token_while_one_renews_it():
    token = given_at(0)
    vault, _ = exchange(Vault(SERVICE), token)
    vault, answer = ask(vault, 960)
    assert isinstance(answer, ExchangeNeeded)
    assert vault.usable(at(961)) == token
    assert vault.usable(at(1000)) is None


def test_a_token_that_ends_while_it_is_renewed_is_used_no_more():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    vault, answer = ask(vault, 999.5)
    assert isinstance(answer, ExchangeNeeded)
    assert vault.usable(at(999.9)) is not None
    assert vault.usable(at(1000.1)) is None


def test_a_failure_ahead_does_not_fail_the_call():
    token = given_at(0)
    vault, _ = exchange(Vault(SERVICE), token)
    vault, answer = exchange(vault, InvalidClientError("invalid_client"), 960)
    assert answer == TokenReady(token)
    # Nor those who waited for it.
    assert ask(vault, 961, arrived=1)[1] == TokenReady(token)
    assert ask(vault, 961)[1] == TokenReady(token)


def test_renewing_ahead_is_tried_again_at_half_of_what_remains():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    tried = []
    for wall in range(900, 1000):
        vault, answer = ask(vault, wall)
        if isinstance(answer, ExchangeNeeded):
            tried.append(wall)
            vault, answer = vault.settle(
                ConnectError("no", sent=False), rejected=None, now=at(wall)
            )
            assert isinstance(answer, TokenReady)
    assert tried == [940, 970, 985, 993, 997, 999]


def test_once_the_token_has_ended_the_failure_is_told():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    vault, _ = exchange(vault, ConnectError("no", sent=False), 990)
    vault, answer = exchange(vault, ConnectError("down", sent=False), 1000)
    assert isinstance(answer, NoToken)
    assert str(answer.error) == "down"


def test_a_call_that_waited_too_long_falls_back_on_a_token_that_lasts():
    token = given_at(0)
    vault, _ = exchange(Vault(SERVICE), token)
    assert vault.fallback(None, at(999)) == token
    assert vault.fallback(token, at(999)) is None
    assert vault.fallback(None, at(1000)) is None
    assert vault.refused(token).fallback(None, at(999)) is None
    assert Vault(SERVICE).fallback(None, at(0)) is None


def test_an_owner_who_dies_leaves_the_next_to_take_over():
    vault, answer = ask(Vault(SERVICE))
    assert isinstance(answer, ExchangeNeeded)
    # Nothing is reported, the lock is free: one who waited since then asks.
    assert ask(vault, arrived=0)[1] == ExchangeNeeded(SERVICE)


# After a 401


def test_a_refused_token_is_replaced():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    vault, answer = ask(vault, 5, rejected=given_at(0))
    assert answer == ExchangeNeeded(SERVICE)
    assert vault.usable(at(5)) is None
    vault, answer = vault.settle(given_at(5, "a2"), rejected=given_at(0), now=at(5))
    assert answer == TokenReady(given_at(5, "a2"))


def test_a_late_401_for_an_older_token_exchanges_nothing():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    vault, _ = ask(vault, 5, rejected=given_at(0))
    vault = vault.granted(given_at(5, "a2"))
    after, answer = ask(vault, 6, rejected=given_at(0), arrived=0)
    assert answer == TokenReady(given_at(5, "a2"))
    assert after == vault


def test_a_refused_token_is_not_fallen_back_on():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    vault, _ = ask(vault, 5, rejected=given_at(0))
    vault, answer = vault.settle(ConnectError("no", sent=False), rejected=given_at(0), now=at(5))
    assert isinstance(answer, NoToken)
    assert isinstance(ask(vault, 6, arrived=1)[1], NoToken)
    assert isinstance(ask(vault, 6)[1], ExchangeNeeded)


def test_a_token_that_the_login_host_gives_anew_is_used_anew():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    vault, _ = ask(vault, 5, rejected=given_at(0))
    vault, answer = vault.settle(given_at(5), rejected=given_at(0), now=at(5))
    assert answer == TokenReady(given_at(5))
    assert vault.usable(at(5)) == given_at(5)


def test_with_nothing_to_try_a_refusal_says_so():
    vault, _ = exchange(Vault(CODE), given_at(0))
    assert not vault.refreshable
    _, answer = ask(vault, 5, rejected=given_at(0))
    assert isinstance(answer, NoToken)
    assert answer.exhausted
    assert "pass the client a grant as `auth`" in str(answer.error)
    _, answer = ask(Vault())
    assert "there is no access token" in str(answer.error)


# Failures


def test_every_waiter_gets_the_original_error_as_an_object_of_its_own():
    original = InvalidClientError("invalid_client", "not found", status=400, correlation_id="c-1")
    original.__cause__ = KeyError("why")
    original.attempts = ("one",)
    original.add_note("a note")
    try:
        raise original
    except InvalidClientError:
        vault, answer = exchange(Vault(SERVICE), original)
    told = [answer.error] + [ask(vault, arrived=0)[1].error for _ in range(3)]
    # Nor is it the one that the vault keeps, which nobody ever raises.
    assert len({id(error) for error in [*told, original, vault.failure]}) == 6
    for error in told:
        assert type(error) is InvalidClientError
        assert str(error) == "invalid_client: not found"
        assert (error.error, error.description) == ("invalid_client", "not found")
        assert (error.status, error.correlation_id) == (400, "c-1")
        assert error.attempts == ("one",)
        assert error.args == original.args
        assert error.__cause__ is original.__cause__
        assert error.__traceback__ is None
        with pytest.raises(InvalidClientError):
            raise error
    told[0].add_note("another")
    assert told[1].__notes__ == original.__notes__ == ["a note"]


def test_errors_of_every_shape_can_be_told():
    for error in (errors.TimeoutError("t", sent=True), OAuthError("x"), GenesysCloudError("g")):
        _, answer = exchange(Vault(SERVICE), error)
        assert type(answer.error) is type(error)
        assert str(answer.error) == str(error)
        assert answer.error.args == error.args
        assert answer.error.is_retry_safe == error.is_retry_safe


def test_who_comes_after_a_failure_tries_again():
    vault, answer = exchange(Vault(KEPT), ConnectError("no", sent=False))
    assert isinstance(answer, NoToken)
    assert not answer.exhausted
    assert ask(vault, arrived=0)[1].error.message == "no"
    _, answer = ask(vault, arrived=1)
    assert answer == ExchangeNeeded(KEPT)


def test_a_success_after_the_failure_is_for_those_who_still_wait():
    vault, _ = exchange(Vault(SERVICE), ConnectError("no", sent=False))
    vault, _ = exchange(vault, given_at(0))
    assert ask(vault, arrived=0)[1] == TokenReady(given_at(0))


# Rotation


def test_a_rotated_refresh_token_replaces_the_old_one():
    vault, _ = exchange(Vault(KEPT), given_at(0, refresh="r1"))
    _, answer = ask(vault, 1000)
    assert answer.grant == RefreshToken("id", "secret", "r1")


def test_a_reply_without_a_refresh_token_keeps_the_old_one():
    vault, answer = exchange(Vault(KEPT), given_at(0))
    assert answer.token.refresh_token == "r0"
    vault, answer = exchange(vault, given_at(1000, "a2", refresh="r1"), 1000)
    vault, answer = exchange(vault, given_at(2000, "a3"), 2000)
    assert answer.token == vault.token == given_at(2000, "a3", refresh="r1")


def test_a_code_is_spent_once_and_renewed_by_its_refresh_token():
    vault, _ = exchange(Vault(CODE), given_at(0, refresh="r1"))
    _, answer = ask(vault, 1000)
    assert answer == ExchangeNeeded(RefreshToken("id", "secret", "r1"))


def test_a_refused_refresh_token_gives_way_to_a_grant_that_can_be_repeated():
    vault, _ = exchange(Vault(SAML), given_at(0, refresh="r1"))
    vault, _ = exchange(vault, InvalidGrantError("invalid_grant"), 1000)
    assert ask(vault, 1001)[1] == ExchangeNeeded(SAML)


def test_a_refused_refresh_token_is_kept_where_there_is_nothing_else():
    vault, _ = exchange(Vault(CODE), given_at(0, refresh="r1"))
    vault, answer = exchange(vault, InvalidGrantError("invalid_grant"), 1000)
    assert isinstance(answer.error, InvalidGrantError)
    assert ask(vault, 1001)[1] == ExchangeNeeded(RefreshToken("id", "secret", "r1"))


def test_a_failure_of_another_kind_keeps_the_refresh_token():
    vault, _ = exchange(Vault(SAML), given_at(0, refresh="r1"))
    vault, _ = exchange(vault, ConnectError("no", sent=False), 1000)
    assert ask(vault, 1001)[1].grant == RefreshToken("id", "secret", "r1")


def test_an_assertion_that_worked_once_may_have_ended():
    refusal = InvalidGrantError("invalid_grant", "bad assertion", status=400)
    _, answer = exchange(Vault(SAML), refusal)
    assert str(answer.error) == "invalid_grant: bad assertion"
    vault, _ = exchange(Vault(SAML), given_at(0))
    vault, answer = exchange(vault, refusal, 1000)
    assert str(answer.error).startswith(
        "invalid_grant: bad assertion; the SAML assertion was valid"
    )
    assert answer.error.description == "bad assertion"
    assert str(ask(vault, 1001, arrived=1)[1].error) == str(answer.error)
    assert str(refusal) == "invalid_grant: bad assertion"


def test_a_refresh_token_that_is_refused_needs_a_new_sign_in():
    _, answer = exchange(Vault(KEPT), InvalidGrantError("invalid_grant"))
    assert "expired or was used elsewhere: sign in again" in str(answer.error)


# refresh_access_token=False: the caller is in control


def test_without_renewal_the_first_exchange_is_still_made():
    vault = Vault(KEPT, renew=False)
    assert not vault.refreshable
    vault, _ = exchange(vault, ConnectError("no", sent=False))
    vault, answer = exchange(vault, given_at(0))
    assert isinstance(answer, TokenReady)
    # And that is all: the token is used as it is, whatever its age.
    assert vault.usable(at(10**6)) == answer.token
    _, refusal = ask(vault, 5, rejected=answer.token)
    assert refusal.exhausted
    assert "client.auth.refresh()" in str(refusal.error)


def test_a_refresh_by_hand_is_made_all_the_same():
    vault, answer = exchange(Vault(KEPT, renew=False), given_at(0, refresh="r1"))
    old = answer.token
    step = vault.renewal(known=old, arrived=vault.exchanges)
    assert step == ExchangeNeeded(RefreshToken("id", "secret", "r1"))
    # If it fails the old token is still good.
    assert vault.failed(ConnectError("no", sent=False)).usable(at(1)) == old
    renewed = vault.granted(given_at(5, "a2", refresh="r2"))
    # Two at once: the second gets what the first brought.
    assert renewed.renewal(known=old, arrived=1) == TokenReady(given_at(5, "a2", refresh="r2"))


def test_two_refreshes_by_hand_share_a_failure():
    vault, answer = exchange(Vault(KEPT, renew=False), given_at(0, refresh="r1"))
    vault = vault.failed(InvalidGrantError("invalid_grant"))
    shared = vault.renewal(known=answer.token, arrived=1)
    assert isinstance(shared, NoToken)
    assert isinstance(shared.error, InvalidGrantError)
    assert isinstance(vault.renewal(known=answer.token, arrived=2), ExchangeNeeded)


def test_a_refresh_by_hand_with_nothing_to_refresh_with():
    step = Vault(token=Token("a")).renewal(known=Token("a"), arrived=0)
    assert isinstance(step, NoToken)
    assert step.exhausted


# client.auth


def test_signing_in_by_hand_replaces_grant_and_token():
    vault = Vault(SERVICE, given_at(0), renew=False, stored=given_at(0))
    vault = vault.signed_in(KEPT, given_at(5, "a2"))
    assert vault.grant == KEPT
    assert vault.token == given_at(5, "a2", refresh="r0")
    assert not vault.renew
    vault = vault.signed_in(SERVICE, given_at(6, "a3"))
    assert vault.token == given_at(6, "a3")
    assert vault.unsaved == given_at(6, "a3")


def test_a_token_from_elsewhere_is_not_renewed_without_a_grant():
    vault = Vault(SERVICE, given_at(0)).given(given_at(5, "a2"))
    assert vault.usable(at(10**6)) == given_at(5, "a2")
    assert not vault.refreshable
    assert vault.unsaved is None


def test_a_token_from_elsewhere_is_renewed_with_its_grant():
    vault = Vault().given(given_at(5, "a2"), KEPT)
    assert ask(vault, 2000)[1] == ExchangeNeeded(KEPT)


def test_after_sign_out_nothing_is_sent_until_the_next_sign_in():
    vault = Vault(SERVICE, given_at(0)).without_token()
    assert vault.authenticates
    assert not vault.refreshable
    assert vault.usable(at(0)) is None
    _, answer = ask(vault)
    assert answer.exhausted
    assert "signed out" in str(answer.error)
    assert vault.adopted(given_at(0), now=at(0)) == vault
    assert vault.signed_in(SERVICE, given_at(5)).usable(at(5)) == given_at(5)


# A store that other processes share


def test_what_another_process_stored_is_taken_over():
    vault = Vault(KEPT, given_at(0, refresh="r1"), stored=given_at(0, refresh="r1"))
    theirs = given_at(5, "a2", refresh="r2")
    vault, answer = ask(vault, 1000)
    assert isinstance(answer, ExchangeNeeded)
    vault = vault.adopted(theirs, now=at(0))
    assert ask(vault, 10)[1] == TokenReady(theirs)
    assert vault.unsaved is None


def test_what_another_process_stored_is_renewed_if_it_ended_too():
    vault = Vault(KEPT).adopted(given_at(0, "a2", refresh="r2"), now=at(0))
    assert ask(vault, 2000)[1].grant == RefreshToken("id", "secret", "r2")


def test_an_expired_token_in_the_store_is_replaced_even_if_tokens_are_not_renewed():
    """The first token of a client is no renewal, whatever an earlier run has left behind."""
    stored = given_at(0, "old", refresh="r1")
    vault = Vault(KEPT, renew=False).adopted(stored, now=at(1000))
    assert vault.usable(at(1000)) is None
    vault, answer = ask(vault, 1000)
    assert answer == ExchangeNeeded(RefreshToken("id", "secret", "r1"))
    failed, _ = vault.settle(InvalidGrantError("invalid_grant"), rejected=None, now=at(1000))
    assert ask(failed, 1001)[1] == ExchangeNeeded(KEPT)
    other = vault.adopted(given_at(1, "older", refresh="r2"), now=at(1001))
    assert ask(other, 1001)[1] == ExchangeNeeded(RefreshToken("id", "secret", "r2"))
    vault, _ = vault.settle(given_at(1000, "new"), rejected=None, now=at(1000))
    assert vault.usable(at(9000)) == vault.token


def test_a_valid_token_in_the_store_is_the_first_if_tokens_are_not_renewed():
    vault = Vault(SERVICE, renew=False).adopted(given_at(0), now=at(999))
    assert vault.usable(at(1000)) == given_at(0)
    theirs = Vault(SERVICE, renew=False).adopted(given_at(0), now=at(1000))
    theirs = theirs.adopted(given_at(900, "a2"), now=at(1001))
    assert theirs.usable(at(9000)) == given_at(900, "a2")
    theirs = theirs.adopted(given_at(1000, "a3"), now=at(9000))
    assert theirs.usable(at(9000)) == given_at(1000, "a3")


def test_what_nobody_changed_is_not_taken_over():
    # Our own newer token could not be written; the store still holds the one before.
    old, new = given_at(0, refresh="r1"), given_at(5, "a2", refresh="r2")
    vault = Vault(KEPT, old, stored=old).granted(new)
    assert vault.adopted(old, now=at(0)).token == new
    assert vault.unsaved == new
    assert vault.saved().unsaved is None
    assert vault.adopted(None, now=at(0)).token == new


def test_a_refused_token_is_not_taken_over_as_good():
    token = given_at(0, refresh="r1")
    vault = Vault(KEPT, token).refused(token).adopted(token, now=at(0))
    assert vault.usable(at(1)) is None


@pytest.mark.parametrize("grant", [CODE, SAML])
def test_a_new_sign_in_is_not_answered_with_somebody_elses_token(grant):
    theirs = given_at(0, "theirs", refresh="r9")
    vault, answer = ask(Vault(grant).adopted(theirs, now=at(0)))
    assert answer == ExchangeNeeded(grant)
    vault = vault.granted(given_at(0, "ours"))
    assert vault.unsaved == vault.token == given_at(0, "ours")
    # From then on the store is this client's too.
    assert vault.saved().adopted(given_at(9, "a3"), now=at(0)).token == given_at(9, "a3")


def test_a_stored_refresh_token_that_is_refused_gives_way_to_the_one_given():
    vault = Vault(KEPT).adopted(given_at(0, "stale", refresh="dead"), now=at(0))
    vault, _ = exchange(vault, InvalidGrantError("invalid_grant"), 1000)
    assert ask(vault, 1001)[1].grant == KEPT


def test_reading_the_store_does_not_put_off_the_renewal_that_it_was_read_for():
    token = given_at(0, refresh="r1")
    vault, answer = ask(Vault(KEPT, token, stored=token), 960)
    assert isinstance(answer, ExchangeNeeded)
    for stored in (token, None):
        assert isinstance(ask(vault.adopted(stored, now=at(0)), 961)[1], ExchangeNeeded)


def test_what_a_store_failed_at_is_told_until_it_works_again():
    failure = GenesysCloudError("cannot write it")
    vault = Vault(KEPT, given_at(0, refresh="r1")).without_store(failure)
    assert str(vault.store_failure) == "cannot write it"
    assert vault.store_failure is not failure
    vault = vault.granted(given_at(5, "a2"))
    assert vault.store_failure is not None
    assert vault.saved().store_failure is None
    assert vault.adopted(None, now=at(0)).store_failure is None
    assert vault.without_token().store_failure is None


def test_no_vault_shows_a_secret():
    secret = Token(MARK, refresh_token=MARK, extra={"a": MARK})
    grant = RefreshToken("id", MARK, MARK)
    vault = Vault(grant, secret, rejected=secret, stored=secret)
    steps = (TokenReady(secret), ExchangeNeeded(grant), vault)
    for shown in steps:
        assert MARK not in f"{shown!r}{shown}{list(shown.__rich_repr__())!r}"


# Every interleaving


@dataclass
class Call:
    """One call, as the lifecycle drives it."""

    rejected: Token | None = None
    arrived: int = 0
    phase: str = "starting"
    token: Token | None = None
    replaced: bool = False
    exchanges: int = 0
    renewals: int = 0
    error: GenesysCloudError | None = None


LIVES = st.none() | st.sampled_from([1, 5, 300, 1000])
FAILURES = st.sampled_from(
    [
        lambda: ConnectError("down", sent=False),
        lambda: errors.TimeoutError("slow", sent=True),
        lambda: InvalidClientError("invalid_client", status=401),
        None,
    ]
)
"""How an exchange fails; ``None`` is the death of the call that makes it."""


class VaultAndCalls(RuleBasedStateMachine):
    """Calls, a login host, another process, a clock, and the vault between them.

    The steps are those of the drivers: `usable` without the lock, `reserve` and `settle` under it,
    `adopted` and `saved` under the store's. One exchange runs at a time because the lock does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wall = 0.0
        self.calls: list[Call] = []
        self.owner: Call | None = None
        self.grant = None
        self.refused: set[str] = set()
        self.errors: dict[int, GenesysCloudError] = {}
        self.host = LoginHost()
        self.vault = Vault()
        self.shared = self.losses = False
        self.store: Token | None = None

    @initialize(
        grant=st.sampled_from([SERVICE, KEPT, CODE, SAML]),
        renew=st.sampled_from([True, True, False]),
        shared=st.booleans(),
        losses=st.sampled_from([False, False, True]),
    )
    def begin(self, grant, renew, shared, losses):
        self.vault = Vault(grant, renew=renew)
        self.shared = shared
        self.losses = losses

    # One rule that chooses for itself: of several, Hypothesis leaves out some in each run, and
    # without any of these steps a run would stand still.

    @rule(data=st.data(), what=st.sampled_from(["on", "on", "on", "on", "wrong", "outside"]))
    def something_happens(self, what, data):
        steps = {"on": self._going_on, "wrong": self._going_wrong, "outside": self._outside}[what]()
        if steps:
            step, *arguments = data.draw(st.sampled_from(steps))
            step(*arguments, data)

    def _going_on(self) -> list[tuple]:
        steps = [(self._is_answered, call) for call in self._in("sending")]
        if self.owner is None:
            steps += [(self._gets_the_lock, call) for call in self._in("waiting")]
        else:
            steps += [(self._is_exchanged, self.owner)]
        return [*steps, (self._starts, Call())] if len(steps) < 6 else steps

    def _going_wrong(self) -> list[tuple]:
        steps = [(self._waited_too_long, call) for call in self._in("waiting")]
        return steps if self.owner is None else [*steps, (self._fails_to_exchange, self.owner)]

    def _outside(self) -> list[tuple]:
        steps = [(self._time_passes,), (self._the_platform_revokes,)]
        if self.owner is None:  # else it would wait for the lock
            steps += [(self._another_process_renews,), (self._is_refreshed_by_hand,)]
        return steps

    # What must hold.

    @invariant()
    def no_call_renews_twice(self):
        assert all(call.renewals <= 1 and call.exchanges <= 2 for call in self.calls)

    @invariant()
    def a_vault_without_renewal_exchanges_once(self):
        if not self.vault.renew:
            assert all(call.renewals == 0 for call in self.calls)

    @invariant()
    def the_token_is_the_last_that_was_given(self):
        if self.vault.token is not None and not self.shared and not self.host.excuse:
            assert self.vault.token.access_token == self.host.given[-1]

    @invariant()
    def no_rotation_is_lost(self):
        if self.vault.token is not None and not self.shared and self.vault.grant == KEPT:
            assert self.host.excuse or self.vault.token.refresh_token == self.host.refresh

    def teardown(self):
        for _ in range(6 * len(self.calls) + 1):
            if self.owner is not None:
                self._settles(ConnectError("down", sent=False))
            elif waiting := self._in("waiting"):
                self._goes_on_with(waiting[0], self._reserves(waiting[0]))
            elif sending := self._in("sending"):
                self._is_refused(sending[0])
            else:
                return
        raise AssertionError("calls that never end")

    # How it is done.

    def _time_passes(self, data: st.DataObject) -> None:
        self.wall += data.draw(st.sampled_from([0.5, 0.95, 4.6, 30, 271, 941, 1001]))

    def _the_platform_revokes(self, data: st.DataObject) -> None:
        self.host.alive.clear()
        if self.losses and data.draw(st.booleans()):
            self.host.refresh = self.host.code = None
            self.host.excuse = True

    def _another_process_renews(self, data: st.DataObject) -> None:
        if self.store is not None and self.store.refresh_token is not None:
            grant = KEPT.renewed(self.store.refresh_token)
            if self.host.knows(grant):
                life = data.draw(LIVES)
                self.store = self.host.exchange(grant, self.wall, rotate=True, life=life)

    def _is_refreshed_by_hand(self, data: st.DataObject) -> None:
        if self.shared:
            self.vault = self.vault.adopted(self.store, now=self._now)
        step = self.vault.renewal(known=self.vault.token, arrived=self.vault.exchanges)
        if isinstance(step, ExchangeNeeded) and self.host.knows(step.grant):
            rotate, life = data.draw(st.booleans()), data.draw(LIVES)
            token = self.host.exchange(step.grant, self.wall, rotate=rotate, life=life)
            self.vault = self.vault.granted(token)
            self._saves()

    def _starts(self, call: Call, data: st.DataObject) -> None:
        self.calls.append(call)
        token = self.vault.usable(self._now)
        if token is None:
            self._waits(call)
        else:
            self._sends(call, token)

    def _is_answered(self, call: Call, data: st.DataObject) -> None:
        if call.token.access_token in self.host.alive and data.draw(st.booleans()):
            call.phase = "done"
        else:
            self._is_refused(call)

    def _gets_the_lock(self, call: Call, data: st.DataObject) -> None:
        answer = self._reserves(call)
        if isinstance(answer, ExchangeNeeded) and self.shared:
            self.vault = self.vault.adopted(self.store, now=self._now)
            answer = self._reserves(call)
        self._goes_on_with(call, answer)

    def _waited_too_long(self, call: Call, data: st.DataObject) -> None:
        token = self.vault.fallback(call.rejected, self._now)
        if token is None:
            call.phase = "done"
        else:
            self._sends(call, token)

    def _is_exchanged(self, call: Call, data: st.DataObject) -> None:
        if self.host.knows(self.grant):
            rotate, life = data.draw(st.booleans()), data.draw(LIVES)
            self._settles(self.host.exchange(self.grant, self.wall, rotate=rotate, life=life))
        else:
            assert self.host.excuse, "something was spent twice"
            self._settles(InvalidGrantError("invalid_grant", status=400))

    def _fails_to_exchange(self, call: Call, data: st.DataObject) -> None:
        failure = data.draw(FAILURES)
        if failure is not None:
            self._settles(failure())
            return
        # Its owner dies. Where losses are allowed, the login host had answered by then: the one
        # loss that nobody can prevent.
        if self.losses and self.host.knows(self.grant):
            self.host.exchange(self.grant, self.wall, rotate=True, life=300)
            self.host.excuse = True
        self.owner.phase = "done"
        self.owner = self.grant = None

    @property
    def _now(self) -> Now:
        return at(self.wall)

    def _in(self, phase: str) -> list[Call]:
        return [call for call in self.calls if call.phase == phase]

    def _waits(self, call: Call, rejected: Token | None = None) -> None:
        call.phase, call.rejected, call.arrived = "waiting", rejected, self.vault.exchanges

    def _sends(self, call: Call, token: Token) -> None:
        assert token.access_token not in self.refused, "used after it was refused"
        ended = token.expires_at is not None and self.wall >= token.expires_at
        assert not (ended and self.vault.refreshable), "used after its end"
        assert call.rejected is None or token.access_token != call.rejected.access_token
        call.phase, call.token = "sending", token

    def _reserves(self, call: Call):
        before = self.vault.token
        self.vault, answer = self.vault.reserve(
            rejected=call.rejected, arrived=call.arrived, now=self._now
        )
        if call.rejected is not None and call.rejected == before:
            self.refused.add(before.access_token)
        return answer

    def _owns(self, call: Call, answer: ExchangeNeeded) -> None:
        token = self.vault.token
        # No exchange while there is a fresh token that nobody refused.
        if token is not None and token.access_token not in self.refused:
            assert token.expires_at is not None
            assert self.wall >= token.expires_at - min(60, token.expires_in / 10)
        call.phase, call.exchanges = "exchanging", call.exchanges + 1
        call.renewals += token is not None
        call.replaced = call.replaced or token is not None
        self.owner, self.grant = call, answer.grant

    def _settles(self, outcome: Token | GenesysCloudError) -> None:
        call, self.owner, self.grant = self.owner, None, None
        finished = self.vault.exchanges
        self.vault, answer = self.vault.settle(outcome, rejected=call.rejected, now=self._now)
        assert self.vault.exchanges == finished + 1
        if isinstance(answer, TokenReady):
            self._saves()
            self._sends(call, answer.token)
        else:
            assert type(answer.error) is type(outcome)
            self._fails(call, answer.error)

    def _saves(self) -> None:
        if self.shared and self.vault.unsaved is not None:
            self.store = self.vault.unsaved
            self.vault = self.vault.saved()

    def _fails(self, call: Call, error: GenesysCloudError) -> None:
        assert id(error) not in self.errors, "an error object that somebody else has"
        self.errors[id(error)] = error  # kept, so that no id comes back
        call.phase, call.error = "done", error

    def _goes_on_with(self, call: Call, answer: TokenReady | ExchangeNeeded | NoToken) -> None:
        if isinstance(answer, TokenReady):
            self._sends(call, answer.token)
        elif isinstance(answer, NoToken):
            self._fails(call, answer.error)
        else:
            self._owns(call, answer)

    def _is_refused(self, call: Call) -> None:
        if self.vault.refreshable and not call.replaced:
            call.replaced = True
            self._waits(call, rejected=call.token)
        else:
            call.phase = "done"


VaultAndCalls.TestCase.settings = settings(max_examples=250, stateful_step_count=50, deadline=None)
TestVaultAndCalls = pytest.mark.slow(VaultAndCalls.TestCase)


def test_a_vault_knows_the_secrets_of_its_grant_and_of_every_token():
    grant = ClientCredentials("id", "the secret")
    tokens = [Token(f"token {n}", refresh_token=f"refresh {n}") for n in range(3)]
    vault = Vault(grant, tokens[0], stored=tokens[1], rejected=tokens[2])
    assert set(vault.secrets()) >= {
        "the secret",
        *(token.access_token for token in tokens),
        *(token.refresh_token for token in tokens),
    }
    assert set(Vault().secrets()) == set()


# Where one condition alone decides


def test_an_attempt_close_to_the_end_is_repeated_after_a_second():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    vault, answer = ask(vault, 998.5)
    assert isinstance(answer, ExchangeNeeded)
    assert vault.usable(at(999.4)) is not None
    assert vault.usable(at(999.6)) is None


def test_a_token_is_shared_once_somebody_else_has_replaced_it():
    vault = Vault(KEPT)
    assert not vault.is_shared
    vault = vault.adopted(given_at(0, "a1"), now=at(0))
    assert not vault.is_shared
    vault = vault.adopted(given_at(5, "a2"), now=at(0))
    assert vault.is_shared
    assert vault.adopted(given_at(9, "a3"), now=at(0)).is_shared


def test_a_waiter_falls_back_on_the_token_that_could_not_be_renewed_ahead():
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    vault, _ = exchange(vault, ConnectError("no", sent=False), 960)
    assert vault.usable(at(985)) is None
    assert ask(vault, 985, arrived=1)[1] == TokenReady(given_at(0))


def test_a_token_that_is_never_renewed_is_not_withheld_because_a_refresh_by_hand_failed():
    vault, _ = exchange(Vault(KEPT, renew=False), given_at(0))
    vault = vault.failed(ConnectError("no", sent=False))
    assert isinstance(ask(vault, 10**6, arrived=1)[1], TokenReady)


def test_an_attempt_to_replace_a_token_of_unknown_life_puts_nothing_off():
    vault = Vault(KEPT, Token("a1"))
    assert vault.trying(at(5)) == vault
    assert vault.fallback(None, at(5)) == Token("a1")


def test_a_refresh_by_hand_that_replaces_no_known_token_is_an_exchange():
    vault, answer = exchange(Vault(KEPT), given_at(0))
    again = ExchangeNeeded(KEPT)
    assert vault.renewal(known=None, arrived=0) == again
    assert vault.refused(answer.token).renewal(known=answer.token, arrived=1) == again


def test_a_grant_for_one_use_is_used_by_signing_in_by_hand():
    assert not Vault().signed_in(CODE, given_at(0)).refreshable


def test_a_static_token_stays_where_an_exchange_by_hand_fails():
    vault = Vault(token=given_at(0, refresh="r1"))
    assert vault.failed(InvalidGrantError("invalid_grant")).token == vault.token


def test_the_given_refresh_token_is_kept_where_the_stored_token_has_none():
    vault = Vault(KEPT).adopted(given_at(0, "theirs"), now=at(0))
    assert vault.granted(given_at(5)).token == given_at(5, refresh="r0")
    vault, _ = exchange(Vault(KEPT), given_at(0))
    vault = vault.adopted(given_at(5, "theirs"), now=at(0))
    assert vault.granted(given_at(9, "a3")).token == given_at(9, "a3"), "r0 is spent"


@pytest.mark.parametrize("vault", [Vault(token=Token("a")), Vault(token=Token("a"), renew=False)])
def test_a_refused_static_token_asks_for_a_grant(vault):
    _, answer = ask(vault, rejected=Token("a"))
    assert "expired or was rejected and cannot be renewed" in str(answer.error)


def test_a_grant_that_was_used_asks_for_another():
    _, answer = ask(Vault(CODE, spent=True))
    assert "expired or was rejected and cannot be renewed" in str(answer.error)


def test_a_token_without_its_life_has_no_margin():
    vault = Vault(KEPT, Token("a1", expires_at=1000.0))
    assert vault.usable(at(999.95)) is not None


def test_only_an_assertion_is_said_to_have_ended():
    vault, _ = exchange(Vault(KEPT), given_at(0))
    _, answer = exchange(vault, InvalidGrantError("invalid_grant"), 1000)
    assert "the refresh token expired or was used elsewhere" in str(answer.error)
    vault, _ = exchange(Vault(SERVICE), given_at(0))
    _, answer = exchange(vault, InvalidGrantError("invalid_grant"), 1000)
    assert str(answer.error) == "invalid_grant"
