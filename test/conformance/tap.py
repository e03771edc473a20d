"""A recording TCP tap between the gateway and one AgentOS.

Comparing two runs only shows that they look alike, since ids and times differ. The tap shows more: the bytes
that the AgentOS sent and the client received for the same response. Bytes are forwarded immediately; h11
parses a copy of them.

An exchange is found by the client's request header `x-conformance-id`, so a gateway that loses headers is
detected too.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import h11

ID_HEADER = "x-conformance-id"


@dataclass
class Exchange:
    """One request and its response as they crossed the tap; bodies are without transfer coding."""

    method: str
    target: str
    request_headers: list[tuple[str, str]]
    request_body: bytearray = field(default_factory=bytearray)
    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False
    gateway_hung_up: threading.Event = field(default_factory=threading.Event)
    # Text frames of the gateway on a WebSocket.
    frames: list[str] = field(default_factory=list)

    @property
    def id(self) -> str | None:
        return dict(self.request_headers).get(ID_HEADER)


def decoded(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("ascii"), value.decode("latin-1")) for name, value in headers]


class ClientFrames:
    """Parses the text frames of a WebSocket client, which are masked and, here, neither fragmented nor
    compressed (RFC 6455 §5.2).
    """

    TEXT = 1

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[str]:
        self._buffer += data
        texts = []
        while frame := self._next():
            opcode, payload = frame
            if opcode == self.TEXT:
                texts.append(payload.decode())
        return texts

    def _next(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length > 125:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start])
        end = start + 4 + length
        if len(buffer) < end:
            return None
        mask = buffer[start : start + 4]
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(buffer[start + 4 : end]))
        opcode = buffer[0] & 0x0F
        del buffer[:end]
        return opcode, payload


class Conversation:
    """Parses the two byte streams of one connection as HTTP/1.1; after an upgrade, only the frames of the gateway."""

    def __init__(self, exchanges: list[Exchange]) -> None:
        self.exchanges = exchanges
        self.current: Exchange | None = None
        self.blind = False
        self._frames = ClientFrames()
        self._request = h11.Connection(h11.SERVER)
        self._response: h11.Connection | None = None

    def request_bytes(self, data: bytes) -> None:
        if self.blind:
            if self.current:
                self.current.frames += self._frames.feed(data)
            return
        self._request.receive_data(data)
        while True:
            event = self._request.next_event()
            if event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return
            if isinstance(event, h11.Request):
                self._begin(event)
                if self.blind:
                    return
            elif isinstance(event, h11.Data) and self.current:
                self.current.request_body += event.data
            elif isinstance(event, h11.EndOfMessage):
                # h11 expects the response to be written through it before it reads on, so a passive reader
                # restarts it.
                rest, _ = self._request.trailing_data
                self._request = h11.Connection(h11.SERVER)
                if not rest:
                    return  # for h11, no bytes mean the end of the connection
                self._request.receive_data(rest)

    def response_bytes(self, data: bytes) -> None:
        if self.blind or self._response is None or self.current is None:
            return
        self._response.receive_data(data)
        self._read_response()

    def upstream_closed(self) -> None:
        """A body without a length ends with its connection."""
        if not self.blind and self._response is not None and self.current and not self.current.complete:
            with contextlib.suppress(h11.RemoteProtocolError):
                self._response.receive_data(b"")
                self._read_response()

    def gateway_closed(self) -> None:
        if self.current and not self.current.complete:
            self.current.gateway_hung_up.set()

    def _begin(self, request: h11.Request) -> None:
        self.current = Exchange(request.method.decode(), request.target.decode(), decoded(request.headers))
        self.exchanges.append(self.current)
        self.blind = any(name == "upgrade" for name, _ in self.current.request_headers)
        # The framing of a response depends only on the request's method, so this side gets nothing else.
        self._response = h11.Connection(h11.CLIENT)
        self._response.send(h11.Request(method=request.method, target=request.target, headers=[("host", "tap")]))
        self._response.send(h11.EndOfMessage())

    def _read_response(self) -> None:
        assert self._response is not None and self.current is not None
        while True:
            event = self._response.next_event()
            if event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return
            if isinstance(event, h11.Response):
                self.current.status = event.status_code
                self.current.headers = decoded(event.headers)
            elif isinstance(event, h11.Data):
                self.current.body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self.current.complete = True
                return


class Tap:
    """Listens on a free port and forwards to one AgentOS. It records before it forwards, so everything that
    arrived is recorded.
    """

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self.exchanges: list[Exchange] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def find(self, exchange_id: str) -> Exchange | None:
        """Returns the last exchange with this id: after a failover there may be several."""
        found = [e for e in list(self.exchanges) if e.id == exchange_id]
        return found[-1] if found else None

    async def listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = Conversation(self.exchanges)
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        except OSError:
            writer.close()
            return
        requests = asyncio.create_task(self._copy(reader, up_writer, conversation.request_bytes))
        responses = asyncio.create_task(self._copy(up_reader, writer, conversation.response_bytes))
        done, pending = await asyncio.wait({requests, responses}, return_when=asyncio.FIRST_COMPLETED)
        if responses in done:
            conversation.upstream_closed()
        else:
            conversation.gateway_closed()
        for task in pending:
            task.cancel()
        for task in done:
            task.exception()
        for side in (writer, up_writer):
            side.close()

    @staticmethod
    async def _copy(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: Callable[[bytes], None]
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                record(data)
                writer.write(data)
                await writer.drain()


class Taps:
    """Runs the taps on an event loop in a separate thread, so that blocking tests can use them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="taps", daemon=True)
        self._thread.start()

    def open(self, upstream_port: int) -> Tap:
        tap = Tap(upstream_port)
        asyncio.run_coroutine_threadsafe(tap.listen(), self._loop).result(timeout=5)
        return tap

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
