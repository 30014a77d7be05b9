from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from genesys_core import errors
from genesys_core.calls.auth_actions import (
    Granted,
    Refresh,
    SignedOut,
    SignIn,
    SignOut,
    TokenSnapshot,
    UseToken,
)
from genesys_core.calls.lifecycle import Raised, Sending
from genesys_core.calls.token_actions import obtain_for_call
from genesys_core.calls.token_transaction import (
    Ended,
    Locking,
    Requesting,
    Saving,
    Unlocking,
    begin_transaction,
    caller_time_left,
    caller_timed_out,
    lock_timeout,
    store_answered,
)
from genesys_core.errors import ConnectError, InvalidGrantError
from genesys_core.oauth.grants import (
    AuthorizationCode,
    ClientCredentials,
    RefreshToken,
    Saml2Bearer,
)
from genesys_core.oauth.token_store import TokenStoreError
from genesys_core.oauth.tokens import Token
from genesys_core.session.vault import Vault
from tests.helpers.login_host import LoginHost
from tests.strategies.oauth import MARK
from tests.strategies.token_transaction import (
    BUSY,
    ELSEWHERE,
    Driver,
    FakeStore,
    at,
    key_of,
    need_of,
    returned,
    session_with,
)

SERVICE = ClientCredentials("id", "secret")
KEPT = RefreshToken("id", None, "r0")
CODE = AuthorizationCode("id", "secret", "code", "https://app/")
SAML = Saml2Bearer("id", "secret", "org", "PHNhbWw+")
KEY = key_of(KEPT)


def token_at(wall: float, number: int, *, life: int = 1000) -> Token:
    return Token(f"a{number}", expires_in=life, expires_at=wall + life, refresh_token=f"r{number}")


A1 = token_at(0, 1)
A2 = token_at(1000, 2)


def client(vault: Vault, *answers, held: Token | None = None, wall: float = 0, **more) -> Driver:
    store = FakeStore({} if held is None else {KEY: held})
    return Driver(session_with(vault, **more), store, list(answers), now=at(wall))


def by_hand(driver: Driver) -> TokenSnapshot:
    return TokenSnapshot.of(driver.session, now=driver.now)


def sent_with(result) -> str:
    assert isinstance(result, Sending)
    return result.request.headers["authorization"].removeprefix("Bearer ")


# The order of things


def test_without_a_store_a_turn_is_its_request():
    driver = client(Vault(KEPT), A1, store=False)
    assert sent_with(driver.call()) == "a1"
    assert driver.steps == ["Requesting", "Ended"]
    assert driver.store.asked == []


def test_with_one_the_token_is_kept_before_it_is_used():
    driver = client(Vault(KEPT), A1)
    assert sent_with(driver.call()) == "a1"
    assert driver.steps == ["Locking", "Requesting", "Saving", "Unlocking", "Ended"]
    assert driver.store.tokens == {KEY: A1}
    assert driver.session.vault.unsaved is None


def test_what_the_store_holds_needs_no_exchange():
    driver = client(Vault(KEPT), held=A1)
    assert sent_with(driver.call()) == "a1"
    assert driver.steps == ["Locking", "Unlocking", "Ended"]


def test_what_another_process_renewed_needs_no_exchange():
    driver = client(Vault(KEPT, A1, stored=A1), held=A2, wall=1000)
    assert sent_with(driver.call()) == "a2"
    assert driver.sent == []


def test_a_stored_token_that_has_ended_is_renewed():
    driver = client(Vault(KEPT), A2, held=A1, wall=1000)
    assert sent_with(driver.call()) == "a2"
    assert driver.sent == [("POST", "grant_type=refresh_token&refresh_token=r1&client_id=id")]
    assert driver.store.tokens == {KEY: A2}


def test_an_ending_token_is_renewed_ahead_with_a_store_as_well():
    driver = client(Vault(KEPT, A1, stored=A1), A2, held=A1, wall=970)
    assert sent_with(driver.call()) == "a2"
    assert driver.store.tokens == {KEY: A2}


