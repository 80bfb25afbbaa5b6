"""Checks: spec → findings (rules), artifacts → findings (drift), a running stack → findings (stack)."""
