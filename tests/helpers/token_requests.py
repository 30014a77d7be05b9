"""Requests for tokens that a desk sends to the simulated login host."""

from tests.strategies.loopback import REDIRECT


def exchanged(desk, value, **changes):
    form = {"grant_type": "authorization_code", "code": value, "redirect_uri": REDIRECT, **changes}
    return desk.grant(form)


def refreshed(desk, token):
    return desk.grant({"grant_type": "refresh_token", "refresh_token": token})
