"""The site with collected static files, for tests of pages in production."""

from pathlib import Path

import pytest
from django.conf import settings

from tests.commands import PRODUCTION, run

SETTINGS = "slipway.tests.site.serving.production"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's own files after `collectstatic`. Compressing those of the libraries takes long."""
    folder = tmp_path_factory.mktemp("static")
    others = [part for name in ("admin", "rest_framework", "drf_spectacular_sidecar") for part in ("--ignore", name)]
    environment = PRODUCTION | {"DJANGO_SETTINGS_MODULE": SETTINGS, "COLLECTED": str(folder)}
    done = run("python", "manage.py", "collectstatic", "--noinput", *others, **environment)
    assert done.returncode == 0, done.stderr
    return folder


def for_a_browser(collected: Path, database_url: str) -> dict[str, str]:
    """The environment of a server without TLS that uses the databases of this test run."""
    return {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "COLLECTED": str(collected),
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": str(settings.SECRET_KEY),
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
    }
