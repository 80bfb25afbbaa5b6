"""The command line: parse, call, print."""

import sys


def main() -> None:
    """Entry point of `plumb`. What is known from the last call is said before anything else is imported."""
    from plumbline.cli import replay

    known = replay.known(sys.argv[1:])
    if known is not None:
        sys.exit(known)
    from plumbline.cli.app import run

    run()
