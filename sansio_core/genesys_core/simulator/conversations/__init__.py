"""Conversations as timelines: their life, their distribution to agents, and their views."""
