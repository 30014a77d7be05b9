"""API calls, from operation to response: states, retries, tokens, paging, file transfers."""
