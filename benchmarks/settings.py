"""Production, with one address more, with limits that nobody reaches, and with files that are gone afterwards."""

import tempfile
from pathlib import Path

from config.settings.production import *
from config.settings.production import REST_FRAMEWORK

ROOT_URLCONF = "benchmarks.urls"
# Of this run, see Bench in projects.py.
STATIC_ROOT = Path(tempfile.gettempdir()) / "static"
REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "DEFAULT_THROTTLE_RATES": dict.fromkeys(REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "1000000/s"),
}
