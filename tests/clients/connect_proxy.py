"""A proxy as companies have them at their border: CONNECT, absolute addresses, a password."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class ConnectProxy:
    """Leads every request to `port` of this machine, whatever its address says.

    `said` are the request lines. `user`: `name:password` that it asks for.
    """

    port_behind: int
    user: str = ""
    status: str = "200 OK"
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(1)
            line, _, headers = head.decode().partition("\r\n")
            self.said.append(line)
            wanted = "Basic " + base64.b64encode(self.user.encode()).decode()
            if self.user and f"Proxy-Authorization: {wanted}" not in headers:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                return
            if line.startswith("CONNECT") and self.status != "200 OK":
                client.sendall(f"HTTP/1.1 {self.status}\r\n\r\n".encode())
                return
            with socket.create_connection(("127.0.0.1", self.port_behind)) as server:
                if line.startswith("CONNECT"):
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    server.sendall(head)
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join(5)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def proxying(port: int, **options: str) -> Iterator[ConnectProxy]:
    proxy = ConnectProxy(port, **options)
    try:
        yield proxy
    finally:
        proxy.close()
