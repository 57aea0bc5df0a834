"""Signals for other apps to connect to."""

import logging
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.dispatch import Signal, receiver

logger = logging.getLogger(__name__)

# Sent each night at 03:00 UTC: delete expired rows.
flush = Signal()

# Sent every 15 minutes. A receiver that fails is logged and does not stop the others.
sync = Signal()

# Seconds by which clocks may differ. With more, tokens expire too early and periodic tasks run twice.
TOLERANCE = 5


@receiver(sync)
def compare_clocks(**signal: Any) -> None:
    """Tokens, rate limits and the schedule need the same time on all machines."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        database_time = cursor.fetchone()[0]
    difference = abs((datetime.now(UTC) - database_time).total_seconds())
    if difference > TOLERANCE:
        logger.warning("The clocks of this machine and of the database differ by %.0f s", difference)
