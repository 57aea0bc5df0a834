"""Runs inside a project's process, `python -m benchmarks.teller MODULE SOCKETS`, and tells sockets something.

Says first what each socket hears when it is ready, and where so many are to be opened. Then it answers each line with
the moment at which it began to send as many messages to all of them.
"""

import importlib
import json
import sys
import time

import django

django.setup()
crowd = importlib.import_module(sys.argv[1])
print(json.dumps([crowd.FIRST, *crowd.paths(int(sys.argv[2]))]), flush=True)
for line in sys.stdin:
    began = time.monotonic()
    for number in range(int(line)):
        crowd.tell(number)
    print(began, flush=True)
