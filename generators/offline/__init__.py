"""The scripts of an offline bundle."""
