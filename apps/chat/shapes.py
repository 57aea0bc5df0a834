from apps.chat.models import Message
from apps.chat.names import called
from apps.live.events import ChatMessage


def message_event(row: Message) -> ChatMessage:
    return ChatMessage(
        id=row.pk,
        author=row.author_id,
        name=called(row.author) if row.author else "",
        text=row.text,
        sent_at=row.sent_at.isoformat(),
    )
