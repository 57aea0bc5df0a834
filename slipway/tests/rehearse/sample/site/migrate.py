"""python migrate.py [--slow]"""

import sys
import time

import store

if "--slow" in sys.argv:
    time.sleep(3)
store.ask("SET", "migrated", "yes")
