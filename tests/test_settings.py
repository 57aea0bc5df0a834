import pytest

from config.env import BASE_DIR, Env
from config.variables import documentation, example_file
from tests.commands import PRODUCTION, run


def setting(name: str, **environment: str) -> str:
    show = f"from django.conf import settings; print(settings.{name})"
    return run("python", "-c", show, **environment).stdout.strip()


def test_production_without_variables_exits_with_one_message() -> None:
    result = run("python", "manage.py", "check", DJANGO_SETTINGS_MODULE="config.settings.production")

    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    for hint in ("SECRET_KEY is missing", "ALLOWED_HOSTS is missing", "DATABASE_URL is missing", "config.env key"):
        assert result.stderr.count(hint) == 1


def test_the_example_file_is_up_to_date() -> None:
    assert (BASE_DIR / ".env.example").read_text() == example_file(Env), "Run: python -m config.env docs"


def test_the_documentation_is_up_to_date() -> None:
    assert (BASE_DIR / "docs/environment.md").read_text().endswith(documentation(Env)), "Run: python -m config.env docs"


@pytest.mark.parametrize(
    ("host", "backend"), [("", "config.mail.MissingHostBackend"), ("smtp.example.com", "smtp.EmailBackend")]
)
def test_production_prints_no_mail(host: str, backend: str) -> None:
    assert setting("MAILERS['delivery']['BACKEND']", **PRODUCTION, EMAIL_HOST=host).endswith(backend)


@pytest.mark.parametrize(("plain", "ssl", "tls"), [("", "", "True"), ("true", "", "False"), ("", "true", "False")])
def test_mail_uses_starttls_by_default(plain: str, ssl: str, tls: str) -> None:
    assert (
        setting(
            "MAILERS['delivery']['OPTIONS']['use_tls']",
            **PRODUCTION,
            EMAIL_HOST="smtp.example.com",
            EMAIL_PLAIN=plain,
            EMAIL_USE_SSL=ssl,
        )
        == tls
    )


# Render
def test_on_render_the_host_name_is_known() -> None:
    environment = PRODUCTION | {"ALLOWED_HOSTS": "", "RENDER": "true", "RENDER_EXTERNAL_HOSTNAME": "mine.onrender.com"}
    show = "from django.conf import settings as s; print(s.ALLOWED_HOSTS, s.CSRF_TRUSTED_ORIGINS, s.TRUSTED_PROXIES)"

    shown = run("python", "-c", show, **environment).stdout.strip()

    assert shown == "['mine.onrender.com'] ['https://mine.onrender.com'] 2"


# Render
def test_development_settings_exit_on_render() -> None:
    result = run("python", "manage.py", "check", RENDER="true")

    assert result.returncode == 1
    assert "DJANGO_SETTINGS_MODULE=config.settings.production" in result.stderr
