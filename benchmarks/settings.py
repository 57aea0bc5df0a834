"""Production, with one address more."""

from config.settings.production import *

ROOT_URLCONF = "benchmarks.urls"
