"""dbt as a child: it ends with the process that started it, even when that one is killed.

The parent holds the other end of the standard input, which the kernel closes when the parent ends.
"""

import os
import signal
import sys
import threading


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from dbt.cli.main import cli

    sys.exit(cli())
