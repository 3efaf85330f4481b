"""A server over a bare socket, for what no well-behaved one does: reset, hang, cut, drip."""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    def json(self) -> Any:
        return json.loads(self.body)


Handler = Callable[["RawServer", socket.socket, Request], None]


@dataclass
class RawServer:
    """Answers the n-th request with the n-th handler; the last one answers the rest."""

    handlers: list[Handler]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        scheme = "https" if self.tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def answer_with(self, *handlers: Handler) -> None:
        self.handlers = list(handlers)
        self.requests.clear()

    def close(self) -> None:
        self.closing.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            number = self.connections
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while (request := _read(stream, number)) is not None:
                    position = min(len(self.requests), len(self.handlers) - 1)
                    self.requests.append(request)
                    self.handlers[position](self, connection, request)
        except (OSError, ValueError):
            return


def _read(stream: Any, number: int) -> Request | None:
    line = stream.readline()
    if not line:
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body, number)


@contextmanager
def serving(*handlers: Handler, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    server = RawServer(list(handlers), tls=tls)
    try:
        yield server
    finally:
        server.close()


def _head(status: int, length: int | None, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {headers[name]}" for name in headers)]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def say(
    status: int = 200,
    body: bytes | str | Any = b"",
    content_type: str = "application/json",
    **headers: str,
) -> Handler:
    """A whole answer. Keywords are headers: `Retry_After="3"`."""
    if not isinstance(body, bytes):
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    named = {"Content-Type": content_type} if content_type else {}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}

    def handler(_server: RawServer, connection: socket.socket, _request: Request) -> None:
        connection.sendall(_head(status, len(body), named) + body)

    return handler


def reset(_server: RawServer, connection: socket.socket, _request: Request) -> None:
    linger_off = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_off)
    connection.detach() if False else connection.close()
    raise OSError


def hang_up(_server: RawServer, connection: socket.socket, _request: Request) -> None:
    connection.shutdown(socket.SHUT_RDWR)
    raise OSError


def hang(server: RawServer, _connection: socket.socket, _request: Request) -> None:
    server.closing.wait(30)
    raise OSError


def cut(body: bytes, promised: int, content_type: str = "application/json") -> Handler:
    """Promises `promised` bytes, sends fewer and hangs up."""

    def handler(_server: RawServer, connection: socket.socket, _request: Request) -> None:
        connection.sendall(_head(200, promised, {"Content-Type": content_type}) + body)
        connection.shutdown(socket.SHUT_RDWR)
        raise OSError

    return handler


def drip(whole: bytes, every: float = 0.05) -> Handler:
    """Sends one byte at a time, for as long as anybody listens."""

    def handler(server: RawServer, connection: socket.socket, _request: Request) -> None:
        for position in range(len(whole)):
            connection.sendall(whole[position : position + 1])
            if server.closing.wait(every):
                break

    return handler


def drip_body(every: float = 0.05) -> Handler:
    """The head at once, the body byte by byte."""
    slowly = drip(b" " * 10_000, every)

    def handler(server: RawServer, connection: socket.socket, request: Request) -> None:
        connection.sendall(_head(200, 10_000, {"Content-Type": "application/json"}))
        slowly(server, connection, request)

    return handler


def certificate(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for `host`, and the file of the authority that vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, private = folder / "authority.pem", folder / "key.pem"
    authority.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, private)
    return context, str(authority)
