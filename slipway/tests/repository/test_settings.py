"""A setting that nobody reads does nothing, and looks as if it did."""

import re
from pathlib import Path

import pytest
from django.conf import global_settings

from slipway.tests.git import tracked
from tests.commands import ROOT

FILES = tracked("config/settings/*.py")
NAMES = sorted(
    {name for path in FILES for name in re.findall(r"^([A-Z][A-Z0-9_]+) =", (ROOT / path).read_text(), re.M)}
)
# The libraries that read settings of their own.
LIBRARIES = [
    "allauth",
    "axes",
    "corsheaders",
    "drf_spectacular",
    "rest_framework",
    "rest_framework_simplejwt",
    "whitenoise",
    # Channels
    "daphne",
]


def library_sources() -> str:
    import axes

    packages = Path(axes.__file__).parents[1]
    return "".join(path.read_text() for library in LIBRARIES for path in (packages / library).rglob("*.py"))


@pytest.fixture(scope="module")
def readers() -> str:
    own = [path for path in tracked("apps/*.py", "config/*.py") if path not in FILES]
    return library_sources() + "".join((ROOT / path).read_text() for path in own)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_read(name: str, readers: str) -> None:
    suffix = name.partition("_")[2]

    assert (
        hasattr(global_settings, name)
        or re.search(rf"\b{name}\b", readers)
        or (name.startswith(("ACCOUNT_", "CORS_", "MFA_", "USERSESSIONS_")) and suffix in readers)
    )
