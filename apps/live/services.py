from functools import partial
from typing import Any

from django.db import transaction

from apps.live import groups
from apps.live.events import Update
from apps.live.layer import tell


def broadcast(topic: str, **data: Any) -> None:
    """Tell everybody who is signed in and looking, once the data it tells of are stored."""
    send(groups.UPDATES, topic, data)


def send_update(*, user_id: int, topic: str, **data: Any) -> None:
    """Tell one user alone, where they look at the moment. By id: a task has no more, and need not ask for more."""
    send(groups.updates_for(user_id), topic, data)


def send(group: str, topic: str, data: dict[str, Any]) -> None:
    event = Update(topic=topic, data=data).as_message()
    transaction.on_commit(partial(tell, group, type="live.event", event=event), robust=True)
