"""What other apps may take part in."""

import logging
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.dispatch import Signal, receiver

logger = logging.getLogger(__name__)

# Each night at 03:00 UTC: for what has expired, and nobody asks for any more.
flush = Signal()

# Every 15 minutes. A receiver that fails is an error in the log, and no matter of the others.
sync = Signal()

# Seconds by which clocks may differ before tokens expire too early and tasks run twice.
TOLERANCE = 5


@receiver(sync)
def compare_clocks(**signal: Any) -> None:
    """Tokens, throttles and the schedule count on it that all machines have the same time."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > TOLERANCE:
        logger.warning("This machine's clock and the database's are %.0f s apart", apart)
