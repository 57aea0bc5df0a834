import json
import socket
import ssl
import subprocess
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from celery import Celery
from celery.app.defaults import DEFAULTS
from celery.exceptions import ImproperlyConfigured

from config.env import Env
from config.processes import PROCESSES
from tests.commands import PRODUCTION, run

SHOW = "import json, django; django.setup(); from django.conf import settings; "


def conf(*names: str, **environment: str) -> dict[str, Any]:
    show = SHOW + f"from config.celery import app; print(json.dumps({{n: app.conf[n] for n in {names}}}))"
    done = run("python", "-c", show, **PRODUCTION | environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_task_may_not_take_longer_than_the_queue_waits_for_it() -> None:
    app = Celery("another", task_cls="apps.tasks.base:Task", set_as_current=False)

    def endless() -> None: ...

    with pytest.raises(ImproperlyConfigured, match="would run twice"):
        app.task(time_limit=900, lazy=False, shared=False)(endless)


def test_the_settings_are_what_celery_uses() -> None:
    found = conf(
        "task_acks_late", "task_reject_on_worker_lost", "worker_prefetch_multiplier", "accept_content",
        "task_time_limit", "timezone", "worker_concurrency", "broker_connection_retry_on_startup",
        REDIS_URL="redis://redis:6379/0", WORKER_CONCURRENCY="3",
    )  # fmt: skip

    assert found == {
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "accept_content": ["json"],
        "task_time_limit": 300,
        "timezone": "UTC",
        "worker_concurrency": 3,
        "broker_connection_retry_on_startup": True,
    }


def test_every_setting_of_the_component_is_one_that_celery_knows() -> None:
    import config.components.celery as component

    names = [name.removeprefix("CELERY_").lower() for name in dir(component) if name.startswith("CELERY_")]
    # Celery reads these without a default.
    extra = {"redis_backend_health_check_interval"}

    assert [name for name in names if name not in DEFAULTS and name not in extra] == []
    assert names


@pytest.mark.parametrize("process", ["worker", "beat"])
def test_the_commands_name_the_process_whose_variables_are_needed(process: str) -> None:
    done = run("python", "-m", *PROCESSES[process].split(), DJANGO_SETTINGS_MODULE="config.settings.production")

    assert f"The production environment of {process} is not ready" in done.stderr
    assert "ALLOWED_HOSTS" not in done.stderr


@pytest.fixture
def stranger(tmp_path: Path) -> Any:
    """A server that speaks TLS with a certificate that nobody vouches for."""
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    subprocess.run(
        [*make, "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))
    trusted: list[bool] = []

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(near, server_side=True).recv(100)
                trusted.append(True)
            except OSError:
                trusted.append(False)

    Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], trusted
    listener.close()


@pytest.mark.parametrize("client", ["app.connection_for_write().connect()", "app.backend.client.ping()"])
def test_a_redis_whose_certificate_nobody_vouches_for_is_refused(stranger: Any, client: str) -> None:
    port, trusted = stranger
    done = run(
        "python", "-c", f"{SHOW} from config.celery import app; {client}",
        **PRODUCTION, REDIS_URL=f"rediss://127.0.0.1:{port}/0",
    )  # fmt: skip

    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
    assert trusted
    assert not any(trusted)


def test_the_variables_of_the_feature_stand_under_its_name() -> None:
    from config.variables import sections

    names = {heading: [item.name for item in items] for heading, items in sections(Env)}

    assert names["Celery"] == ["worker_concurrency", "backup_dir"]


def test_a_web_process_does_not_import_celery_and_gets_the_app_of_the_site_with_it() -> None:
    show = (
        "import config.wsgi, config.urls, sys; print('celery' in sys.modules);"
        "from apps.tasks.tasks import heartbeat; print(heartbeat.app.main)"
    )
    done = run("python", "-c", show, **PRODUCTION, REDIS_URL="redis://redis:6379/0")

    assert done.stdout.split() == ["False", "site"], done.stderr


def test_worker_and_beat_do_not_import_views() -> None:
    # As `celery worker` and `celery beat` do.
    start = "from config.celery import app; app.loader.import_default_modules()"
    show = f"import sys; {start}; print(*({{'apps.tasks.tasks', 'apps.accounts.views', 'fido2'}} & {{*sys.modules}}))"

    assert run("python", "-c", show, **PRODUCTION).stdout.split() == ["apps.tasks.tasks"]
