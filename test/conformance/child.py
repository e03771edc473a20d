"""Child processes of the rig: started, awaited and reliably stopped, with their output in a file."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

START_LIMIT_SECONDS = 60
STOP_LIMIT_SECONDS = 10
POLL_SECONDS = 0.1


def free_port() -> int:
    """Returns a port on which no process listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Child:
    """A server process with its own process group, because npm and shells start the real server as their child."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    def wait_until_answering(self, url: str) -> None:
        """Polls until `url` answers 200; raises an error with the log when the child exits or stays silent."""
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with code {self._process.returncode}:\n{self.log_tail()}")
            try:
                if httpx.get(url, timeout=2, trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(POLL_SECONDS)
        raise RuntimeError(f"{self.name} did not answer at {url}:\n{self.log_tail()}")

    def stop(self) -> None:
        """Terminates the whole process group, first gently and then by force."""
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, signal_number)
            except ProcessLookupError:
                break
            try:
                self._process.wait(STOP_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        self._process.wait(STOP_LIMIT_SECONDS)

    def log_tail(self, start: int = 0, limit: int = 6000) -> str:
        """Returns at most the last `limit` bytes logged since byte `start`."""
        return self.log.read_bytes()[start:][-limit:].decode(errors="replace")
