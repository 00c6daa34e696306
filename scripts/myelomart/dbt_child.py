"""dbt as a child: it ends with the process that started it, even when that one is killed.

The parent holds the other end of the standard input, which the kernel closes when the parent ends.
"""

import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """Kill this process as soon as its standard input is closed."""
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent()
    from dbt.cli.main import cli

    sys.exit(cli())
