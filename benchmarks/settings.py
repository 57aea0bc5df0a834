"""Production settings with one more URL, without effective rate limits, and with temporary static files."""

import tempfile
from pathlib import Path

from config.settings.production import *
from config.settings.production import REST_FRAMEWORK

ROOT_URLCONF = "benchmarks.urls"
# TMPDIR is set for each run by Bench in projects.py.
STATIC_ROOT = Path(tempfile.gettempdir()) / "static"
REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "DEFAULT_THROTTLE_RATES": dict.fromkeys(REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "1000000/s"),
}
