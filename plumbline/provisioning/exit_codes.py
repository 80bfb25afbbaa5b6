"""Exit codes of the provisioning script; `plumb provision` gives the same."""

FINE, TROUBLED, MISUSED, MISSING, WOULD_CHANGE = 0, 1, 2, 3, 4
TOLD = """\
Exit codes: 0 success; 1 failed, refused, or some changes still need --allow; 2 invalid usage, or no terminal and no
--yes; 3 no token, or no folder for the journal; 4 plan: there are changes, status: something is missing or differs."""
"""What each means."""
