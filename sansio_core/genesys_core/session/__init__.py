"""State shared by the calls of one client: settings, token, rate limit."""
