"""Opens streams and reads each at one byte a second: slow_readers.py PORT COUNT TARGET.

Prints `open`, then the number of connections that were reset.

Small segments and receive buffers make the system hold few bytes for a reader, so that the gateway has to.
"""

import selectors
import socket
import sys
import time

RECEIVE_BUFFER = 1024
SEGMENT = 536

port, count, target = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
form = "message=hi&stream=true"
watched = selectors.DefaultSelector()


def request(number):
    """Returns the bytes of one streamed run."""
    return (
        f"POST {target}&id=slow-{number} HTTP/1.1\r\nhost: x\r\n"
        f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(form)}\r\n\r\n{form}"
    ).encode()


for number in range(count):
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    reader.connect(("127.0.0.1", port))
    reader.sendall(request(number))
    watched.register(reader, selectors.EVENT_READ)
print("open", flush=True)

ended = 0
resets = 0
while ended < count:
    for key, _ in watched.select(timeout=1):
        # Bytes that arrived before a reset can be read after it, so the error is asked for.
        is_reset = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
        if is_reset or key.fileobj.recv(1) == b"":
            resets += is_reset
            watched.unregister(key.fileobj)
            key.fileobj.close()
            ended += 1
    time.sleep(1)
print(resets, flush=True)
