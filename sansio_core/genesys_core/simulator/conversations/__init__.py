"""Conversations as timelines: their lifecycle, distribution to agents, and views."""
