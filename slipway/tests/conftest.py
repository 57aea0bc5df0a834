"""The template's tests use the fixtures of the site's tests."""

from tests.conftest import *
