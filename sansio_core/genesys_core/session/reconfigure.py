"""A client's session under a new configuration.

Law: the step changes what calls from here on see, and nothing of those under way: these carry their
settings with them. A token never moves to another login host: it was issued by the old one, and the
new one may be anybody's.
"""

import msgspec

from genesys_core.session.pacing import Pacer
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault

__all__ = ["reconfigure_session"]


def reconfigure_session(
    session: Session, settings: Settings, *, renew: bool | None = None
) -> tuple[Session, bool]:
    """The step of a session that takes over new settings.

    Where the login host stays the same, the token and the place in the rate limit are kept. Where
    it changes, the token is forgotten and obtained anew from the same grant; a client that cannot
    do that (a static token, a code that has been exchanged) is signed out, and its calls say so
    instead of going out without a token.

    Args:
        session: as it is.
        settings: those that hold from now on.
        renew: whether tokens are renewed without being asked; ``None`` leaves it is.

    Returns:
        The session, and whether its token was kept.
    """
    kept = settings.hosts.login == session.settings.hosts.login
    vault = session.vault if kept else _emptied(session.vault)
    if renew is not None:
        vault = msgspec.structs.replace(vault, renew=renew)
    pacer = session.pacer if kept or session.pacer is None else _fresh(session.pacer)
    return msgspec.structs.replace(session, settings=settings, vault=vault, pacer=pacer), kept


def _emptied(vault: Vault) -> Vault:
    # Not counted back: who waits for an exchange compares this number with a later one.
    empty = Vault(renew=vault.renew, exchanges=vault.exchanges)
    if not vault.authenticates:
        return empty
    reusable = vault.grant is not None and (vault.grant.repeatable or not vault.spent)
    if vault.signed_out or not reusable:
        return msgspec.structs.replace(empty, signed_out=True)
    return msgspec.structs.replace(empty, grant=vault.grant)


def _fresh(pacer: Pacer) -> Pacer:
    """The same limits for a token that has sent nothing yet; those who wait keep their places."""
    windows = tuple(msgspec.structs.replace(window, sent=()) for window in pacer.windows)
    return Pacer(windows)
