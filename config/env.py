"""All environment variables, declared in one table.

`default` is used wherever a variable is not set; `local` everywhere but in production, which must set the variable.
A variable has the name of its field in capitals. An empty variable counts as unset.

    python -m config.env key     prints a new SECRET_KEY
    python -m config.env docs    writes .env.example and docs/environment.md
"""

import os
import secrets
import sys
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from config.processes import PROCESSES
from config.variables import Problem, error_message, in_range, matches, read, unknown_lines, url, var, write_docs

BASE_DIR = Path(__file__).resolve().parent.parent
EMBEDDED_DATABASE = BASE_DIR / "db.sqlite3"

ORIGIN = r"https?://[^/\s*]+"
# Public, so it is not valid in production.
LOCAL_KEY = "only-for-this-machine-0123456789-abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class Env:
    # Django
    secret_key: str = var(
        "Signs sessions, tokens and links. The same for all processes.",
        local=LOCAL_KEY,
        fix="python -m config.env key",
        validator=lambda key: "is too easy to guess" if is_weak(key) else None,
    )
    allowed_hosts: list[str] = var(
        "Host names this site answers to, comma-separated.",
        local=["localhost", ".localhost", "127.0.0.1", "[::1]"],
        fix="ALLOWED_HOSTS=www.example.com",
        validator=matches(r"[^/\s*:]+|\[[\da-f:]+\]", "must be host names, without https://, a port or *"),
        needed_by=[
            "web",
            # Channels
            "ws",
        ],
        # Render
        unless="render_external_hostname",
    )
    csrf_trusted_origins: list[str] = var(
        "Other origins whose forms may post to this site, comma-separated.",
        default=[],
        validator=matches(ORIGIN, "must be origins like https://www.example.com, without a path or *"),
    )
    cors_allowed_origins: list[str] = var(
        "Origins of frontends that may call the API from a browser, comma-separated.",
        default=[],
        validator=matches(ORIGIN, "must be origins like https://app.example.com, without a path or *"),
    )
    site_url: str = var(
        "Origin of this site, for links in e-mails. Empty: https:// and the first of ALLOWED_HOSTS.",
        default="",
        validator=matches(ORIGIN, "must be an origin like https://www.example.com, without a path"),
    )
    frontend_url: str = var(
        "URL of a separate frontend, for links in e-mails. Empty: they lead to this site.",
        default="",
        validator=matches(
            r"https?://\S*[^\s/]", "must be a URL like https://app.example.com, without a trailing slash"
        ),
    )
    admin_path: str = var(
        "Path of the admin.",
        default="admin",
        validator=matches(r"[\w-]+(/[\w-]+)*", "must be a path like back-office, without leading or trailing slash"),
    )
    confirm_email: bool = var("New accounts must confirm their e-mail address before they can sign in.", default=False)
    sign_in_by_code: bool = var("Users can sign in with a code that they get by e-mail.", default=False)
    require_staff_mfa: bool = var("Staff must set up a second factor before they can use the admin.", default=False)
    secure_ssl_redirect: bool = var(
        "Redirect HTTP to HTTPS in production. Turn off only where nothing terminates TLS.", default=True
    )
    secure_hsts_seconds: int = var(
        "Seconds that browsers remember to use HTTPS only. Raise it in steps to 31536000, a year.", default=3600
    )
    trusted_proxies: int = var(
        "Number of proxies that append to X-Forwarded-For. -1: the default of the platform.",
        default=-1,
        validator=in_range(-1, 5),
    )

    # Data
    database_url: str = var(
        "URL of the database. `?pooled=true`: through a pooler in transaction mode, if it is not recognized.",
        local=f"sqlite:///{EMBEDDED_DATABASE}",
        fix="DATABASE_URL=postgres://user:password@host:5432/name",
        validator=url(
            "postgres", "postgresql", "sqlite", message="must be like postgres://user:password@host:5432/name."
        ),
    )
    database_timeout: int = var(
        "Seconds after which PostgreSQL cancels a statement. 0: never.", default=30, validator=in_range(0)
    )
    redis_url: str = var(
        "URL of Redis or Valkey, shared by all processes. Empty: each process uses its own memory.",
        default="",
        validator=url("redis", "rediss", message="must be like redis://:password@host:6379/0 (or rediss://)."),
    )
    media_root: str = var("Folder of uploaded files, relative to the project.", default="media")

    # Mail
    email_host: str = var(
        "SMTP server. Empty: e-mails are shown at /dev/mail/ in development, and not sent in production.", default=""
    )
    email_port: int = var("Port of the SMTP server.", default=587, validator=in_range(1, 65535))
    email_host_user: str = var("User name at the SMTP server.", default="")
    email_host_password: str = var("Password at the SMTP server.", default="")
    email_use_ssl: bool = var("Use implicit TLS, as on port 465, instead of STARTTLS.", default=False)
    email_plain: bool = var("Use no TLS, for a mail catcher on the same machine.", default=False)
    default_from_email: str = var("Sender of the site's e-mails.", default="noreply@example.com")
    admins: list[str] = var("E-mail addresses of the site's administrators, comma-separated.", default=[])
    security_contact: str = var(
        "E-mail address or URL for reports of security issues, in /.well-known/security.txt. Empty: no such file.",
        default="",
        validator=matches(
            r"[^\s@:]+@[^\s@]+|https://\S+", "must be an e-mail address, or a URL that starts with https://"
        ),
    )

    # Cloudinary
    cloudinary_url: str = var(
        "Cloudinary account for uploaded files. Empty: they are stored in MEDIA_ROOT.",
        default="",
        validator=matches(
            r"cloudinary://[^:@/\s]+:[^:@/\s]+@[\w-]+([/?]\S+)?", "must be like cloudinary://key:secret@cloud"
        ),
    )

    # Sentry
    sentry_dsn: str = var(
        "Sentry DSN. Empty: errors stay in the log.",
        default="",
        validator=matches(r"https?://\w+@[^/\s]+/\S*\d", "must be a DSN, from the project's settings in Sentry"),
    )
    sentry_traces_sample_rate: float = var(
        "Share of requests whose timing is sent to Sentry, from 0 to 1.", default=0.0, validator=in_range(0, 1)
    )

    # Celery
    worker_concurrency: int = var("Number of tasks that a worker runs at once.", default=2, validator=in_range(1))
    backup_dir: str = var("Folder on a persistent disk for weekly database backups. Empty: no backups.", default="")

    # Channels
    websocket_url: str = var(
        "Origin of the WebSocket server, if it differs from the site's.",
        default="",
        # Platforms give the address of a service as https://.
        validator=matches(r"(wss?|https?)://[^/\s*]+", "must be an origin like wss://live.example.com, without a path"),
    )

    # Serving
    process: str = var(
        "Name of this process in config/processes.py. The entry points set it.",
        default="web",
        validator=matches("|".join(PROCESSES), f"must be one of {', '.join(PROCESSES)}"),
    )
    port: int = var("Port to listen on.", default=8000, validator=in_range(1, 65535))
    web_concurrency: int = var("Number of gunicorn workers.", default=2, validator=in_range(1))
    web_threads: int = var("Requests that one web process answers at the same time.", default=4, validator=in_range(1))
    log_level: str = var(
        "Lowest level of messages in the log.",
        default="INFO",
        validator=matches("DEBUG|INFO|WARNING|ERROR", "must be DEBUG, INFO, WARNING or ERROR"),
    )
    environment: str = var("Environment name used in reports. Empty: the name of the settings.", default="")
    git_commit: str = var("Commit that is deployed, for reports.", default="")

    # Render
    render: bool = var("Set by Render.", default=False)
    render_external_hostname: str = var("Set by Render: host name of this service.", default="")
    render_git_commit: str = var("Set by Render: commit that is deployed.", default="")

    # Yours

    @property
    def signing_key(self) -> str:
        """Django wants 50 characters; keys that platforms generate have 44. Extend them, the same way everywhere."""
        key = self.secret_key
        return key if len(key) >= 50 else key + sha256(key.encode()).hexdigest()

    @property
    def redis(self) -> str:
        """REDIS_URL with `ssl_cert_reqs=required` under rediss://: some clients verify no certificate without it."""
        address = urlsplit(self.redis_url)
        query = parse_qs(address.query)
        if address.scheme == "rediss" and "ssl_cert_reqs" not in query:
            address = address._replace(query=urlencode({**query, "ssl_cert_reqs": ["required"]}, doseq=True))
        return address.geturl()

    @property
    def all_hosts(self) -> list[str]:
        # Render
        if self.render_external_hostname:
            return [*self.allowed_hosts, self.render_external_hostname]

        return self.allowed_hosts

    @property
    def trusted_origins(self) -> list[str]:
        own = [f"https://{'*' if host.startswith('.') else ''}{host}" for host in self.all_hosts]
        return [*own, *self.csrf_trusted_origins]

    @property
    def proxy_count(self) -> int:
        if self.trusted_proxies >= 0:
            return self.trusted_proxies
        # Render
        if self.render:
            # Cloudflare and Render's own proxy.
            return 2

        return 1

    # Channels
    @property
    def websocket_origin(self) -> str:
        """WEBSOCKET_URL with ws:// instead of http://, and wss:// instead of https://."""
        address = self.websocket_url
        return f"ws{address.removeprefix('http')}" if address.startswith("http") else address


def is_weak(key: str) -> bool:
    return len(key) < 32 or len(set(key)) < 8 or (key == LOCAL_KEY and mode() == "production")


def mode() -> str:
    """`production`, `development`, `test` or `build`: the name of the settings module."""
    return os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.development").rpartition(".")[2]


def dotenv() -> Path | None:
    """Tests and builds don't read `.env`: they must have the same result on every machine."""
    return None if mode() in ("test", "build") else BASE_DIR / ".env"


def read_environment() -> tuple[Env, list[Problem]]:
    process = os.environ.get("PROCESS", "web")
    return read(Env, dotenv=dotenv(), process=process if mode() == "production" else None)


@cache
def load() -> Env:
    """The environment of this process. Exits with one message that lists all problems."""
    env, problems = read_environment()
    if problems:
        raise SystemExit(error_message(f"The {mode()} environment of {env.process}", problems))
    if mode() == "development":
        for line in unknown_lines(Env, dotenv()):
            print(f"Warning: {line}", file=sys.stderr)
    return env


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["key"]:
            print(secrets.token_urlsafe(50))
        case ["docs"]:
            write_docs(Env, BASE_DIR)
        case _:
            sys.exit(__doc__)
