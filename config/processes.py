"""How each process starts, wherever it runs: deployment files repeat these commands, and are compared with them."""

PROCESSES = {
    "web": "gunicorn -c config/gunicorn.py --bind 0.0.0.0:$PORT config.wsgi",
    # Channels
    "ws": "python -m config.daphne --bind 0.0.0.0 --port $PORT",
    # Celery
    # Quiet about itself: its banner is no line of JSON. And what a worker would tell others costs money where Redis is
    # billed by the command.
    "worker": "celery --quiet -A config.celery worker --without-gossip --without-mingle --without-heartbeat",
    "beat": "celery --quiet -A config.celery beat",
}

# Seconds that a platform must leave the worker to end by itself: see apps/tasks/worker.py.
STOP_DELAY = 30

# Once for each release, before any process of it has traffic.
RELEASE = "python manage.py migrate --noinput"
