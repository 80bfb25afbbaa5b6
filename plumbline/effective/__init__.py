"""What follows from a spec in a mode: services as they run, relations, differences.

`deployment` merges a mode's overrides into the services of each role.
"""
