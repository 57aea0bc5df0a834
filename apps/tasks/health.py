from django.conf import settings

from apps.health.checks import Finding
from apps.tasks import queue

# Seconds without a heartbeat, and tasks that wait, beyond which something is wrong.
SILENCE = 3 * 60
CROWD = 100


def ask_celery() -> Finding:
    """Sees the whole chain: beat sends a heartbeat each minute, and a worker stamps it."""
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return Finding("off", "REDIS_URL is not set: tasks run in the process that sends them.")
    from redis import RedisError

    try:
        age, waiting = queue.heartbeat_age(), queue.waiting()
    except RedisError:
        return Finding("down", "The queue cannot be reached: tasks are kept until it is back.")
    wait = f"{waiting} {'task waits' if waiting == 1 else 'tasks wait'}."
    if age is None:
        return Finding("down", f"No heartbeat yet: do a worker and beat run? {wait}")
    if age > SILENCE:
        return Finding("down", f"No heartbeat for {age / 60:.0f} minutes: do the worker and beat run? {wait}")
    return Finding("down" if waiting > CROWD else "up", f"Heartbeat {age:.0f} s ago. {wait}")


def worker_is_there() -> bool:
    """Redis may serve as a cache alone: what is sent to a queue that nobody empties is never done."""
    from redis import RedisError

    try:
        age = queue.heartbeat_age()
    except RedisError:
        return False
    return age is not None and age <= SILENCE
