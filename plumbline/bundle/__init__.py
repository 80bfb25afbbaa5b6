"""The offline bundle: one archive, one manifest that vouches for everything in it, one signature over the manifest."""