def test_others_use_the_ending_token_meanwhile():
    driver = client(Vault(KEPT, A1, stored=A1), held=A1, wall=970)
    need = need_of(driver.session, driver.now)
    driver.session, _ = begin_transaction(
        driver.session, obtain_for_call(need, driver.session, now=driver.now), now=driver.now
    )
    assert driver.session.vault.usable(at(971)) == A1


def test_a_token_that_is_there_by_now_asks_no_store():
    driver = client(Vault(KEPT))
    need = need_of(driver.session, driver.now)
    action = obtain_for_call(need, driver.session, now=driver.now)
    driver.session = driver.session.with_vault(Vault(KEPT, A1, stored=A1))
    assert sent_with(driver.take(action)) == "a1"
    assert driver.store.asked == []


@pytest.mark.parametrize("grant", [CODE, SAML])
def test_a_new_sign_in_takes_the_place_of_what_is_stored(grant):
    driver = client(Vault(grant), A2, held=A1)
    assert sent_with(driver.call()) == "a2"
    assert driver.store.tokens == {KEY: A2}


def test_a_static_token_is_nothing_for_a_store():
    driver = client(Vault(token=A1))
    driver.answers = [A1]
    assert driver.take(SignOut(by_hand(driver))) == SignedOut()
    assert driver.store.asked == []


def test_a_sign_in_that_fails_takes_nothing_from_the_store():
    driver = client(Vault(KEPT), InvalidGrantError("no"), held=A1)
    assert isinstance(driver.take(SignIn(by_hand(driver), KEPT)), Raised)
    assert driver.session.vault == Vault(KEPT, store_failure=None)
    assert driver.store.tokens == {KEY: A1}


# Failures


@pytest.mark.parametrize("failing", ["lock", "load"])
def test_a_refresh_token_is_not_spent_without_the_store(failing):
    driver = client(Vault(KEPT), A1)
    driver.store.failing = {failing}
    result = driver.call()
    assert isinstance(result, Raised)
    assert str(result.error) == BUSY
    assert driver.sent == []
    assert isinstance(driver.session.vault.store_failure, TokenStoreError)
    # When the store is back, all is well.
    driver.store.failing = set()
    assert sent_with(driver.call()) == "a1"
    assert driver.session.vault.store_failure is None


def test_a_code_is_not_spent_without_the_store():
    driver = client(Vault(CODE), A1)
    driver.store.failing = {"lock"}
    assert isinstance(driver.call().error, TokenStoreError)
    driver.store.failing = set()
    assert sent_with(driver.call()) == "a1"


@pytest.mark.parametrize("grant", [SERVICE, SAML])
def test_a_grant_that_can_be_repeated_needs_no_store(grant):
    driver = client(Vault(grant), Token("a1"))
    driver.store.failing = {"lock"}
    assert sent_with(driver.call()) == "a1"
    assert driver.steps == ["Locking", "Requesting", "Ended"]
    assert str(driver.session.vault.store_failure) == BUSY
    assert driver.session.vault.unsaved == Token("a1")


def test_a_token_that_lasts_serves_while_the_store_is_out_of_reach():
    driver = client(Vault(KEPT, A1, stored=A1), wall=970)
    driver.store.failing = {"lock"}
    assert sent_with(driver.call()) == "a1"
    assert driver.sent == []
    driver.now = at(1000)
    assert isinstance(driver.call().error, TokenStoreError)


def test_a_call_whose_deadline_passes_at_the_store_is_told_of_that():
    driver = client(Vault(KEPT), A1)
    driver.store.failing = {"lock"}
    need = need_of(driver.session, at(0), deadline=3)
    driver.session, step = begin_transaction(
        driver.session, obtain_for_call(need, driver.session, now=at(0)), now=at(0)
    )
    assert step.seconds == 3
    _, ended = store_answered(driver.session, step, TokenStoreError(BUSY), now=at(3))
    assert isinstance(ended, Ended)
    assert isinstance(ended.result.error, errors.TimeoutError)
    assert "deadline of 3 s" in str(ended.result.error)


