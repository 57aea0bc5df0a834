"""Runs until SIGTERM.

python worker.py [--leak] [--deaf] [--impatient]
"""

import signal
import sys
import time

import store

signal.signal(signal.SIGTERM, signal.SIG_IGN if "--deaf" in sys.argv else lambda number, frame: sys.exit())
if "--impatient" in sys.argv and store.ask("GET", "migrated") != "yes":
    sys.exit("There are no tables.")
kept = []
while True:
    store.ask("INCR", "worked")
    if "--leak" in sys.argv:
        kept.append(b"x" * 100_000_000)
    time.sleep(0.1)
