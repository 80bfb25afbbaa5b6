"""A stack compared completely: each field that the engine reports against a reference made from the generated files.

`may_differ` lists the fields that may differ, with reasons.
"""
