"""Every environment variable that is read, in one table.

`default` always serves. `local` serves everywhere but in production, which must be told. A variable is its field's
name in capitals. Entry points apart, nothing else looks at the environment.

    python -m config.env key     prints a good SECRET_KEY
    python -m config.env docs    writes .env.example and docs/environment.md
"""

import os
import secrets
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from config.processes import PROCESSES
from config.variables import Problem, as_example, as_table, between, like, read, var

BASE_DIR = Path(__file__).resolve().parent.parent

ORIGINS = like(r"https?://[^/\s*]+", "takes origins like https://app.example.com, without a path or a star")


@dataclass(frozen=True, kw_only=True)
class Env:
    # Django
    secret_key: str = var(
        "Signs sessions, tokens and links; the same for all processes.",
        local="only-for-this-machine-0123456789-abcdefghijklmnopqrstuvwxyz",
        fix="python -m config.env key",
        check=lambda key: None if len(key) >= 32 and len(set(key)) >= 8 else "is too easy to guess",
    )
    allowed_hosts: list[str] = var(
        "Host names this site answers to, with commas between.",
        local=["localhost", ".localhost", "127.0.0.1", "[::1]"],
        fix="ALLOWED_HOSTS=www.example.com",
        check=like(r"[^/\s*:]+|\[[\da-f:]+\]", "takes host names alone, without https://, a port or a star"),
        needed_by=("web", "ws"),
        # Render
        unless="render_external_hostname",
    )
    csrf_trusted_origins: list[str] = var(
        "Origins whose forms are trusted, besides the site's own.",
        default=[],
        fix="CSRF_TRUSTED_ORIGINS=https://www.example.com",
        check=ORIGINS,
    )
    cors_allowed_origins: list[str] = var(
        "Origins of frontends on other hosts that may call the API.",
        default=[],
        fix="CORS_ALLOWED_ORIGINS=https://app.example.com",
        check=ORIGINS,
    )
    site_url: str = var(
        "Address of the site's pages, for processes on other hosts and for links in mails. Empty: by ALLOWED_HOSTS.",
        default="",
        fix="SITE_URL=https://www.example.com",
        check=like(r"https?://[^/\s*]+", "is an origin like https://www.example.com, without a path"),
    )
    frontend_url: str = var(
        "Address of the frontend that links in mails lead to. Empty: the site's own pages.",
        default="",
        fix="FRONTEND_URL=https://app.example.com",
        check=like(r"https?://\S*[^\s/]", "is an address like https://app.example.com, without a slash at the end"),
    )
    admin_path: str = var(
        "Where the admin lives.",
        default="admin",
        check=like(r"[\w-]+(/[\w-]+)*", "is a path like back-office, without a slash at either end"),
    )
    confirm_email: bool = var("New accounts confirm their address by mail before the first sign-in.", default=False)
    secure_ssl_redirect: bool = var(
        "Production sends plain HTTP to HTTPS. Turn it off only where nothing speaks TLS.", default=True
    )
    trusted_proxies: int = var(
        "How many proxies add to X-Forwarded-For. -1: as many as the platform has.",
        default=-1,
        check=between(-1, 5),
    )

    # Data
    database_url: str = var(
        "Where the data lives.",
        local=f"sqlite:///{BASE_DIR / 'db.sqlite3'}",
        fix="DATABASE_URL=postgres://user:password@host:5432/name",
        check=like(r"(postgres|postgresql)://\S+|sqlite:///\S+", "starts with postgres:// (or sqlite:///)"),
    )
    database_timeout: int = var(
        "Seconds after which PostgreSQL gives up on a statement. 0: never.", default=30, check=between(0)
    )
    redis_url: str = var(
        "Redis or Valkey, shared by all processes. Empty: each process keeps to itself.",
        default="",
        fix="REDIS_URL=redis://host:6379/0",
        check=like(r"rediss?://\S+", "starts with redis:// or rediss://"),
    )
    media_root: str = var("Folder of uploaded files, below the project's.", default="media")

    # Mail
    email_host: str = var(
        "Mail server. Empty: mail is printed in development, and not sent in production.",
        default="",
        fix="EMAIL_HOST=smtp.example.com",
    )
    email_port: int = var("Its port.", default=587, check=between(1, 65535))
    email_host_user: str = var("Name to sign in with.", default="")
    email_host_password: str = var("Password to sign in with.", default="")
    email_use_ssl: bool = var("TLS from the first byte, as on port 465. Otherwise STARTTLS.", default=False)
    email_plain: bool = var("No TLS at all, for a mail catcher on the same machine.", default=False)
    default_from_email: str = var("Sender of the site's mails.", default="noreply@example.com")
    admins: list[str] = var(
        "Addresses that reports go to, with commas between.", default=[], fix="ADMINS=you@example.com"
    )

    # Cloudinary
    cloudinary_url: str = var(
        "Keeps uploads at Cloudinary. Empty: in MEDIA_ROOT.",
        default="",
        fix="CLOUDINARY_URL=cloudinary://key:secret@cloud",
        check=like(r"cloudinary://[^:@/\s]+:[^:@/\s]+@[\w-]+([/?]\S+)?", "is not like cloudinary://key:secret@cloud"),
    )

    # Sentry
    sentry_dsn: str = var(
        "Where errors go. Empty keeps them here.",
        default="",
        fix="SENTRY_DSN=https://key@host/1",
        check=like(r"https?://\w+@[^/\s]+/\S*\d", "is not a DSN; Sentry shows it in the project's settings"),
    )
    sentry_traces_sample_rate: float = var(
        "Share of requests whose timing goes to Sentry.", default=0.0, check=between(0, 1)
    )

    # Celery
    worker_concurrency: int = var("Tasks that a worker does at once.", default=2, check=between(1))
    backup_dir: str = var(
        "Folder, on a disk that stays, for a weekly copy of the database. Empty: none is made.",
        default="",
        fix="BACKUP_DIR=/var/backups/site",
    )

    # Channels
    websocket_url: str = var(
        "Where WebSockets are served, when not by the host that serves the pages.",
        default="",
        fix="WEBSOCKET_URL=wss://live.example.com",
        # Platforms tell the address of a service as one for pages.
        check=like(r"(wss?|https?)://[^/\s*]+", "is an origin like wss://live.example.com, without a path"),
    )

    # Celery, Channels
    preflight_open: bool = var("Let every user start the preflight in production, not only staff.", default=False)

    # Serving
    process: str = var(
        "Which process this is, as config/processes.py names it. The entry points know.",
        default="web",
        check=like("|".join(PROCESSES), f"must be one of {', '.join(PROCESSES)}"),
    )
    port: int = var("Port the site listens on.", default=8000, check=between(1, 65535))
    web_concurrency: int = var("Processes of gunicorn.", default=2, check=between(1))
    web_threads: int = var("Threads in each of them.", default=4, check=between(1))
    log_level: str = var(
        "How much is logged.",
        default="INFO",
        check=like("DEBUG|INFO|WARNING|ERROR", "must be DEBUG, INFO, WARNING or ERROR"),
    )
    environment: str = var("What reports call this installation. Empty: as its settings.", default="")
    git_commit: str = var("The commit that runs, for reports.", default="")

    # Render
    render: bool = var("Set by Render.", default=False)
    render_external_hostname: str = var("Set by Render: the host name of this service.", default="")
    render_git_commit: str = var("Set by Render: the commit that runs.", default="")

    @property
    def signing_key(self) -> str:
        """Platforms make keys of 44 characters where Django wants 50: stretch those, the same way everywhere."""
        key = self.secret_key
        return key if len(key) >= 50 else key + sha256(key.encode()).hexdigest()

    @property
    def redis(self) -> str:
        """REDIS_URL, with certificates checked under `rediss://`: some clients check nothing unless they are told."""
        address = urlsplit(self.redis_url)
        query = parse_qs(address.query)
        if address.scheme == "rediss" and "ssl_cert_reqs" not in query:
            address = address._replace(query=urlencode({**query, "ssl_cert_reqs": ["required"]}, doseq=True))
        return address.geturl()

    @property
    def hosts(self) -> list[str]:
        # Render
        if self.render_external_hostname:
            return [*self.allowed_hosts, self.render_external_hostname]

        return self.allowed_hosts

    @property
    def origins(self) -> list[str]:
        own = [f"https://{'*' if host.startswith('.') else ''}{host}" for host in self.hosts]
        return [*own, *self.csrf_trusted_origins]

    @property
    def proxies(self) -> int:
        if self.trusted_proxies >= 0:
            return self.trusted_proxies
        # Render
        if self.render:
            # Cloudflare stands before Render's own proxy.
            return 2

        return 1

    # Channels
    @property
    def sockets(self) -> str:
        """WEBSOCKET_URL as browsers want it: ws:// for http://, wss:// for https://."""
        address = self.websocket_url
        return f"ws{address.removeprefix('http')}" if address.startswith("http") else address

    @property
    def commit(self) -> str:
        # Render
        if not self.git_commit:
            return self.render_git_commit

        return self.git_commit


