"""Runbooks: `rendering` evaluates their expressions, `run` runs and undoes the steps, `journal` records them.

`shell_syntax` parses their scripts for the rules.
"""
