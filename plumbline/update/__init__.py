"""Updates, all pure: `differences` compares two releases, `judging` finds what forbids an update, `plan` orders the rest.

`steps` is the one list of steps that scripts, pages and the roll-out follow.
"""
