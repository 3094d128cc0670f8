"""What a kept connection of a client costs that has nothing to do, with the one to the server."""

import contextlib
import selectors
import socket
import threading
import time

from processes import CannotMeasure

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
WITHIN = 30


class Holding:
    """A server that answers only when so many requests wait, so that each has its connection."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port = self.server.getsockname()[1]
        self.wanted = 1
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.server, selectors.EVENT_READ)
        self.waiting = []
        self.over = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while not self.over:
            for key, _ in self.selector.select(0.1):
                if key.fileobj is self.server:
                    accepted, _ = self.server.accept()
                    self.selector.register(accepted, selectors.EVENT_READ, bytearray())
                else:
                    self._read(key.fileobj, key.data)
            if len(self.waiting) >= self.wanted:
                for one in self.waiting:
                    one.sendall(ANSWER)
                self.waiting.clear()

    def _read(self, connection, head):
        try:
            octets = connection.recv(65536)
        except ConnectionResetError:
            octets = b""
        if not octets:
            self.selector.unregister(connection)
            connection.close()
            return
        head += octets
        while (end := head.find(b"\r\n\r\n")) >= 0:
            del head[: end + 4]
            self.waiting.append(connection)

    def close(self):
        self.over = True
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


def measure(process, port, backend, count):
    """KiB of resident memory for each pair of idle connections, and MiB of the process with them."""
    backend.wanted = 1
    with contextlib.ExitStack() as opened:
        _ask([opened.enter_context(_dial(port))])
        time.sleep(1)
        before = process.memory_mib()[0]
        backend.wanted = count
        _ask([opened.enter_context(_dial(port)) for _ in range(count)])
        time.sleep(1)
        after = process.memory_mib()[0]
    return {"pair": (after - before) * 1024 / count, "memory": after}


def _dial(port):
    return socket.create_connection(("127.0.0.1", port), WITHIN)


def _ask(connections):
    for one in connections:
        one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for one in connections:
        answer = b""
        while not answer.endswith(b"ok"):
            part = one.recv(4096)
            if not part or b" 200 " not in (answer + part)[:20]:
                raise CannotMeasure(f"an idle connection was answered with {answer + part!r}")
            answer += part
