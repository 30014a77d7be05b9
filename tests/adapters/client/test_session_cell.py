"""The session that a client's calls share."""

from __future__ import annotations

from msgspec.structs import replace

from genesys_cloud.client.session_cell import SessionCell
from genesys_core.hosts import Hosts
from genesys_core.oauth.tokens import Token
from genesys_core.session.pacing import Pacer
from genesys_core.session.session import Session, Settings
from genesys_core.session.vault import Vault


def test_a_step_does_not_undo_that_of_a_call_that_is_garbage_collected_meanwhile() -> None:
    cell = SessionCell(Session(Settings(hosts=Hosts.resolve(region="eu_west_1"))))
    vault, pacer = Vault(token=Token("t")), Pacer(())
    abandoned = [pacer]

    def sign_in(session: Session) -> tuple[Session, str]:
        while abandoned:  # as the finalizer of a coroutine, which runs in this thread
            cell.apply(lambda inner: (replace(inner, pacer=abandoned.pop()), None))
        return session.with_vault(vault), "done"

    assert cell.apply(sign_in) == "done"
    assert cell.session.vault is vault
    assert cell.session.pacer is pacer
