"""Backups: the scripts on real stores, with an engine and a destination that are stubs."""
