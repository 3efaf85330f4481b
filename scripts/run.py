"""`make run`: everything a newcomer needs, on this machine: sandbox, web, worker, demo data.

The rows stay in `var/` between runs; what "Flatchr" received is the sandbox's and starts afresh.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from scripts.environment import VAR, ensure_dotenv, with_sandbox
from scripts.processes import ROOT, manage, running, running_sandbox


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: everything is stopped
    ensure_dotenv()
    VAR.mkdir(exist_ok=True)
    with ExitStack() as stack:
        box = stack.enter_context(running_sandbox("--port", str(options.sandbox_port)))
        env = with_sandbox(box, DEBUG="true", DATABASE_URL=_database())
        manage("migrate", "--verbosity", "0", env=env)
        subprocess.run(
            [sys.executable, "-m", "scripts.trial_rows"],
            cwd=ROOT,
            env=env,
            input=json.dumps(box),
            text=True,
            check=True,
        )
        stack.enter_context(running("worker", env={**env, "LOG_LEVEL": "WARNING"}))
        web = stack.enter_context(running("runserver", "--noreload", str(options.port), env=env))
        print(_welcome(options.port, box["address"]), flush=True)
        try:
            return web.wait()
        except KeyboardInterrupt:
            return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sandbox-port", type=int, default=8765)
    return parser.parse_args()


def _database() -> str:
    """Never the production database of a `.env`: this is for trying out."""
    return f"sqlite:///{Path(VAR) / 'trial.sqlite3'}"


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
