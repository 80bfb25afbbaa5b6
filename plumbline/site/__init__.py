"""The site: what Material for MkDocs does not do by a setting of its own."""
