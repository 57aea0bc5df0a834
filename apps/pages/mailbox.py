"""The mailbox of development: e-mails are stored in a folder instead of being sent, and shown at /dev/mail/."""

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from os import urandom
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.filebased import EmailBackend
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin

# Older e-mails are deleted.
LIMIT = 200
# Bytes that contain the headers. The list does not read large attachments.
HEADERS_SIZE = 16 * 1024
# Without the punctuation after it.
LINK = re.compile(r"""(https?://[^\s<>"']*[^\s<>"'.,:;!?)\]])""")
# An e-mail may use inline styles and images of any host. Scripts and forms do nothing, and links open in a new tab.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
HTML_POLICY = (
    f"sandbox {SANDBOX}; default-src 'none'; img-src * data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


class MailboxBackend(EmailBackend):
    """Stores each e-mail in its own file, so that the pages show those of all processes."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            self.write_message(message)
        return len(email_messages)

    def write_message(self, message: Any) -> None:
        mime = message.message()
        if message.bcc:
            mime["Bcc"] = ", ".join(message.bcc)
        # The time is for sorting. Two processes may store e-mails at the same time.
        path = Path(self.file_path) / f"{time.time_ns()}-{urandom(4).hex()}.eml"
        # Rename it when it is complete, because another process may list the folder now.
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(mime.as_bytes())
        unfinished.rename(path)
        for old in newest_first(path.parent)[LIMIT:]:
            old.unlink(missing_ok=True)
        # Not in the log, which redacts tokens in links.
        line = f"E-mail to {', '.join(message.recipients())}: {message.subject} {first_link(message)}"
        print(line.rstrip(), flush=True)


def first_link(message: Any) -> str:
    body = str(message.body)
    found = LINK.search(unescape(body) if message.content_subtype == "html" else body)
    return found[0] if found else ""


@dataclass(frozen=True)
class Mail:
    name: str
    sent_at: datetime
    # Templates read its headers as attributes.
    message: EmailMessage

    def body(self, subtype: str) -> str:
        part = self.message.get_body([subtype])
        return part.get_content() if part else ""

    @property
    def attachments(self) -> list[str]:
        return [part.get_filename() or part.get_content_type() for part in self.message.iter_attachments()]


def is_in_use() -> bool:
    """Not in production, and not when development has a mail server."""
    return settings.DEBUG and settings.MAILERS["delivery"]["BACKEND"].endswith(".MailboxBackend")


def newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.eml"), reverse=True)


def stored_mails() -> list[Path]:
    return newest_first(Path(settings.MAILERS["delivery"]["OPTIONS"]["file_path"]))


def read_mail(path: Path, size: int = -1) -> Mail | None:
    """None if another process has deleted it meanwhile."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        sent_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Mail(path.stem, sent_at, message_from_bytes(file.read(size), policy=policy.default))
    return None


def get_mail_or_404(name: str) -> Mail:
    paths = {path.stem: path for path in stored_mails()}
    mail = read_mail(paths[name]) if name in paths else None
    if not mail:
        raise Http404("This e-mail does not exist, or was deleted because it is too old.")
    return mail


@never_cache
def mail_list(request: HttpRequest) -> HttpResponse:
    mails = filter(None, (read_mail(path, HEADERS_SIZE) for path in stored_mails()))
    return render(request, "pages/mailbox.html", {"mails": list(mails), "limit": LIMIT})


@never_cache
def mail_detail(request: HttpRequest, name: str) -> HttpResponse:
    mail = get_mail_or_404(name)
    context = {
        "mail": mail,
        # Every second part is a link.
        "text": LINK.split(mail.body("plain")),
        "has_html": mail.message.get_body(["html"]) is not None,
        "sandbox": SANDBOX,
    }
    return render(request, "pages/mail.html", context)


@never_cache
@xframe_options_sameorigin
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML version, for a frame. Its own policy replaces the site's."""
    html = get_mail_or_404(name).body("html")
    # After the doctype: browsers would ignore one that isn't first.
    html = re.sub(r"(?i)\A(\s*<!doctype[^>]*>)?", r'\1<base target="_blank">', html)
    return HttpResponse(html, headers={"Content-Security-Policy": HTML_POLICY})
