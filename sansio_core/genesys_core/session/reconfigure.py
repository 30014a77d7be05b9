"""Applying new settings to a client's session.

Invariants: only calls that start afterwards use the new settings; calls in progress keep theirs. A
token is not kept if the login host changes.
"""

import msgspec

from genesys_core.session.pacing import Pacer
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

__all__ = ["reconfigure_session"]


def reconfigure_session(
    session: Session, settings: Settings, *, renew: bool | None = None, pacer: Pacer | None = None
) -> tuple[Session, bool]:
    """Apply new settings to a session.

    If the login host stays the same, the token and the rate limit state are kept. Otherwise the
    token is discarded, and the next call obtains one with the same grant. A client that cannot do so
    (it has a static token, or a code that has already been exchanged) is signed out, and its calls
    raise an error instead of being sent without a token.

    Args:
        session: the current session.
        settings: the new settings.
        renew: whether tokens are renewed automatically; ``None`` keeps the current setting.
        pacer: the rate limiter to use if the session has none, because its host was a loopback
            host until now.

    Returns:
        The new session, and whether its token was kept.
    """
    kept = settings.hosts.login == session.settings.hosts.login
    vault = session.vault if kept else _emptied(session.vault)
    if renew is not None:
        vault = msgspec.structs.replace(vault, renew=renew)
    # The platform counts requests by token: a new token has its whole limit, and no closed gate.
    if session.pacer is not None:
        pacer = session.pacer if kept else _fresh(session.pacer)
    return msgspec.structs.replace(session, settings=settings, vault=vault, pacer=pacer), kept


def _emptied(vault: Vault) -> Vault:
    # The count never decreases: calls that wait for an exchange compare it with a later value.
    empty = Vault(renew=vault.renew, exchanges=vault.exchanges)
    if not vault.authenticates:
        return empty
    reusable = vault.grant is not None and (vault.grant.repeatable or not vault.spent)
    if not reusable:
        return msgspec.structs.replace(empty, signed_out=True)
    return msgspec.structs.replace(empty, grant=vault.grant)


def _fresh(pacer: Pacer) -> Pacer:
    """Return the same limits for a token that has sent nothing; waiting calls keep their place."""
    windows = tuple(msgspec.structs.replace(window, sent=()) for window in pacer.windows)
    return Pacer(windows)
