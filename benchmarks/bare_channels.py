"""The chat of the tutorial in Channels' documentation, with the Redis channel layer."""

from benchmarks.projects import Bench, Project, bare_project

ASGI = """
import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bare.settings")
django_asgi_app = get_asgi_application()

from chat.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": django_asgi_app,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
"""

ROUTING = """
from django.urls import re_path

from . import consumers

websocket_urlpatterns = [re_path(r"ws/chat/(?P<room_name>\\w+)/$", consumers.ChatConsumer.as_asgi())]
"""

CONSUMERS = """
import json

from channels.generic.websocket import AsyncWebsocketConsumer


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        self.room_group_name = f"chat_{self.room_name}"
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, close_code):
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def receive(self, text_data):
        text_data_json = json.loads(text_data)
        message = text_data_json["message"]
        await self.channel_layer.group_send(self.room_group_name, {"type": "chat.message", "message": message})

    async def chat_message(self, event):
        message = event["message"]
        await self.send(text_data=json.dumps({"message": message}))
"""

# As in "Using Outside Of Consumers" in the documentation. message_sender.py imports it.
BENCH_SOCKETS = """
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

# The tutorial sends no message when a socket is ready.
READY = ""


def paths(count):
    return ["/ws/chat/lobby/"] * count


def send(number):
    async_to_sync(get_channel_layer().group_send)("chat_lobby", {"type": "chat.message", "message": number})
"""

# With the default timeout of redis-py 8, all sockets are closed after 5 idle seconds.
SETTINGS = """
INSTALLED_APPS = ["daphne", "chat", *INSTALLED_APPS]
ASGI_APPLICATION = "bare.asgi.application"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": None}]},
    },
}
"""

PROCESSES = {"ws": "daphne -b 127.0.0.1 -p $PORT bare.asgi:application"}


def bare_channels(bench: Bench) -> Project:
    files = {
        "bare/asgi.py": ASGI,
        "chat/__init__.py": "",
        "chat/routing.py": ROUTING,
        "chat/consumers.py": CONSUMERS,
        "chat/bench_sockets.py": BENCH_SOCKETS,
    }
    return bare_project(bench, "sockets", SETTINGS, files, PROCESSES)
