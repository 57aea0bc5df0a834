"""Sent after the transaction. apps/live, which is optional, receives them."""

from django.dispatch import Signal

# Sent with `notification`.
notified = Signal()
# Sent with `user` and `ids`, which is None for all notifications.
marked_read = Signal()
