"""The mailbox of development: e-mails are stored in a folder instead of being sent, and shown at /dev/mail/."""

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from html import unescape
from os import urandom
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.filebased import EmailBackend
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

LIMIT = 200
# Without the punctuation after it.
LINK = re.compile(r"""(https?://[^\s<>"']*[^\s<>"'.,:;!?)\]])""")
# Scripts and forms do nothing, and links open in a new tab.
HTML_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src * data:; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


class MailboxBackend(EmailBackend):
    """Stores each e-mail in its own file, so that the pages show those of all processes."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            mime = message.message()
            mime["Bcc"] = ", ".join(message.bcc)
            # Sorted by time; the rest differs between processes. Pages don't list an unfinished file.
            unfinished = Path(self.file_path) / f"{time.time_ns()}-{urandom(4).hex()}.part"
            unfinished.write_bytes(mime.as_bytes())
            unfinished.rename(unfinished.with_suffix(".eml"))
            for old in sorted(unfinished.parent.glob("*.eml"))[:-LIMIT]:
                old.unlink(missing_ok=True)
            text = unescape(message.body) if message.content_subtype == "html" else str(message.body)
            line = f"E-mail to {', '.join(message.recipients())}: {message.subject}"
            # Not in the log, which redacts tokens in links.
            print(line, *LINK.findall(text)[:1], flush=True)
        return len(email_messages)


class Mail:
    def __init__(self, file: Path, *, headers_only: bool = False) -> None:
        self.name = file.stem
        self.sent_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        # Templates read its headers as attributes.
        with file.open("rb") as content:
            self.message: Any = BytesParser(policy=policy.default).parse(content, headersonly=headers_only)

    def body(self, subtype: str) -> str:
        part = self.message.get_body([subtype])
        return part.get_content() if part else ""

    def details(self) -> list[tuple[str, str]]:
        attached = ", ".join(part.get_filename() or "(no name)" for part in self.message.iter_attachments())
        headers = [(name, self.message[name]) for name in ("From", "To", "Cc", "Bcc")]
        return [*headers, ("Sent", f"{self.sent_at:%Y-%m-%d %H:%M:%S %Z}"), ("Attached", attached)]


def is_in_use() -> bool:
    """Not in production, and not when development has a mail server."""
    return settings.DEBUG and settings.MAILERS["delivery"]["BACKEND"].endswith(".MailboxBackend")


def folder() -> Path:
    return Path(settings.MAILERS["delivery"]["OPTIONS"]["file_path"])


def get_mail(name: str) -> Mail:
    try:
        return Mail(folder() / f"{name}.eml")
    except FileNotFoundError:
        raise Http404("This e-mail was deleted.") from None


def mail_list(request: HttpRequest) -> HttpResponse:
    mails = []
    for file in sorted(folder().glob("*.eml"), reverse=True):
        # Another process may delete it meanwhile.
        with suppress(FileNotFoundError):
            mails.append(Mail(file, headers_only=True))
    return render(request, "pages/mailbox.html", {"mails": mails, "limit": LIMIT})


def mail_page(request: HttpRequest, name: str) -> HttpResponse:
    mail = get_mail(name)
    # Every second part of the text is a link.
    context = {"mail": mail, "text": LINK.split(mail.body("plain") or "(none)"), "html": mail.body("html")}
    return render(request, "pages/mail.html", context)


def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML version, for a frame. Its own policy replaces the site's."""
    # After the doctype: browsers would ignore one that isn't first.
    html = re.sub(r"(?i)\A(\s*<!doctype[^>]*>)?", r'\1<base target="_blank">', get_mail(name).body("html"))
    return HttpResponse(html, headers={"Content-Security-Policy": HTML_POLICY, "X-Frame-Options": "SAMEORIGIN"})


urlpatterns = [
    path("dev/mail/", mail_list, name="mailbox"),
    path("dev/mail/<str:name>/", mail_page, name="mail"),
    path("dev/mail/<str:name>/html/", mail_html, name="mail-html"),
]
