"""`make run`: sandbox, web server, worker and demo data on this machine.

The rows stay in `var/` between runs; what the sandbox received as Flatchr does not.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import ExitStack

from scripts.environment import VAR, ensure_dotenv, with_sandbox
from scripts.processes import add_trial_rows, manage, running, running_sandbox


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sandbox-port", type=int, default=8765)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # handled as Ctrl-C: stops everything
    ensure_dotenv()
    VAR.mkdir(exist_ok=True)
    with ExitStack() as stack:
        box = stack.enter_context(running_sandbox("--port", str(options.sandbox_port)))
        # A database of its own: the one in `.env` may be in production.
        database = f"sqlite:///{VAR / 'trial.sqlite3'}"
        env = with_sandbox(box, DEBUG="true", DATABASE_URL=database)
        manage("migrate", "--verbosity", "0", env=env)
        add_trial_rows(box, env)
        stack.enter_context(running("worker", env={**env, "LOG_LEVEL": "WARNING"}))
        web = stack.enter_context(running("runserver", "--noreload", str(options.port), env=env))
        print(_welcome(options.port, box["address"]), flush=True)
        try:
            return web.wait()
        except KeyboardInterrupt:
            return 0


def _welcome(port: int, sandbox: str) -> str:
    return (
        "\n"
        f"  The connector      http://127.0.0.1:{port}/admin/\n"
        "  as a recruiter     recruiter / demo\n"
        "  as an operator     admin / demo\n"
        f"  What Flatchr got   {sandbox}/\n"
        "\n"
        "  Ctrl-C stops everything.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
