"""Sent when the data are stored, so that whoever listens finds them: what tells browsers at once is optional."""

from django.dispatch import Signal

# With `notification`.
notified = Signal()
# With `user` and `ids`: those that were read, or None for all.
marked_read = Signal()
