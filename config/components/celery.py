"""The task queue in Redis, for Celery: it reads what begins with CELERY_. Without Redis, tasks run in this process."""

from typing import Any

from config.env import BASE_DIR, load, mode

env = load()

# Other users of the same Redis keep to keys of their own: many providers have but one database.
TASKS_PREFIX = "tasks:"
# Under rediss:// the address says that certificates are checked, or Celery would not.
CELERY_BROKER_URL = env.redis or "memory://"
CELERY_RESULT_BACKEND = env.redis or "cache+memory://"
# Tests that want a queue start a worker with the settings of production.
CELERY_TASK_ALWAYS_EAGER = not env.redis or mode() == "test"
CELERY_TASK_STORE_EAGER_RESULT = True

# What a task costs at most: at the soft limit it gets an exception, at the hard one it is killed. A message that is
# not acknowledged for longer than all of that was lost with its worker, and is handed out again.
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
VISIBILITY_TIMEOUT = 900

# A task is done when it has ended, not when it was fetched.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# One that kills its process each time must not go round for ever: this counts as a try.
CELERY_TASK_RETRY_ON_WORKER_LOST = True
# Seconds in which the result of a task may still arrive whose process is gone.
CELERY_WORKER_LOST_WAIT = 2
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
# Few ask for a result, and each costs two commands: `ignore_result=False` on a task keeps its results.
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = 24 * 60 * 60

CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_CONCURRENCY = env.worker_concurrency
# Kilobytes, after which a child is replaced: memory that leaks is given back.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 200_000
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BEAT_SCHEDULER = "apps.tasks.beat:Scheduler"
# Seconds between two looks at the schedule, and so between two signs of life.
CELERY_BEAT_MAX_LOOP_INTERVAL = 15

# Redis may restart at any time: workers and beat wait for it, and notice a line that has gone dead.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": TASKS_PREFIX,
    "visibility_timeout": VISIBILITY_TIMEOUT,
    # Look every half minute for what was lost with a worker, even if the last who looked died over it.
    "unacked_restore_interval": 30,
    "unacked_restore_throttle": 1,
    "unacked_mutex_expire": 30,
    "priority_steps": [0],
    "socket_connect_timeout": 1,
    # Whoever sends has somebody waiting for an answer.
    "socket_timeout": 5 if env.process in ("worker", "beat") else 1,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # Who sends a task gives up quickly; then it is kept, see apps/tasks/sending.py.
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

# Where the weekly copy of the database goes. A store elsewhere may take its place.
BACKUPS: dict[str, Any] | None = (
    {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": BASE_DIR / env.backup_dir, "file_permissions_mode": 0o600},
    }
    if env.backup_dir
    else None
)
