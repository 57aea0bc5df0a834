"""Reads pages the way a strict browser does."""

from html.parser import HTMLParser
from typing import Any


class Page(HTMLParser):
    """The words of a page, its links, and what its Content-Security-Policy would stop."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.forbidden: list[str] = []
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        given: dict[str, Any] = dict(attrs)
        if tag == "a":
            self.links.append(given["href"])
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.forbidden.append(f"<{tag}> with its own content")
        for name, value in given.items():
            if name == "style" or name.startswith("on"):
                self.forbidden.append(f"<{tag} {name}>")
            if name in ("src", "href", "action", "srcset") and ("//" in value or value.startswith("javascript:")):
                self.forbidden.append(f"<{tag} {name}={value}>")

    def handle_data(self, data: str) -> None:
        if self.inside[-1:] not in (["style"], ["script"]):
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass
