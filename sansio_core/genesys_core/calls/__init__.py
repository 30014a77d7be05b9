"""One call, from operation to reply: states, retries, tokens, pages, files."""
