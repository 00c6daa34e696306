"""dbt as a child: it ends with the process that started it, even when that one is killed.

The parent holds the other end of the standard input, which the kernel closes when the parent ends.
Linux also sends a signal then, which does not wait for this process to get its turn.
"""

import ctypes
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Kill this process as soon as its parent ends, or closes its standard input."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent()
    from dbt.cli.main import cli

    sys.exit(cli())
