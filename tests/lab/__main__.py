"""`python -m tests.lab start|stop|restart|exec CMD…`: the lab's engine by hand."""

import os
import sys

from tests.lab.base_image import ensure_base
from tests.lab.engine import ensure_engine, restart, stop

USAGE = "usage: python -m tests.lab start | stop | restart | exec COMMAND…"


def main(arguments: list[str]) -> int:
    """Do what the first word says."""
    match arguments:
        case ["start"]:
            engine = ensure_engine()
            ensure_base(engine.environment)
            print(f"export DOCKER_HOST={engine.host}" if engine.host else "your own engine answers; none was started")
        case ["stop"]:
            print("stopped" if stop() else "the lab's engine does not run")
        case ["restart"]:
            restart()
            print("restarted")
        case ["exec", *command] if command:
            os.execvpe(command[0], command, ensure_engine().environment)
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
