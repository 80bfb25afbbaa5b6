"""The command line: parse, call, print."""

import sys


def main() -> None:
    """Entry point of `plumb`. What is known from the last call is said before anything else is imported."""
    from plumbline.cli.replay import replay
    from plumbline.provisioning.streams import open_closed_streams

    open_closed_streams()
    code = replay(sys.argv[1:])
    if code is not None:
        sys.exit(code)
    from plumbline.cli.app import run

    run()
