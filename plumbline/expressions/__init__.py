"""Expressions in a spec, what they may cost, and what they refer to."""
