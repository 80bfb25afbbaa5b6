"""The command line: parse, call, print."""

import gc
import os
import sys
from contextlib import suppress


def entry() -> None:
    """Entry point of `plumb`. A short command leaves at once: to take apart all that it imported and made takes a sixth of its time."""
    gc.disable()  # nothing of what a command imports is garbage; one that lasts enables it
    try:
        main()
    except SystemExit as left:
        from plumbline.provisioning.streams import was_heard

        if gc.isenabled() or not isinstance(left.code, int) or not was_heard():
            raise
        with suppress(OSError, ValueError):  # nobody reads it any more
            sys.stderr.flush()
        os._exit(left.code)


def main() -> None:
    """Carry out the call; raises SystemExit. What is known from the last call is said before anything else is imported."""
    from plumbline.cli.replay import replay
    from plumbline.provisioning.streams import open_closed_streams

    open_closed_streams()
    code = replay(sys.argv[1:])
    if code is not None:
        sys.exit(code)
    from plumbline.cli.app import run

    run()
