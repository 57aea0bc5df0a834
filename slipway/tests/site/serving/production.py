"""Production settings, with static files in a temporary folder."""

import os
from pathlib import Path

from config.settings.production import *

STATIC_ROOT = Path(os.environ["COLLECTED"])
