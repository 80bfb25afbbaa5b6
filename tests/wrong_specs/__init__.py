"""Deliberately wrong specs, and legal ones: what `plumb check` says of edits that a person could make."""
