"""Starts a mode on a Docker engine, and removes it again.

Who calls Docker: `engine` its API, `starting` and `reference` Compose, `probing` the probe that looks into containers, and
`stand_ins` the builds of replacements for images. `run` removes what this run or a killed one left behind; `attach` opens a stack
that somebody else started.
"""