def test_a_token_that_cannot_be_written_is_used_and_written_the_next_time():
    driver = client(Vault(KEPT), A1)
    driver.store.failing = {"save"}
    assert sent_with(driver.call()) == "a1"
    assert driver.session.vault.token == driver.session.vault.unsaved == A1
    assert str(driver.session.vault.store_failure) == "cannot write it"
    # The store still holds what was spent: it is not taken for news.
    driver.store.failing = set()
    driver.now, driver.answers = at(1000), [ConnectError("down", sent=False)]
    assert isinstance(driver.call().error, ConnectError)
    assert driver.store.tokens == {KEY: A1}
    assert driver.session.vault.store_failure is None


def test_what_a_store_could_not_write_is_not_replaced_by_what_it_still_holds():
    driver = client(Vault(KEPT, A1, stored=A1), A2, held=A1, wall=1000)
    driver.store.failing = {"save"}
    assert sent_with(driver.call()) == "a2"
    driver.store.failing, driver.now, driver.answers = set(), at(2000), [token_at(2000, 3)]
    assert sent_with(driver.call()) == "a3"
    assert driver.sent[-1][1] == "grant_type=refresh_token&refresh_token=r2&client_id=id"


def test_what_befalls_a_store_is_kept_without_the_frames_it_went_through():
    driver = client(Vault(SERVICE), Token("a1"))
    driver.store.failing = {"save"}
    driver.call()
    assert driver.session.vault.store_failure.__traceback__ is None


# By hand


def test_a_refresh_by_hand_takes_what_another_process_brought():
    driver = client(Vault(KEPT, A1, stored=A1), held=A2)
    assert driver.take(Refresh(by_hand(driver))) == Granted(A2)
    assert driver.sent == []


def test_signing_in_by_hand_keeps_the_token_under_its_own_client():
    driver = client(Vault(SERVICE), A1)
    other = RefreshToken("other", None, "r9")
    assert driver.take(SignIn(by_hand(driver), other)) == Granted(A1)
    assert driver.store.tokens == {key_of(other): A1}
    assert driver.steps == ["Locking", "Requesting", "Saving", "Unlocking", "Ended"]


def test_signing_in_by_hand_spends_no_code_without_the_store():
    driver = client(Vault(), A1)
    driver.store.failing = {"lock"}
    assert isinstance(driver.take(SignIn(by_hand(driver), CODE)).error, TokenStoreError)
    assert driver.sent == []
    driver.store.failing = {"save"}
    assert driver.take(SignIn(by_hand(driver), CODE)) == Granted(A1)
    assert driver.session.vault.store_failure is not None


def test_a_token_from_elsewhere_is_kept_with_its_grant():
    driver = client(Vault())
    assert driver.take(UseToken(by_hand(driver), A1, KEPT)) == Granted(A1)
    assert driver.store.tokens == {KEY: A1}
    assert driver.take(UseToken(by_hand(driver), A2)) == Granted(A2)
    assert driver.store.tokens == {KEY: A1}
    driver.store.failing = {"lock"}
    assert driver.take(UseToken(by_hand(driver), A2, KEPT)) == Granted(A2)
    assert driver.session.vault.token == A2


def test_signing_out_clears_the_store():
    driver = client(Vault(KEPT, A1, stored=A1), A1, held=A1)
    assert driver.take(SignOut(by_hand(driver))) == SignedOut()
    assert driver.steps == ["Locking", "Requesting", "Deleting", "Unlocking", "Ended"]
    assert driver.store.tokens == {}
    assert driver.session.vault.signed_out


