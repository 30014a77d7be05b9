"""A driver of token transactions without threads, sockets or clocks; a store that fails as told."""

from __future__ import annotations

from dataclasses import dataclass, field

from genesys_core.api import users
from genesys_core.calls.lifecycle import NeedToken, Raised, Returned, start
from genesys_core.calls.responses import ApiResponse
from genesys_core.calls.token_actions import obtain_for_call
from genesys_core.calls.token_transaction import (
    Deleting,
    Ended,
    Locking,
    Requesting,
    Saving,
    Unlocking,
    begin_transaction,
    response_received,
    store_answered,
)
from genesys_core.clock import Now
from genesys_core.errors import GenesysCloudError
from genesys_core.hosts import Hosts
from genesys_core.http.headers import Headers
from genesys_core.oauth.grants import Grant
from genesys_core.oauth.token_store import TokenKey, TokenStoreError
from genesys_core.oauth.tokens import Token
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

HOSTS = Hosts.resolve(region="eu_west_1")
ELSEWHERE = Hosts.resolve(region="eu_central_1")
BUSY = "another process has held the lock for more than 10 s"


def at(seconds: float) -> Now:
    return Now(seconds, seconds)


def session_with(vault: Vault, *, store: bool = True, **settings) -> Session:
    return Session(Settings(hosts=HOSTS, stores_tokens=store, **settings), vault)


def key_of(grant: Grant) -> TokenKey:
    return TokenKey.of(grant, HOSTS)


def returned(token: Token) -> Returned[Token]:
    return Returned(ApiResponse(200, Headers(), token, b""))


def need_of(session: Session, now: Now, **options) -> NeedToken:
    need = start(users.get_users_me().with_options(**options), session, now=now)
    assert isinstance(need, NeedToken)
    return need


@dataclass
class FakeStore:
    """Tokens by key. What is in ``failing`` raises: ``lock``, ``load``, ``save``, ``delete``."""

    tokens: dict[TokenKey, Token] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def work(self, step) -> Token | TokenStoreError | None:
        name = type(step).__name__.lower()
        self.asked.append(name)
        if isinstance(step, Locking):
            if self.failing & {"lock", "load"}:
                return TokenStoreError(BUSY)
            return self.tokens.get(step.key)
        if isinstance(step, Saving):
            if "save" in self.failing:
                return TokenStoreError("cannot write it")
            self.tokens[step.key] = step.token
        if isinstance(step, Deleting):
            if "delete" in self.failing:
                return TokenStoreError("cannot write it")
            self.tokens.pop(step.key, None)
        return None


@dataclass
class Driver:
    """Takes transactions with one session; ``answers`` are what its requests bring, in order."""

    session: Session
    store: FakeStore = field(default_factory=FakeStore)
    answers: list[Token | GenesysCloudError] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    now: Now = field(default_factory=lambda: at(0))
    steps: list[str] = field(default_factory=list)

    def call(self, **options):
        """What becomes of a call that needs a token."""
        return self.take(
            obtain_for_call(need_of(self.session, self.now, **options), self.session, now=self.now)
        )

    def take(self, action):
        self.session, step = begin_transaction(self.session, action, now=self.now)
        while not isinstance(step, Ended):
            step = self.advance(step)
        self.steps.append("Ended")
        return step.result

    def advance(self, step):
        self.steps.append(type(step).__name__)
        if isinstance(step, Requesting):
            self.session, after = response_received(
                self.session, step, self.asked(step), now=self.now
            )
        else:
            assert isinstance(step, Locking | Saving | Deleting | Unlocking)
            found = self.store.work(step)
            self.session, after = store_answered(self.session, step, found, now=self.now)
        return after

    def asked(self, step: Requesting) -> Returned[Token] | Raised:
        request = step.state.request
        self.sent.append((request.method, (request.body or b"").decode()))
        answer = self.answers.pop(0)
        return returned(answer) if isinstance(answer, Token) else Raised(answer)
