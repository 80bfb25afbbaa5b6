"""`python -m plumbline` is `plumb`."""

from plumbline.cli import entry

if __name__ == "__main__":
    entry()
