from django.dispatch import Signal

# With `message`, which is stored.
message_posted = Signal()
