"""Backups: `scripts` writes the scripts and timers of the nodes, `restore_test` the automatic test of restores.

`plumbline/effective/backups.py` says what is backed up where. Rules of the bucket delete old backups; nothing here does.
"""
