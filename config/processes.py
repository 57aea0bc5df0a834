"""The start command of each process. Tests compare the deployment files with these commands."""

import re

PROCESSES = {
    "web": "gunicorn -c config/gunicorn.py --bind 0.0.0.0:$PORT config.wsgi",
    # Channels
    "ws": "python -m config.daphne --websockets-only --bind 0.0.0.0 --port $PORT",
    # Celery
    # --quiet: the banner is not JSON. Gossip, mingle and heartbeats between workers cost money where Redis is billed by
    # the command.
    "worker": "celery --quiet -A config.celery worker --without-gossip --without-mingle --without-heartbeat",
    "beat": "celery --quiet -A config.celery beat",
}

# Seconds that a platform must give each process to stop by itself.
STOP_DELAY = 30

# Runs once per release, before its processes get traffic.
RELEASE = "python manage.py migrate --noinput"

# When all threads of a web process wait, for example for the database, these requests are still answered.
RESERVED_THREADS = 2


def reserved_paths(static_url: str) -> re.Pattern[str]:
    return re.compile(rf"/(api/)?health\b|{re.escape(static_url)}")
