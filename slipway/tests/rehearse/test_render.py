import pytest

from slipway.rehearse import render
from slipway.rehearse.render import CRON_PLANS, SERVER_PLANS


@pytest.mark.parametrize(
    ("name", "memory", "cpu"),
    [
        ("free", 512, 0.1),
        ("starter", 512, 0.5),
        ("standard", 2048, 1),
        ("pro", 4096, 2),
        ("0.5c-512mb", 512, 0.5),
        ("4c-16g", 16384, 4),
    ],
)
def test_a_plan_has_its_memory_and_processors(name: str, memory: int, cpu: float) -> None:
    assert render.plan(name) == (memory, cpu)


@pytest.mark.parametrize("name", sorted({*SERVER_PLANS, *CRON_PLANS}))
def test_the_size_of_every_plan_is_known(name: str) -> None:
    assert render.plan(name).memory >= 512


def test_a_plan_that_render_does_not_have_is_told() -> None:
    with pytest.raises(ValueError, match="Render has no plan huge"):
        render.plan("huge")


def test_only_web_services_can_be_free() -> None:
    assert [type for type in ("web", "worker", "pserv", "cron") if render.allows("free", type)] == ["web"]


def test_names_become_hosts() -> None:
    assert render.public_host("My Shop_web") == "my-shop-web.onrender.com"


def test_a_worker_is_told_of_no_address() -> None:
    told = render.render_variables(name="worker", address="", commit="0123abc", branch="main")

    assert (told["RENDER_EXTERNAL_URL"], told["RENDER_EXTERNAL_HOSTNAME"]) == ("", "")


def test_a_service_is_told_its_host_without_scheme_and_port() -> None:
    told = render.render_variables(name="web", address="https://web.localhost:8443", commit="0123abc", branch="main")

    assert told["RENDER_EXTERNAL_HOSTNAME"] == "web.localhost"


@pytest.mark.parametrize(("plan", "processes"), [("free", "1"), ("standard", "1"), ("pro", "2"), ("8c-16g", "8")])
def test_processes_come_by_the_processor(plan: str, processes: str) -> None:
    assert render.default_variables(plan, "python")["WEB_CONCURRENCY"] == processes


def test_each_instance_has_a_port_that_gunicorn_hears_of() -> None:
    one = render.instance_variables(8101, "web-1", "127.0.0.1")

    assert one["PORT"] == "8101"
    assert one["GUNICORN_CMD_ARGS"] == "--preload --access-logfile - --bind=127.0.0.1:8101"


def test_gunicorn_is_told_renders_port_otherwise() -> None:
    assert render.instance_variables(render.PORT, "web-1")["GUNICORN_CMD_ARGS"].endswith("--bind=0.0.0.0:10000")


@pytest.mark.parametrize(
    ("variable", "file", "version"),
    [
        ("3.12.4", "3.13\n", "3.12.4"),
        (None, "3.13\n", "3.13"),
        ("", "3.13", "3.13"),
        (None, "", "3.14"),
        (None, None, "3.14"),
    ],
)
def test_the_variable_beats_the_file_and_the_file_beats_render(
    variable: str | None, file: str | None, version: str
) -> None:
    assert render.python_version(variable, file) == version
