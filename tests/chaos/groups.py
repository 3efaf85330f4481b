"""Worker groups as a service manager runs them, and who is who among their processes.

A group is the `worker` command (the supervisor), the cluster's main process, its guard, and the
guard's workers, pusher and monitor. All but the supervisor look alike from outside; the log tells
who is who. Reads /proc, so Linux only.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.stage import ROOT, Stage

ROLES = ("supervisor", "main", "guard", "busy", "idle", "pusher", "monitor")
_MAIN = re.compile(r"cluster (\d+) started")
_SAYS = {
    "worker": re.compile(r"ready for work at (\d+)"),
    "monitor": re.compile(r"monitoring at (\d+)"),
    "pusher": re.compile(r"pushing tasks at (\d+)"),
}
# An idle worker's: the main one, one that feeds the queue of results, one that awaits the end of
# the supervisor. A busy one has its pool besides.
_IDLE_THREADS = 3


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    group: int
    state: str


def processes() -> dict[int, Process]:
    """All processes of the machine that are not dead already."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (process := _read(entry)) is not None:
            found[process.pid] = process
    return found


def _read(entry: Path) -> Process | None:
    try:
        state, parent, group, *_ = (entry / "stat").read_text().rpartition(") ")[2].split()
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else Process(int(entry.name), int(parent), int(group), state)


def threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208
    except OSError:
        return 0


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


@dataclass
class Group:
    """One `worker` command, started again when it ends, as a service manager would."""

    stage: Stage
    number: int
    supervisor: subprocess.Popen[bytes] | None = None
    starts: int = 0
    wanted: bool = False
    _supervisors: list[int] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.stage.logs / f"group-{self.number}.log"

    def start(self) -> None:
        self.wanted = True
        with self.log.open("ab") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, "manage.py", "worker"],
                cwd=ROOT,
                env={**os.environ, **self.stage.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.starts += 1
        self._supervisors.append(self.supervisor.pid)

    def keep_running(self) -> None:
        if self.wanted and self.supervisor is not None and self.supervisor.poll() is not None:
            self.start()

    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # --- who is who -----------------------------------------------------------------------------

    def members(self) -> dict[int, Process]:
        """Every living process that this command ever started, orphans included."""
        mains = {int(pid) for pid in _MAIN.findall(self.text())}
        return {
            pid: process
            for pid, process in processes().items()
            if process.group in mains or pid in self._supervisors
        }

    def find(self, role: str) -> list[int]:
        """The living processes of the current cluster that play `role`."""
        text, alive = self.text(), self.members()
        mains = [int(pid) for pid in _MAIN.findall(text)][-1:]
        if role == "supervisor":
            return [self.supervisor.pid] if self.supervisor and self.supervisor.pid in alive else []
        if role == "main":
            return [pid for pid in mains if pid in alive]
        if role == "guard":
            return [pid for pid, process in alive.items() if process.parent in mains]
        pids = [int(pid) for pid in _SAYS[_kind(role)].findall(text)]
        current = [pid for pid in pids if pid in alive and alive[pid].group in mains]
        return [pid for pid in current if _plays(pid, role)]

    # --- ends -----------------------------------------------------------------------------------

    def kill_all(self) -> int:
        """SIGKILL for the whole group at once, as by the kernel or a power cut."""
        members = sorted(self.members())
        for pid in members:
            kill(pid)
        if self.supervisor is not None:
            self.supervisor.wait()
        return len(members)

    def stop(self, seconds: float = 60) -> float:
        """SIGTERM for the supervisor; returns the seconds until everything was gone."""
        self.wanted = False
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.terminate()
        return self.wait_until_gone(seconds)

    def wait_until_gone(self, seconds: float) -> float:
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if self.supervisor is not None:
                self.supervisor.poll()
            if not self.members():
                return time.monotonic() - begun
            time.sleep(0.1)
        return float("inf")


def _kind(role: str) -> str:
    return "worker" if role in ("busy", "idle") else role


def _plays(pid: int, role: str) -> bool:
    if _kind(role) != "worker":
        return True
    return (threads(pid) > _IDLE_THREADS) == (role == "busy")


def wait_ready(groups: list[Group], seconds: float = 30) -> None:
    """Until every group has its guard, workers, pusher and monitor."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if all(group.find("pusher") and group.find("monitor") for group in groups):
            return
        time.sleep(0.2)
    raise RuntimeError("the worker groups did not start; see their logs")
