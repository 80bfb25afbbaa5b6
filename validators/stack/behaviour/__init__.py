"""Fault tests of a running stack: a module for each kind. `trials` lists them."""
