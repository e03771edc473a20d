"""Requests as bytes, for what no HTTP client will send, and the answers to them."""

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
    # Whether the server keeps the connection for a further request.
    is_kept: bool


class _Shared(io.BufferedReader):
    """One reader for all answers of a connection: http.client would make, and close, one for each."""

    def close(self) -> None:
        """The connection closes it."""


class Wire:
    """One connection."""

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
        """`HOST` in the head stands for the server's own address."""
        lines = head.strip().replace("HOST", self.netloc).split("\n")
        self._socket.sendall("\r\n".join(line.strip() for line in lines).encode() + b"\r\n\r\n" + body)

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reply(self, method: str = "GET") -> Reply:
        """The next answer to its end; interim ones are passed over."""
        response = http.client.HTTPResponse(self, method=method)  # type: ignore[arg-type]
        response.begin()
        body = response.read()
        return Reply(response.status, response.headers, body, not response.will_close)

    def line(self) -> bytes:
        """The next line, as of an interim answer."""
        return self._reader.readline()

    def is_ended(self) -> bool:
        """The server has closed it, with nothing more to say."""
        return self._reader.read(1) == b""

    def makefile(self, *_: Any) -> io.BufferedReader:
        return self._reader