def test_signing_out_revokes_a_token_that_only_the_store_knew():
    driver = client(Vault(KEPT), A1, held=A1)
    assert driver.take(SignOut(by_hand(driver))) == SignedOut()
    assert driver.sent == [("DELETE", "")]
    assert driver.store.tokens == {}


def test_signing_out_without_a_token_clears_the_store():
    driver = client(Vault(SERVICE))
    driver.store.tokens = {key_of(SERVICE): Token("a1", expires_in=1000, expires_at=1000.0)}
    driver.now = at(1000)  # it has expired, so there is nothing to revoke
    assert driver.take(SignOut(by_hand(driver))) == SignedOut()
    assert driver.steps == ["Locking", "Deleting", "Unlocking", "Ended"]
    assert driver.store.tokens == {}


@pytest.mark.parametrize("failing", ["lock", "delete"])
def test_signing_out_says_that_the_store_still_holds_the_token(failing):
    driver = client(Vault(KEPT, A1, stored=A1), A1, held=A1)
    driver.store.failing = {failing}
    result = driver.take(SignOut(by_hand(driver)))
    assert isinstance(result.error, TokenStoreError)
    assert driver.session.vault.signed_out
    assert driver.sent == [("DELETE", "")]


def test_signing_out_tells_of_the_platform_first():
    driver = client(Vault(KEPT, A1, stored=A1), ConnectError("down", sent=False), held=A1)
    driver.store.failing = {"delete"}
    assert isinstance(driver.take(SignOut(by_hand(driver))).error, ConnectError)


def test_what_a_store_failed_at_is_nothing_to_a_static_token():
    driver = client(Vault(SERVICE), Token("a1"))
    driver.store.failing = {"save"}
    driver.call()
    driver.take(UseToken(by_hand(driver), A2))
    driver.answers = [A2]
    assert driver.take(SignOut(by_hand(driver))) == SignedOut()


# A client that moves to another login host meanwhile


def moved(driver: Driver) -> None:
    settings = msgspec.structs.replace(driver.session.settings, hosts=ELSEWHERE)
    vault = Vault(driver.session.vault.grant)
    driver.session = msgspec.structs.replace(driver.session, settings=settings, vault=vault)


def test_a_rotated_token_is_kept_for_the_login_host_that_was_left():
    driver = client(Vault(KEPT, A1, stored=A1), held=A1, wall=1000)
    need = need_of(driver.session, driver.now)
    action = obtain_for_call(need, driver.session, now=driver.now)
    driver.session, step = begin_transaction(driver.session, action, now=driver.now)
    step = driver.advance(step)
    assert isinstance(step, Requesting)
    moved(driver)
    driver.answers = [Token("a2")]
    step = driver.advance(step)
    assert isinstance(step, Saving)
    # A reply without a refresh token keeps the old one here too.
    assert (step.key, step.token) == (KEY, Token("a2", refresh_token="r1"))
    while not isinstance(step, Ended):
        step = driver.advance(step)
    assert sent_with(step.result) == "a2"
    assert driver.session.vault.token is None
    assert driver.session.vault.unsaved is None


def test_what_is_stored_for_one_login_host_is_not_taken_to_another():
    driver = client(Vault(KEPT), held=A1)
    need = need_of(driver.session, driver.now)
    action = obtain_for_call(need, driver.session, now=driver.now)
    driver.session, step = begin_transaction(driver.session, action, now=driver.now)
    moved(driver)
    step = driver.advance(step)
    assert isinstance(step, Unlocking)
    assert "login host changed" in str(step.result.error)
    assert driver.session.vault.token is None


def test_a_revocation_that_outlives_a_move_writes_nothing():
    driver = client(Vault(KEPT, A1, stored=A1), A1, held=A1)
    driver.session, step = begin_transaction(
        driver.session, SignOut(by_hand(driver)), now=driver.now
    )
    step = driver.advance(step)
    moved(driver)
    step = driver.advance(step)
    assert isinstance(step, Unlocking)
    assert driver.store.tokens == {KEY: A1}


