"""Production, with its static files in a folder of the test's own."""

import os
from pathlib import Path

from config.settings.production import *

STATIC_ROOT = Path(os.environ["COLLECTED"])
