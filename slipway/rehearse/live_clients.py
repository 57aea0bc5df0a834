"""WebSockets that stay open and tasks that are started during a deploy, and what of them is lost.

Works on sites with the API of this template; others are tested with HTTP requests only.
"""

import asyncio
import json
from asyncio import sleep
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from slipway.rehearse.errors import Failure
from slipway.rehearse.http_messages import InvalidHTTP, body, read_head, response_body_length
from slipway.rehearse.listener import LOCALHOST

WEBSOCKETS = 20
PATH = "/ws/notifications/"
REQUEST_TIMEOUT = 15
# Seconds until a closed WebSocket must be open again, and until the last task must have ended.
RECONNECT_TIMEOUT = 45
TASK_TIMEOUT = 90
RETRY_INTERVAL = 0.5
# A user may start 30 tasks a minute.
TASK_INTERVAL = 2.1

ERRORS = (OSError, EOFError, InvalidHTTP, ValueError, Failure)


@dataclass
class Account:
    """Signs in to the site, and sends requests to its API."""

    host: str
    ports: dict[str, int]
    email: str
    password: str = field(repr=False)
    token: str = field(default="", repr=False)

    async def sign_in(self) -> None:
        self.token = ""
        _, data = await self.request("POST", "/api/v1/auth/login/", email=self.email, password=self.password)
        self.token = data["access"] if isinstance(data, dict) and "access" in data else ""
        if not self.token:
            raise Failure(f"{self.email} could not sign in to {self.host}.")

    async def request(self, method: str, path: str, **data: str) -> tuple[int, Any]:
        content = json.dumps(data).encode()
        headers = {
            "Host": self.host,
            "Connection": "close",
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
        }
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        async with asyncio.timeout(REQUEST_TIMEOUT):
            reader, writer = await asyncio.open_connection(LOCALHOST, self.ports[self.host])
            try:
                writer.write("\r\n".join([*lines, "", ""]).encode() + content)
                if not (head := await read_head(reader)):
                    raise EOFError("the connection was closed without a response")
                received = b"".join([chunk async for chunk in body(reader, response_body_length(head, method))])
            finally:
                writer.close()
        is_json = head.get("content-type").startswith("application/json")
        return head.status, json.loads(received) if is_json else received

    async def expect(self, status: int, method: str, path: str) -> Any:
        found, data = await self.request(method, path)
        if found == 401:
            # An access token lives for minutes only.
            await self.sign_in()
            found, data = await self.request(method, path)
        if found != status:
            raise Failure(f"{method} {path} returned {found}, expected {status}.")
        return data

    async def can_open_websockets(self) -> bool:
        # Without a token: 401 where the URL exists.
        status, _ = await self.request("POST", "/api/v1/auth/ws-ticket/")
        return status == 401


class WebSocketClient:
    """One WebSocket, as a page uses it: reconnects when it is closed, and requests the messages that it missed."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.received: set[int] = set()
        self.last_id = 0
        self.closed = 0
        self.is_lost = False
        self.is_open = asyncio.Event()

    async def run(self) -> None:
        from websockets.exceptions import ConnectionClosed

        while websocket := await self.connect():
            async with websocket:
                try:
                    await self.send_last_id(websocket)
                    self.is_open.set()
                    async for text in websocket:
                        await self.receive(json.loads(text), websocket)
                except ConnectionClosed:
                    pass
            self.is_open.clear()
            self.closed += 1
        self.is_lost = True
        self.is_open.set()

    async def connect(self) -> Any:
        """None if it cannot be opened in time."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException
        from websockets.typing import Origin

        deadline = monotonic() + RECONNECT_TIMEOUT
        while monotonic() < deadline:
            try:
                ticket = await self.account.expect(201, "POST", "/api/v1/auth/ws-ticket/")
                host = urlsplit(ticket["url"]).hostname or ""
                return await connect(
                    f"ws://{urlsplit(ticket['url']).netloc}{PATH}?ticket={ticket['ticket']}",
                    origin=Origin(f"https://{self.account.host}"),
                    host=LOCALHOST,
                    port=self.account.ports[host],
                    proxy=None,
                )
            except (*ERRORS, WebSocketException):
                await sleep(RETRY_INTERVAL)
        return None

    async def send_last_id(self, websocket: Any) -> None:
        await websocket.send(json.dumps({"type": "since", "id": self.last_id}))

    async def receive(self, event: dict[str, Any], websocket: Any) -> None:
        items = [event] if event["type"] == "notification" else event.get("items", [])
        if event["type"] not in ("notification", "missed", "unread"):
            return
        ids = {item["id"] for item in items}
        self.received |= ids
        self.last_id = max(self.last_id, *ids, 0)
        if event["type"] == "missed" and event["more"]:
            await self.send_last_id(websocket)


