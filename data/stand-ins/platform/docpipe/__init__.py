"""The reference platform: small, real code in place of images that are in no registry."""
