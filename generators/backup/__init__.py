"""Backups: scripts and timers for the nodes, and the test of restores."""
