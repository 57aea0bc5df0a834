"""An app of the user declares its events, its WebSocket and its path, without a change in apps/live."""

import pytest

from apps.live.publish import publish
from apps.live.routing import websocket_application
from tests import sockets
from tests.sockets import async_test, connect, in_thread

pytestmark = pytest.mark.django_db(transaction=True)

FILES = {
    "__init__.py": "",
    "events.py": """
from dataclasses import dataclass
from typing import Annotated

from apps.live.events import Event


@dataclass(frozen=True)
class Shipped(Event):
    \"\"\"An order was shipped.\"\"\"

    type = "shipped"
    id: Annotated[int, "its id"]


@dataclass(frozen=True)
class Cancel(Event):
    \"\"\"Cancel an order.\"\"\"

    type = "cancel"
    id: Annotated[int, "its id"]
""",
    "consumers.py": """
from apps.live.consumer import LiveConsumer
from apps.live.events import InvalidMessage

from .events import Cancel, Shipped


class OrdersConsumer(LiveConsumer):
    sends = (Shipped,)
    accepts = (Cancel,)
    replays = (Shipped,)

    def group_names(self):
        return [f"orders.{self.user.pk}"]

    def events_since(self, last_id):
        return [Shipped(id) for id in range(last_id + 1, 4)]

    async def on_event(self, event):
        raise InvalidMessage("invalid", f"Order {event.id} was shipped.")
""",
    "routing.py": """
from django.urls import path

from .consumers import OrdersConsumer

websocket_urlpatterns = [path("ws/orders/", OrdersConsumer.as_asgi())]
""",
}


@async_test
async def test_an_app_declares_its_own_websocket(user, settings, tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    for name, text in FILES.items():
        (tmp_path / "shop" / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "shop"]
    from shop.events import Shipped  # type: ignore[import-not-found]

    monkeypatch.setattr(sockets, "application", websocket_application())
    socket = await connect("/ws/orders/", user)

    await in_thread(publish)(f"orders.{user.pk}", Shipped(3))
    assert await socket.receive() == {"type": "shipped", "id": 3}
    await socket.send(type="cancel", id=3)
    assert (await socket.receive())["message"] == "Order 3 was shipped."
    await socket.send(type="since", id=1)
    missed = await socket.receive()
    assert (missed["items"], missed["more"]) == ([{"type": "shipped", "id": 2}, {"type": "shipped", "id": 3}], False)
