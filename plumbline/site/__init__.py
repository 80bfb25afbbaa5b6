"""Hooks of the documentation site, for what Material for MkDocs cannot be configured to do. `hooks` calls the others."""
