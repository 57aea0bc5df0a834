from typing import Any, cast

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

from apps.chat.consumers import ChatConsumer
from apps.live.consumers import NotificationsConsumer, UpdatesConsumer
from apps.live.guard import Door


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    """Refused before it is open, which servers answer with an error of HTTP."""
    await send({"type": "websocket.close", "code": 404})


sockets = Door(
    URLRouter(
        [
            path("ws/notifications/", NotificationsConsumer.as_asgi()),
            path("ws/chat/<int:room_id>/", ChatConsumer.as_asgi()),
            path("ws/updates/", UpdatesConsumer.as_asgi()),
            re_path("", cast(Any, nowhere)),
        ]
    )
)


def with_sockets(pages: Any) -> Any:
    """The site with its sockets, and its pages for all that is no socket."""
    return ProtocolTypeRouter({"http": pages, "websocket": sockets})