def mode() -> str:
    """`production`, `development`, `test` or `build`: the name of the settings."""
    return os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.development").rpartition(".")[2]


def examine(process: str = "") -> tuple[Env, list[Problem]]:
    # Tests and builds must come out alike on every machine, whatever its .env holds.
    dotenv = None if mode() in ("test", "build") else BASE_DIR / ".env"
    process = process or os.environ.get("PROCESS", "web")
    return read(Env, dotenv=dotenv, required_by=process if mode() == "production" else None)


def load() -> Env:
    """The environment of this process, or the end of it with one message that says what to set."""
    env, problems = examine()
    if problems:
        raise SystemExit(complaint(problems, env.process))
    return env


def complaint(problems: list[Problem], process: str) -> str:
    count = "one variable needs" if len(problems) == 1 else f"{len(problems)} variables need"
    return "\n\n".join(
        [
            f"The {mode()} environment of {process} is not ready: {count} your attention.",
            *map(str, problems),
            "docs/environment.md tells of all of them; `python manage.py doctor` checks again.",
        ]
    )


def write_docs() -> None:
    (BASE_DIR / ".env.example").write_text(as_example(Env))
    page = BASE_DIR / "docs" / "environment.md"
    page.write_text(page.read_text().partition("\n## ")[0].rstrip() + "\n\n" + as_table(Env))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["key"]:
            print(secrets.token_urlsafe(50))
        case ["docs"]:
            write_docs()
        case _:
            sys.exit(__doc__)
