import os
import socket
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError

from apps.accounts import demo

# An installed app may replace the command of Django.
RunServer: Any = type(load_command_class(get_commands()["runserver"], "runserver"))


class Command(RunServer):
    help = "Apply migrations, create a demo account in the default database, and start the development server."

    default_port = str(settings.PORT)

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("--prepare", action="store_true", help="do not start the server")
        parser.add_argument("--demo", action="store_true", help="create the demo account in any database without users")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prepare"]:
            self.prepare(options)
            return
        # The reloader runs this command again after each change.
        if os.environ.get("RUN_MAIN") != "true":
            self.prepare(options)
        super().handle(*args, **options)

    def prepare(self, options: dict[str, Any]) -> None:
        if not settings.DEBUG:
            raise CommandError("This command is for development. In production, run gunicorn -c config/gunicorn.py.")
        port = (options["addrport"] or self.default_port).rpartition(":")[2]
        if is_in_use(int(port)):
            raise CommandError(f"Port {port} is in use. Stop the other server, or use another port: PORT=8001 bin/dev")
        try:
            call_command("migrate", verbosity=0)
        except OperationalError as error:
            raise CommandError(f"The database is unavailable. Check DATABASE_URL. {error}") from error
        self.stdout.write(f"\n{settings.SITE_NAME} starts at http://localhost:{port}")
        # Its password is public, and other people may use a database that DATABASE_URL names.
        if options["demo"] or demo.is_embedded_database():
            demo.create_demo_account()
        if demo.has_demo_password():
            admin = f"http://localhost:{port}/{settings.ADMIN_PATH}/"
            self.stdout.write(f"Sign in at {admin} as {demo.DEMO_EMAIL}, password {demo.DEMO_PASSWORD}\n")

    # Channels
    def log_action(self, *action: Any) -> None:
        """The site logs requests itself, without query strings, which may contain tokens."""


def is_in_use(port: int) -> bool:
    with socket.socket() as probe:
        # Without this, a port that was just closed is still in use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
