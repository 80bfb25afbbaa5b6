"""What may be done to a bundle, step by step as one is made: each change is a function that the cases name."""

from tests.bundle import archive_changes, manifest_changes
from tests.bundle.making import CHANGES, archive_of, made, small_files

KINDS = (archive_changes, manifest_changes)
"""The modules that register the changes."""

__all__ = ["CHANGES", "archive_of", "made", "small_files"]
