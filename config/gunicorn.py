"""gunicorn's configuration: `gunicorn -c config/gunicorn.py --bind 0.0.0.0:$PORT config.wsgi`.

GUNICORN_CMD_ARGS, which some platforms set, overrides this file; the command line overrides both.
"""

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("PROCESS", "web")

from gunicorn.glogging import Logger

from config.env import load, mode
from config.logs import access_log_line, get_formatter

env = load()

bind = f"127.0.0.1:{env.port}"
workers = env.web_concurrency
worker_class = "config.gunicorn_worker.Worker"
threads = env.web_threads

# Workers share the memory of what is imported before they fork, and an invalid environment stops the start.
preload_app = True
# Longer than proxies keep idle connections, so that gunicorn never closes one that a proxy is about to use.
keepalive = 75
# Seconds in which running requests may finish when the process stops.
graceful_timeout = 25
timeout = 60
# Restart workers after this many requests to free leaked memory, but not all at the same time.
max_requests = 2000
max_requests_jitter = 200
# Workers prove that they are alive through this folder. On a slow disk, a healthy worker could look dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
# The control socket would be created in the home folder, which may be read-only.
control_socket_disable = True
accesslog = "-"
# By default, proxies that gunicorn trusts may set SCRIPT_NAME and PATH_INFO, and pass on those of clients.
forwarder_headers = ""


class JsonLogger(Logger):
    """Format gunicorn's own lines and the access log like all other lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(get_formatter("json" if mode() == "production" else "text"))

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        if self.access_log_enabled and (line := access_log_line(environ, resp.status_code, request_time)):
            self.access_log.info(line.pop("message"), extra=line)


logger_class = JsonLogger


def when_ready(server: Any) -> None:
    """Exclude all imported objects from garbage collection, so that workers keep sharing their memory."""
    gc.collect()
    gc.freeze()