class TaskSender:
    """Starts a task every few seconds, if the site and the account allow it. Each task leaves a notification."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.started = 0
        self.failed = 0
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        if (await self.account.request("OPTIONS", "/api/v1/preflight/"))[0] in (403, 404):
            return
        while not self.stopping.is_set():
            try:
                await self.account.expect(202, "POST", "/api/v1/preflight/")
                self.started += 1
            except ERRORS:
                self.failed += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(TASK_INTERVAL):
                    await self.stopping.wait()


@dataclass(frozen=True)
class Losses:
    closed: int
    lost_websockets: int
    lost_messages: int
    tasks: int
    lost_tasks: int


class LiveClients:
    def __init__(self, account: Account, websockets: int = WEBSOCKETS) -> None:
        self.account = account
        self.clients = [WebSocketClient(account) for _ in range(websockets)]
        self.tasks = TaskSender(account)
        self.running: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.running = [asyncio.create_task(client.run()) for client in self.clients]
        await asyncio.gather(*(client.is_open.wait() for client in self.clients))
        if any(client.is_lost for client in self.clients):
            raise Failure("The WebSockets of the site could not be opened.")
        self.running.append(asyncio.create_task(self.tasks.run()))

    async def finish(self) -> Losses:
        """Start no more tasks, wait for the results of the started ones, and count what is missing."""
        self.tasks.stopping.set()
        # Raises what made it fail, if anything did.
        await self.running[-1]
        finished = await until(self.finished_tasks, lambda ids: len(ids) >= self.tasks.started, TASK_TIMEOUT)
        await until(self.missing_messages, lambda missing: not missing, RECONNECT_TIMEOUT, finished)
        return Losses(
            closed=sum(client.closed for client in self.clients),
            lost_websockets=sum(client.is_lost for client in self.clients),
            lost_messages=await self.missing_messages(finished, lost_clients=True),
            tasks=self.tasks.started + self.tasks.failed,
            lost_tasks=self.tasks.failed + max(0, self.tasks.started - len(finished)),
        )

    async def finished_tasks(self) -> set[int]:
        page = await self.account.expect(200, "GET", "/api/v1/notifications/?page_size=100")
        return {item["id"] for item in page["results"] if item["kind"] == "preflight"}

    async def missing_messages(self, ids: set[int], *, lost_clients: bool = False) -> int:
        return sum(len(ids - client.received) for client in self.clients if lost_clients or not client.is_lost)

    async def stop(self) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


async def until(read: Callable[..., Any], is_enough: Callable[[Any], bool], timeout: float, *arguments: Any) -> Any:
    """The last value that was read when it is enough or the time is over."""
    deadline = monotonic() + timeout
    while not is_enough(value := await read(*arguments)) and monotonic() < deadline:
        await sleep(RETRY_INTERVAL)
    return value


@asynccontextmanager
async def live_clients(account: Account | None) -> AsyncIterator[LiveClients | None]:
    """None if the site has no WebSockets, or no account to use them with."""
    if not account or not find_spec("websockets") or not await account.can_open_websockets():
        yield None
        return
    await account.sign_in()
    clients = LiveClients(account)
    try:
        await clients.start()
        yield clients
    finally:
        await clients.stop()
