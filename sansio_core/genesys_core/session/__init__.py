"""What the calls of one client share: settings, token, rate limit."""
