"""Names and commands of tokens and leases."""

from genesys_core.oauth.token_store import TokenKey
from genesys_core.redis.leases import acquire_command, lease_name, release_command, token_name
from genesys_core.redis.resp import ReplyReader

KEY = TokenKey("client", "https://login.example")


def words(command: bytes) -> list[bytes]:
    reader = ReplyReader()
    reader.feed(command)
    (found,) = reader.take()
    return found


def test_names_differ_by_key_account_and_use():
    names = {
        name(prefix, key, account)
        for name in (token_name, lease_name)
        for prefix in ("p", "q")
        for key in (KEY, TokenKey("other", KEY.login))
        for account in ("", "a")
    }
    assert len(names) == 16
    assert token_name("p", KEY, "a") == "p:token:https://login.example:client:a"


def test_a_lease_is_acquired_for_a_time_and_released_by_its_owner():
    name, _, *rest = words(acquire_command("n", "me", 1.5))
    assert (name, rest) == (b"EVAL", [b"1", b"n", b"me", b"1500"])
    assert words(acquire_command("n", "me", 0.0001))[-1] == b"1"
    name, _, *rest = words(release_command("n", "me"))
    assert (name, rest) == (b"EVAL", [b"1", b"n", b"me"])