@pytest.mark.parametrize("answer", [Token("a2"), ConnectError("down", sent=False)])
def test_a_renewal_before_a_revocation_that_outlives_a_move_is_kept_or_fails(answer):
    driver = client(Vault(KEPT, A1, stored=A1), answer, held=A1, wall=1000)
    action = SignOut(by_hand(driver))
    driver.session, step = begin_transaction(driver.session, action, now=driver.now)
    step = driver.advance(step)
    moved(driver)
    step = driver.advance(step)
    kept = [Token("a2", refresh_token="r1")] if isinstance(answer, Token) else []
    assert isinstance(step, Saving) is bool(kept)
    while not isinstance(step, Ended):
        step = driver.advance(step)
    assert isinstance(step.result, Raised)
    assert "login host changed" in str(step.result.error)
    assert list(driver.store.tokens.values()) == (kept or [A1])


# Waiting


def test_both_waits_together_take_no_longer_than_one_may():
    session = session_with(Vault(KEPT))
    action = obtain_for_call(need_of(session, at(5)), session, now=at(5))
    assert lock_timeout(action, session, now=at(5)) == 10
    assert lock_timeout(action, session, now=at(9)) == 6
    assert lock_timeout(action, session, now=at(99)) == 0
    _, step = begin_transaction(session, action, now=at(9))
    assert (step.key, step.seconds) == (KEY, 6)
    assert caller_time_left(action, now=at(9)) is None


def test_nor_longer_than_the_call_has():
    session = session_with(Vault(KEPT))
    action = obtain_for_call(need_of(session, at(5), deadline=4), session, now=at(5))
    assert lock_timeout(action, session, now=at(6)) == caller_time_left(action, now=at(6)) == 3
    assert lock_timeout(action, session, now=at(10)) == caller_time_left(action, now=at(10)) == 0


def test_an_owner_who_goes_is_told_of_the_deadline_even_by_an_early_timer():
    session = session_with(Vault(KEPT))
    action = obtain_for_call(need_of(session, at(5), deadline=4), session, now=at(5))
    for moment in (8.999999, 9.5):
        ended = caller_timed_out(action, session, now=at(moment))
        assert "deadline of 4 s has passed" in str(ended.error)
    endless = obtain_for_call(need_of(session, at(5)), session, now=at(5))
    assert isinstance(caller_timed_out(endless, session, now=at(6)), Raised)


def test_no_step_shows_a_secret():
    secret = Token(MARK, refresh_token=MARK)
    driver = client(Vault(RefreshToken("id", MARK, MARK)), secret, wall=1)
    action = obtain_for_call(need_of(driver.session, driver.now), driver.session, now=driver.now)
    driver.session, step = begin_transaction(driver.session, action, now=driver.now)
    while not isinstance(step, Ended):
        assert MARK not in f"{step!r}{step}{list(step.__rich_repr__())!r}"
        step = driver.advance(step)
    assert MARK not in repr(step)


# Every interleaving of processes that share a store


@dataclass
class Process:
    """A process: a client of its own, and the transaction it is taking, if any."""

    driver: Driver
    step: object = None
    has_lock: bool = False

    def __repr__(self) -> str:
        return f"Process({type(self.step).__name__})"


