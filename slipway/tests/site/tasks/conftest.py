from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from config.celery import app
from slipway.tests.site.tasks.own_redis import OwnRedis
from slipway.tests.site.tasks.processes import Process, running
from tools.places import place_for


@pytest.fixture
def queued(settings: Any) -> Iterator[None]:
    """Tasks go to the queue, as in production."""
    settings.CELERY_TASK_ALWAYS_EAGER = app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True


@pytest.fixture
def tables(transactional_db: None) -> Iterator[None]:
    """For what `jobs.count` does."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE runs (number int)")
        cursor.execute("CREATE TABLE done (number int PRIMARY KEY)")
        cursor.execute("CREATE TABLE effects (number int)")
        yield
        cursor.execute("DROP TABLE runs, done, effects")


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    with place_for(None) as place:
        server = OwnRedis(replace(place, kept=True))
        assert server.find()
        server.url = server.start()
        yield server
        server.stop()


@pytest.fixture(scope="module")
def worker(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with running("worker", tmp_path_factory.mktemp("worker") / "log") as started:
        yield started
