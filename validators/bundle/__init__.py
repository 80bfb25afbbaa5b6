"""Bundles held against their manifest and the spec; and the images that go into them."""
