import os
import socket
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD, make_demo_account

# That of the first app that has one: a server of its own may serve more than pages.
RunServer: Any = type(load_command_class(get_commands()["runserver"], "runserver"))


class Command(RunServer):
    help = "Serve the site on this machine, with its tables made and somebody to sign in as."

    default_port = str(settings.PORT)

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("--prepare", action="store_true", help="only make the tables and somebody to sign in as")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prepare"]:
            self.prepare(options)
            return
        # The reloader starts this command again for each change; the rest is done once.
        if os.environ.get("RUN_MAIN") != "true":
            self.prepare(options)
        super().handle(*args, **options)

    def prepare(self, options: dict[str, Any]) -> None:
        if not settings.DEBUG:
            raise CommandError("This is for your own machine: production has config/gunicorn.py.")
        port = (options["addrport"] or self.default_port).rpartition(":")[2]
        if is_taken(int(port)):
            raise CommandError(f"Port {port} is taken. Stop what listens there, or choose another: PORT=8001 bin/dev")
        try:
            call_command("migrate", verbosity=0)
        except OperationalError as error:
            raise CommandError(f"The database does not answer: is DATABASE_URL right? {error}") from error
        self.stdout.write(f"\n{settings.SITE_NAME} starts at http://localhost:{port}")
        if make_demo_account():
            admin = f"http://localhost:{port}/{settings.ADMIN_PATH}/"
            self.stdout.write(f"Sign in at {admin} as {DEMO_EMAIL}, password {DEMO_PASSWORD}\n")

    # Channels
    def log_action(self, *action: Any) -> None:
        """Our own lines say it already, without tokens from the query."""


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        # A port that was closed a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