class SharedStore(RuleBasedStateMachine):
    """Processes that take transactions one at a time, a login host that rotates, a store that may fail.

    A process may be killed at any step. Then, and where a token could not be written, somebody may
    spend a refresh token that was spent before: the one loss that nobody can prevent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wall = 0.0
        self.host = LoginHost()
        self.store = FakeStore()
        self.processes: list[Process] = []
        self.excuse = False

    @initialize(grant=st.sampled_from([KEPT, SERVICE]), count=st.integers(2, 3))
    def begin(self, grant, count):
        self.grant = grant
        self.processes = [self._fresh() for _ in range(count)]

    @rule(data=st.data(), what=st.sampled_from(["on"] * 8 + ["fails", "dies", "later", "revoked"]))
    def something_happens(self, what, data):
        process = data.draw(st.sampled_from(self.processes))
        if what == "on":
            self._goes_on(process, data)
        elif what == "fails":
            self.store.failing = data.draw(st.sets(st.sampled_from(["lock", "save"])))
        elif what == "dies":
            self._dies(process)
        elif what == "later":
            self.wall += data.draw(st.sampled_from([1.0, 200.0, 290.0, 301.0]))
        else:
            self.host.alive.clear()

    @invariant()
    def one_process_at_a_time_holds_the_lock(self):
        assert sum(process.has_lock for process in self.processes) <= 1

    @invariant()
    def what_is_stored_is_the_last_that_was_given(self):
        idle = all(process.step is None for process in self.processes)
        if idle and self.store.tokens and not self.excuse and self.grant == KEPT:
            assert self.store.tokens[KEY].refresh_token == self.host.refresh

    def teardown(self):
        self.store.failing = set()
        for process in [each for each in self.processes if each.has_lock] + self.processes:
            for _ in range(9):
                if process.step is not None:
                    self._goes_on(process, None)
            assert process.step is None, "a turn that never ends"
            process.driver.now = at(self.wall)
            if process.driver.session.vault.usable(process.driver.now) is None:
                assert self.excuse or sent_with(process.driver.call())

    def _fresh(self) -> Process:
        driver = Driver(session_with(Vault(self.grant)), self.store)
        driver.asked = self._exchanged  # type: ignore[method-assign]
        return Process(driver)

    def _goes_on(self, process: Process, data) -> None:
        driver = process.driver
        driver.now = at(self.wall)
        if process.step is None:
            process.step = self._started(driver, data)
        elif isinstance(process.step, Locking):
            if any(other.has_lock for other in self.processes):
                if data is not None and data.draw(st.booleans()):
                    process.step = self._gave_up(process)
            else:
                process.step = driver.advance(process.step)
                process.has_lock = "lock" not in self.store.failing
        else:
            if isinstance(process.step, Saving) and "save" in self.store.failing:
                self.excuse = True
            process.step = driver.advance(process.step)
        if isinstance(process.step, Ended):
            self._ended(process)

    def _started(self, driver: Driver, data):
        vault = driver.session.vault
        token = vault.usable(driver.now)
        if token is None:
            action = obtain_for_call(
                need_of(driver.session, driver.now), driver.session, now=driver.now
            )
        elif data is not None and token.access_token not in self.host.alive:
            driver.session = driver.session.with_vault(vault.refused(token))
            return None
        elif data is not None and data.draw(st.booleans()):
            action = Refresh(TokenSnapshot.of(driver.session, now=driver.now))
        else:
            return None
        driver.session, step = begin_transaction(driver.session, action, now=driver.now)
        return step

    def _gave_up(self, process: Process):
        driver = process.driver
        driver.session, step = store_answered(
            driver.session, process.step, TokenStoreError(BUSY), now=driver.now
        )
        return step

    def _exchanged(self, step: Requesting):
        grant = step.asked.grant
        if not self.host.knows(grant):
            assert self.excuse, "a refresh token was spent twice"
            return Raised(InvalidGrantError("invalid_grant", status=400))
        return returned(self.host.exchange(grant, self.wall, rotate=True, life=300))

    def _dies(self, process: Process) -> None:
        if isinstance(process.step, Saving):
            self.excuse = True
        self.processes[self.processes.index(process)] = self._fresh()

    def _ended(self, process: Process) -> None:
        result = process.step.result
        if not self.excuse and not self.store.failing and isinstance(result, Raised):
            assert isinstance(result.error, TokenStoreError), result.error
        process.step, process.has_lock = None, False


SharedStore.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestSharedStore = pytest.mark.slow(SharedStore.TestCase)
