"""Proofs of bundles, on hosts without a network. `proof` runs them."""
