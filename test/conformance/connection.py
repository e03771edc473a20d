"""Sends raw requests that no HTTP client would send, and parses their answers."""

import http.client
import io
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

LIMIT_SECONDS = 30


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    # Whether the server keeps the connection open for another request.
    is_kept: bool


class _Shared(io.BufferedReader):
    """One reader for all answers of a connection, because http.client would create and close one for each."""

    def close(self) -> None:
        """Does nothing: the connection closes the reader."""


class Wire:
    """One raw connection."""

    def __init__(self, url: str) -> None:
        self.netloc = urlsplit(url).netloc
        host, _, port = self.netloc.partition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=LIMIT_SECONDS)
        self._reader = _Shared(socket.SocketIO(self._socket, "r"))

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, head: str, body: bytes = b"") -> None:
        """Sends a request; `HOST` in its head is replaced by the server's address."""
        lines = head.strip().replace("HOST", self.netloc).split("\n")
        self._socket.sendall("\r\n".join(line.strip() for line in lines).encode() + b"\r\n\r\n" + body)

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reply(self, method: str = "GET") -> Reply:
        """Returns the next final answer; interim answers are skipped."""
        response = http.client.HTTPResponse(self, method=method)  # type: ignore[arg-type]
        response.begin()
        body = response.read()
        return Reply(response.status, response.headers, body, not response.will_close)

    def line(self) -> bytes:
        """Returns the next line, for example of an interim answer."""
        return self._reader.readline()

    def is_ended(self) -> bool:
        """Returns whether the server has closed the connection without further bytes."""
        return self._reader.read(1) == b""

    def makefile(self, *_: Any) -> io.BufferedReader:
        return self._reader
