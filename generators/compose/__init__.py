"""Compose projects and what belongs to them."""
