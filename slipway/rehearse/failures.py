"""What goes wrong in a rehearsal."""


class Failure(Exception):
    """A step that Render would fail too, or that we hold to be a mistake; the message says which."""

    def __init__(self, message: str, hint: str = "", last_words: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.last_words = last_words
