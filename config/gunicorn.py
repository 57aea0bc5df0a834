"""How gunicorn serves the site: `gunicorn -c config/gunicorn.py --bind 0.0.0.0:$PORT config.wsgi`.

GUNICORN_CMD_ARGS, which some platforms set, goes before this file, and the command line before both.
"""

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault("PROCESS", "web")

from gunicorn.glogging import Logger

from config.env import load, mode
from config.logs import access_line, formatter_for

env = load()

bind = f"127.0.0.1:{env.port}"
workers = env.web_concurrency
worker_class = "gthread"
threads = env.web_threads

# A bad environment ends the start with its one message, and workers share what was loaded before they were made.
preload_app = True
# Longer than any proxy keeps its connection: then it is never us who closes one that is about to be used.
keepalive = 75
# Requests in work may finish before the process ends.
graceful_timeout = 25
timeout = 60
# Memory that leaks is given back, but not by all workers at once.
max_requests = 2000
max_requests_jitter = 200
# Signs of life in memory: a slow disk would look like a worker that hangs.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
# It would want to write into the home folder.
control_socket_disable = True
accesslog = "-"


class JsonLogger(Logger):
    """gunicorn's own lines and the access log, in the form of all our lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(formatter_for("json" if mode() == "production" else "lines"))

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: Any) -> None:
        if self.access_log_enabled and (line := access_line(environ, resp.status_code, request_time)):
            self.access_log.info(line.pop("message"), extra=line)


logger_class = JsonLogger


def when_ready(server: Any) -> None:
    """What is loaded now stays: the garbage collector need not look at it, nor copy its pages into each worker."""
    gc.collect()
    gc.freeze()
