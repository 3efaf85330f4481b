"""`python -m sandbox`: prints one JSON line that says where everything is, serves until stopped."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import signal
import socket
import sys

from aiohttp import web

from sandbox.app import make_app
from sandbox.state import Options, World

HOST = "127.0.0.1"  # loopback only: it publishes its own credentials


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="0 picks a free one")
    parser.add_argument("--profiles", type=int, default=60, help="profiles in each source")
    parser.add_argument("--latency-ms", type=float, default=0, help="added to every answer")
    parser.add_argument("--resume-kb", type=float, default=5, help="size of each CV")
    parser.add_argument("--seed", type=int, default=2024, help="same seed, same data")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when standard input is closed"
    )
    return parser.parse_args()


def _bind(port: int) -> socket.socket:
    """A listening socket, bound before the data is made: links to CVs need the address."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    return sock


def _options(args: argparse.Namespace, port: int) -> Options:
    return Options(
        address=f"http://{HOST}:{port}",
        profiles=args.profiles,
        latency_ms=args.latency_ms,
        resume_kb=args.resume_kb,
        seed=args.seed,
    )


def _stop_event(*, with_parent: bool) -> asyncio.Event:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        loop.add_reader(sys.stdin, stop.set)
    return stop


async def _serve(args: argparse.Namespace) -> None:
    sock = _bind(args.port)
    world = World(_options(args, sock.getsockname()[1]))
    gc.collect()
    gc.freeze()  # the profiles live as long as the process: no collection needs to visit them
    stop = _stop_event(with_parent=args.with_parent)
    runner = web.AppRunner(make_app(world), access_log=None, keepalive_timeout=120)
    await runner.setup()
    await web.SockSite(runner, sock, shutdown_timeout=0.5, backlog=1024).start()
    print(json.dumps(world.description(), ensure_ascii=False), flush=True)
    await stop.wait()
    await runner.cleanup()


def main() -> int:
    args = _parse()
    try:
        asyncio.run(_serve(args))
    except OSError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
