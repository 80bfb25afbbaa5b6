"""Runbooks: rendered, run, recorded."""
