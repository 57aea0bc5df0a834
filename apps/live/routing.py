"""The paths of the WebSockets. Each app may have a module `routing` with `websocket_urlpatterns` below `ws/`."""

from importlib import import_module
from typing import Any

from channels.routing import URLRouter
from django.apps import apps
from django.urls import path, re_path
from django.utils.module_loading import module_has_submodule

from apps.live.consumers import NotificationsConsumer, UpdatesConsumer
from apps.live.middleware import LiveMiddleware

websocket_urlpatterns = [
    path("ws/notifications/", NotificationsConsumer.as_asgi()),
    path("ws/updates/", UpdatesConsumer.as_asgi()),
]


def all_urlpatterns() -> list[Any]:
    """Those of all apps in INSTALLED_APPS."""
    configs = [config for config in apps.get_app_configs() if module_has_submodule(config.module, "routing")]
    modules = [import_module(f"{config.name}.routing") for config in configs]
    return [pattern for module in modules for pattern in getattr(module, "websocket_urlpatterns", [])]


async def not_found(scope: Any, receive: Any, send: Any) -> None:
    """The server answers with HTTP 403."""
    await send({"type": "websocket.close", "code": 404})


def websocket_application() -> Any:
    fallback: Any = not_found
    return LiveMiddleware(URLRouter([*all_urlpatterns(), re_path("", fallback)]))
