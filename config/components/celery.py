"""Celery settings: it reads all names that begin with CELERY_. Without REDIS_URL, tasks run in the calling process."""

from typing import Any

from config.env import BASE_DIR, load, mode

env = load()

# Prefix of all keys: many providers offer one database only, which the cache uses too.
TASKS_PREFIX = "tasks:"
# A rediss:// address contains ssl_cert_reqs (see config/env.py): without it, Celery checks no certificate.
CELERY_BROKER_URL = env.redis or "memory://"
CELERY_RESULT_BACKEND = env.redis or "cache+memory://"
# Tests of real workers start them with the production settings.
CELERY_TASK_ALWAYS_EAGER = not env.redis or mode() == "test"
CELERY_TASK_STORE_EAGER_RESULT = True

# At the soft limit, a task gets an exception; at the hard limit, its process is killed. A message that is not
# acknowledged within VISIBILITY_TIMEOUT is delivered again, because its worker is dead.
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
VISIBILITY_TIMEOUT = 900

# Acknowledge a task when it has ended, not when it starts.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A task that kills its process is retried at most max_retries times.
CELERY_TASK_RETRY_ON_WORKER_LOST = True
# Seconds to wait for the result of a task whose process has ended.
CELERY_WORKER_LOST_WAIT = 2
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
# Storing a result costs two Redis commands: set `ignore_result=False` on tasks whose result is read.
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = 24 * 60 * 60

CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_CONCURRENCY = env.worker_concurrency
# Kilobytes after which a child process is replaced, in case of a memory leak.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 200_000
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CONSUMER = "apps.tasks.worker:Consumer"
CELERY_BEAT_SCHEDULER = "apps.tasks.beat:Scheduler"
# Maximum seconds between two checks of the schedule, and so between two health stamps.
CELERY_BEAT_MAX_LOOP_INTERVAL = 15

# Redis may restart at any time: worker and beat reconnect, and detect dead connections.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": TASKS_PREFIX,
    "visibility_timeout": VISIBILITY_TIMEOUT,
    # Look for unacknowledged messages every 30 seconds. The mutex expires in case its owner was killed.
    "unacked_restore_interval": 30,
    "unacked_restore_throttle": 1,
    "unacked_mutex_expire": 30,
    "priority_steps": [0],
    "socket_connect_timeout": 1,
    # In a web process, a request waits meanwhile.
    "socket_timeout": 5 if env.process in ("worker", "beat") else 1,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # Sending fails quickly when Redis is unavailable; then the task is stored: see apps/tasks/outbox.py.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"global_keyprefix": TASKS_PREFIX}
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 1
CELERY_REDIS_SOCKET_TIMEOUT = 5
CELERY_REDIS_SOCKET_KEEPALIVE = True
CELERY_REDIS_BACKEND_HEALTH_CHECK_INTERVAL = 10

# Storage of the weekly database backup.
BACKUPS: dict[str, Any] | None = (
    {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": BASE_DIR / env.backup_dir, "file_permissions_mode": 0o600},
    }
    if env.backup_dir
    else None
)
