"""Exit codes of the provisioning script; `plumb provision` gives the same. EPILOGUE says what each means."""

FINE, TROUBLED, MISUSED, MISSING, WOULD_CHANGE = 0, 1, 2, 3, 4
