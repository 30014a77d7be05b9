"""Signing in through a browser, saved sign-ins and token stores."""
