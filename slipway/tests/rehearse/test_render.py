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
def test_a_plan_has_memory_and_cpus(name: str, memory: int, cpu: float) -> None:
    assert render.plan(name) == (memory, cpu)


@pytest.mark.parametrize("name", sorted({*SERVER_PLANS, *CRON_PLANS}))
def test_the_size_of_every_plan_is_known(name: str) -> None:
    assert render.plan(name).memory >= 512


def test_an_unknown_plan_is_an_error() -> None:
    with pytest.raises(ValueError, match="Render has no plan huge"):
        render.plan("huge")


def test_only_web_services_can_be_free() -> None:
    assert [type for type in ("web", "worker", "pserv", "cron") if render.allows("free", type)] == ["web"]


def test_names_become_hosts() -> None:
    assert render.public_host("My Shop_web") == "my-shop-web.onrender.com"


def test_a_worker_has_no_external_url() -> None:
    values = render.render_variables(name="worker", address="", commit="0123abc", branch="main")

    assert (values["RENDER_EXTERNAL_URL"], values["RENDER_EXTERNAL_HOSTNAME"]) == ("", "")


def test_the_external_hostname_has_no_scheme_and_no_port() -> None:
    values = render.render_variables(name="web", address="https://web.localhost:8443", commit="0123abc", branch="main")

    assert values["RENDER_EXTERNAL_HOSTNAME"] == "web.localhost"


@pytest.mark.parametrize(("plan", "processes"), [("free", "1"), ("standard", "1"), ("pro", "2"), ("8c-16g", "8")])
def test_web_concurrency_follows_the_cpus_of_the_plan(plan: str, processes: str) -> None:
    assert render.default_variables(plan, "python")["WEB_CONCURRENCY"] == processes


def test_the_port_of_an_instance_is_in_gunicorns_arguments() -> None:
    one = render.instance_variables(8101, "web-1", "127.0.0.1")

    assert one["PORT"] == "8101"
    assert one["GUNICORN_CMD_ARGS"] == "--preload --access-logfile - --bind=127.0.0.1:8101"


def test_gunicorn_uses_the_port_of_render_by_default() -> None:
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
def test_python_version_overrides_the_file_which_overrides_the_default(
    variable: str | None, file: str | None, version: str
) -> None:
    assert render.python_version(variable, file) == version
