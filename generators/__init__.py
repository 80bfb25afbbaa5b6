"""Spec → artifacts, pure: no disk, no network, no clock. One module an artifact family."""
