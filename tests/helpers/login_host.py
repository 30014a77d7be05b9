"""A login host that rotates refresh tokens, for machines that exchange them."""

from dataclasses import dataclass, field

from genesys_core.oauth.grants import AuthorizationCode, RefreshToken
from genesys_core.oauth.tokens import Token


@dataclass
class LoginHost:
    """Gives tokens for what it knows, as the platform does."""

    count: int = 0
    refresh: str | None = "r0"
    code: str | None = "code"
    excuse: bool = False  # whether a rotation was lost, or everything revoked
    alive: set[str] = field(default_factory=set)
    given: list[str] = field(default_factory=list)

    def knows(self, grant) -> bool:
        if isinstance(grant, RefreshToken):
            return grant.refresh_token == self.refresh
        return grant.code == self.code if isinstance(grant, AuthorizationCode) else True

    def exchange(self, grant, wall: float, *, rotate: bool, life: int | None) -> Token:
        self.count += 1
        name = f"a{self.count}"
        self.alive.add(name)
        self.given.append(name)
        refresh = None
        if isinstance(grant, AuthorizationCode):
            self.code = None
            refresh = self.refresh if rotate else None
        elif isinstance(grant, RefreshToken) and rotate:
            refresh = self.refresh = f"r{self.count}"
        ends = None if life is None else wall + life
        return Token(name, expires_in=life, expires_at=ends, refresh_token=refresh)
