"""From the platform's Swagger document to a definition in this project's own types."""
