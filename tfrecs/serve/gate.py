"""Checks of requests before they are parsed: name, key, size, depth and time."""

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from tfrecs._base.server_names import allowed_hosts
from tfrecs.serve.logs import log
from tfrecs.serve.metrics import Metrics
from tfrecs.serve.options import Options

OPEN = ("/health", "/ready")
"""Routes without name and key, for the machinery that starts and stops servers."""

DEEPEST = 8
"""Most brackets within each other in a body."""

MOST_DROPPED = 2**25
"""Most bytes that are read of a body; the connection is closed then."""

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Refused(Exception):
    """A request that is not answered: a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Gate:
    """Passes requests on to an application, with their bodies, and counts them.

    Args:
        app: an ASGI application.
        options: limits and key.
        metrics: where requests are counted.
        routes: the routes; others are counted together.
    """

    def __init__(
        self, app: Any, options: Options, metrics: Metrics, routes: set[str]
    ) -> None:
        self._app = app
        self._options = options
        self._metrics = metrics
        self._routes = routes
        names = allowed_hosts(options.address, options.host)
        self._hosts = {name.lower() for name in names}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def counted(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            body = await self._body(receive)
            self._check_name(scope)
            self._check_key(scope)
            self._check_body(scope, body)
            await self._app(scope, _once(body, receive), counted)
        except Refused as refused:
            await _refuse(refused, counted)
        finally:
            route = scope["path"] if scope["path"] in self._routes else "other"
            seconds = time.perf_counter() - began
            self._metrics.requests.labels(route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            if route not in OPEN:
                taken = round(1e3 * seconds, 2)
                log("request", route=route, status=status, milliseconds=taken)

    def _check_name(self, scope: dict[str, Any]) -> None:
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            name = None
        if name not in self._hosts and scope["path"] not in OPEN:
            raise Refused(400, "Host must be a name of the server: see --host")

    def _check_key(self, scope: dict[str, Any]) -> None:
        key = self._options.api_key.encode()
        if not key or scope["path"] in OPEN:
            return
        given = dict(scope["headers"]).get(b"authorization", b"")
        if not hmac.compare_digest(given, b"Bearer " + key):
            raise Refused(401, "Authorization must be: Bearer, and the API key")

    async def _body(self, receive: Any) -> bytes:
        """Returns the body, cut above the limit of size.

        The rest is dropped: a client that is still sending reads no answer.
        """
        body, size = bytearray(), 0
        try:
            async with asyncio.timeout(self._options.seconds):
                while size < MOST_DROPPED:
                    message = await receive()
                    part = message.get("body", b"")
                    size += len(part)
                    if len(body) <= self._options.body:
                        body += part
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise Refused(408, "the body was not complete in time") from None
        return bytes(body)

    def _check_body(self, scope: dict[str, Any], body: bytes) -> None:
        most = self._options.body
        if len(body) > most:
            raise Refused(413, f"the body must be of at most {most} bytes")
        given = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
        kind = given.partition(";")[0].strip().lower()
        if scope["method"] == "POST" and kind != "application/json":
            raise Refused(415, "Content-Type must be application/json")
        if _depth(body) > DEEPEST:
            raise Refused(400, f"the body must not be nested deeper than {DEEPEST}")


def _depth(body: bytes) -> int:
    """Returns an upper bound of the depth of JSON: brackets in texts count too."""
    depth = deepest = 0
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return 0
    for byte in body:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _once(body: bytes, receive: Any) -> Any:
    """Returns a `receive` of a body that was read."""
    is_read = False

    async def read() -> Any:
        nonlocal is_read
        if is_read:
            return await receive()
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read


async def _refuse(refused: Refused, send: Send) -> None:
    body = json.dumps({"error": str(refused)}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    start = {"type": "http.response.start", "status": refused.status}
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": body})
