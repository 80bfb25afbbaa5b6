"""Bundles compared with their manifest and the spec (`check`), and the images that go into them (`gathering`)."""
