"""Tests in apps/<app>/tests/ have the fixtures of tests/conftest.py."""

from tests.conftest import *  # noqa: F403
