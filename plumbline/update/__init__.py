"""Updates, all pure: `differences` says which services are recreated and why, `judging` what forbids an update, `plan` orders the rest.

`steps` is the one list of steps that scripts, pages and the roll-out follow.
"""
