"""HTTP as values and as bytes: requests, responses, headers, URLs, HTTP/1.1."""
