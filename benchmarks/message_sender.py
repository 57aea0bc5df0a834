"""Runs in a project's process and sends WebSocket messages: `python -m benchmarks.message_sender MODULE SOCKETS`.

First prints, as JSON, the type of the message that a ready socket receives and the paths to open. Then, for each line
with a count on standard input, sends that many messages to all sockets and prints the time at which it started.
"""

import importlib
import json
import sys
import time

import django

django.setup()
sockets = importlib.import_module(sys.argv[1])
print(json.dumps([sockets.READY, *sockets.paths(int(sys.argv[2]))]), flush=True)
for line in sys.stdin:
    started = time.monotonic()
    for number in range(int(line)):
        sockets.send(number)
    print(started, flush=True)
