"""Runbooks: `rendering` evaluates their expressions, `run` runs and undoes the steps, `journal` writes what a run did.

`generators/offline/runbook_steps.py` makes the script that does the same on a host without Python.
`shell_syntax` parses their scripts for the rules.
"""
