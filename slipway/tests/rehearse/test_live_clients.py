"""WebSockets and tasks during a deploy, on the real site and on one that loses some."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from apps.accounts.models import User
from config.settings import base
from slipway.rehearse import live_clients as module
from slipway.rehearse.errors import Failure
from slipway.rehearse.listener import LOCALHOST
from slipway.rehearse.live_clients import Account, LiveClients, Losses, live_clients
from slipway.rehearse.proxy import WebProxy
from slipway.rehearse.report import Report
from slipway.rehearse.steps import live_summary
from slipway.tests.rehearse.connections import head_from, listening, run_async
from slipway.tests.site.live.daphne import SINGLE_PROCESS, daphne

HOST = "www.example.com"


@dataclass
class FakeSite:
    """The API that the clients need. Each task becomes a notification for all open WebSockets."""

    sockets: list[ServerConnection] = field(default_factory=list)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    closed_to_new_sockets: bool = False
    has_websockets: bool = True
    refuses_tasks: bool = False
    # The first socket does not get this many messages.
    messages_to_lose: int = 0

    async def respond(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = await head_from(reader)
        method, path = head.split()[:2]
        status, data = await self.response(method, path.partition("?")[0], signed_in="Authorization" in head)
        content = json.dumps(data).encode()
        headers = f"Content-Type: application/json\r\nContent-Length: {len(content)}"
        writer.write(f"HTTP/1.1 {status} Status\r\n{headers}\r\n\r\n".encode() + content)
        await writer.drain()

    async def response(self, method: str, path: str, signed_in: bool) -> tuple[int, Any]:
        if path == "/api/v1/auth/login/":
            return 200, {"access": "token"}
        if path == "/api/v1/auth/ws-ticket/":
            if not self.has_websockets:
                return 404, {}
            ticket = {"url": f"wss://{HOST}", "ticket": "ticket"}
            return (503, {}) if self.closed_to_new_sockets else (201, ticket) if signed_in else (401, {})
        if path == "/api/v1/notifications/":
            return 200, {"results": self.notifications}
        assert path == "/api/v1/preflight/"
        if method == "OPTIONS":
            return 200, {}
        return (503, {}) if self.refuses_tasks else (202, await self.run_task())

    async def run_task(self) -> dict[str, Any]:
        item = {"id": len(self.notifications) + 1, "kind": "preflight"}
        self.notifications.append(item)
        for number, socket in enumerate(self.sockets):
            if number == 0 and self.messages_to_lose:
                self.messages_to_lose -= 1
            else:
                with suppress(ConnectionClosed):
                    await socket.send(json.dumps({"type": "notification", **item}))
        return {}

    async def accept(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        try:
            async for text in socket:
                missed = [item for item in self.notifications if item["id"] > json.loads(text)["id"]]
                await socket.send(json.dumps({"type": "missed", "items": missed, "more": False}))
        except ConnectionClosed:
            pass
        finally:
            self.sockets.remove(socket)

    async def wait_for_notifications(self, count: int) -> None:
        while len(self.notifications) < count:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(site: FakeSite, websockets: int = 3) -> AsyncIterator[LiveClients]:
    async with site_on_ports(site) as account, asyncio.timeout(20):
        await account.sign_in()
        clients = LiveClients(account, websockets)
        try:
            await clients.start()
            yield clients
        finally:
            await clients.stop()


@asynccontextmanager
async def site_on_ports(site: FakeSite) -> AsyncIterator[Account]:
    async with listening(site.respond) as api, serve(site.accept, LOCALHOST, 0) as sockets:
        port = next(iter(sockets.sockets)).getsockname()[1]
        # The tickets name this host.
        account = Account("api.example.com", {"api.example.com": api[1], HOST: port}, "ada@example.com", "password")
        yield account


@pytest.fixture(autouse=True)
def short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TASK_INTERVAL", 0.05)
    monkeypatch.setattr(module, "RETRY_INTERVAL", 0.01)


@run_async
async def test_nothing_is_lost_on_a_good_site() -> None:
    site = FakeSite()
    async with running(site) as clients:
        await site.wait_for_notifications(3)
        losses = await clients.finish()

    assert losses.tasks == len(site.notifications) >= 3
    assert losses == Losses(closed=0, lost_websockets=0, lost_messages=0, tasks=losses.tasks, lost_tasks=0)


@run_async
async def test_a_closed_websocket_that_is_open_again_is_not_lost() -> None:
    site = FakeSite()
    async with running(site) as clients:
        for socket in list(site.sockets):
            await socket.close()
        while len(site.sockets) < 3:
            await asyncio.sleep(0.01)
        await clients.finish()

    assert [client.closed for client in clients.clients] == [1, 1, 1]
    assert not any(client.is_lost for client in clients.clients)


@run_async
async def test_a_websocket_that_cannot_be_opened_again_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    site = FakeSite()
    async with running(site, websockets=1) as clients:
        monkeypatch.setattr(module, "RECONNECT_TIMEOUT", 0.1)
        site.closed_to_new_sockets = True
        for socket in list(site.sockets):
            await socket.close()
        while not clients.clients[0].is_lost:
            await asyncio.sleep(0.01)
        assert (await clients.finish()).lost_websockets == 1


@run_async
async def test_a_message_that_a_websocket_does_not_get_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECONNECT_TIMEOUT", 0.3)
    site = FakeSite(messages_to_lose=1)
    async with running(site) as clients:
        await site.wait_for_notifications(3)
        assert (await clients.finish()).lost_messages == 1


@run_async
async def test_tasks_that_cannot_be_started_or_leave_no_result_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TASK_TIMEOUT", 0.1)
    site = FakeSite()
    async with running(site) as clients:
        await site.wait_for_notifications(2)
        site.refuses_tasks = True
        while not clients.tasks.failed:
            await asyncio.sleep(0.01)
        clients.tasks.stopping.set()
        site.notifications.pop()
        losses = await clients.finish()

    assert losses.lost_tasks == clients.tasks.failed + 1


@run_async
async def test_websockets_that_cannot_be_opened_at_all_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECONNECT_TIMEOUT", 0.1)

    with pytest.raises(Failure, match="could not be opened"):
        async with running(FakeSite(closed_to_new_sockets=True)):
            pass


@run_async
async def test_a_site_without_websockets_has_no_live_clients() -> None:
    async with site_on_ports(FakeSite(has_websockets=False)) as account, live_clients(account) as clients:
        assert clients is None


@run_async
async def test_each_kind_of_loss_is_a_failure_of_its_own() -> None:
    class Finished(LiveClients):
        async def finish(self) -> Losses:
            return Losses(closed=20, lost_websockets=1, lost_messages=2, tasks=31, lost_tasks=3)

    report = Report()
    summary = await live_summary(report, Finished(Account(HOST, {}, "", "")))

    assert report.failures == ["1 WebSockets were lost.", "2 messages were lost.", "3 tasks were lost."]
    assert summary == ", 20 WebSockets closed, 1 lost, 31 tasks, 3 lost"


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_real_site_loses_nothing_when_its_server_is_replaced(
    database_url: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TASK_INTERVAL", 2.1)
    # The site's own hashers, not the fast ones of the tests.
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    User.objects.create_superuser("ada@example.com", "right-and-long-9")
    environment = {"DATABASE_URL": database_url, "SECRET_KEY": settings.SECRET_KEY}

    losses = asyncio.run(replace_server(tmp_path, environment))

    assert losses.closed == 3
    assert (losses.lost_websockets, losses.lost_messages) == (0, 0)
    # What could not be started while no server was running counts as lost.
    assert losses.tasks - losses.lost_tasks >= 2


async def replace_server(folder: Path, environment: dict[str, str]) -> Losses:
    async with web_proxy() as proxy, server(proxy, log=folder / "one", **environment) as stop:
        account = Account(HOST, {HOST: proxy.port}, "ada@example.com", "right-and-long-9")
        await account.sign_in()
        clients = LiveClients(account, 3)
        try:
            await clients.start()
            await until_a_task_has_finished(clients, after=0)
            await stop()
            async with server(proxy, log=folder / "two", **environment):
                await until_a_task_has_finished(clients, after=len(await clients.finished_tasks()))
                return await clients.finish()
        finally:
            await clients.stop()


@asynccontextmanager
async def web_proxy() -> AsyncIterator[WebProxy]:
    proxy = WebProxy()
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()


@asynccontextmanager
async def server(proxy: WebProxy, **environment: Any) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """The whole site in one process behind the proxy, and a function that stops it."""
    process = daphne(command=SINGLE_PROCESS, **environment)
    started = await asyncio.to_thread(process.__enter__)
    proxy.route_to([(LOCALHOST, started.port)])
    try:
        yield lambda: asyncio.to_thread(started.stop)
    finally:
        await asyncio.to_thread(process.__exit__, None, None, None)


async def until_a_task_has_finished(clients: LiveClients, after: int) -> None:
    async with asyncio.timeout(30):
        while len(await clients.finished_tasks()) <= after:
            await asyncio.sleep(0.05)
