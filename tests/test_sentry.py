import json

from tests.commands import PRODUCTION, run
from tests.sentry_server import listening

SECRETS = ["ada@example.com", "one-time-token", "a-password", "the-session"]
# The report contains source code, so the secrets come from the environment.
CRASH = """
import os
import django
django.setup()
import sentry_sdk
from django.test import Client
from django.urls import path
from django.conf import settings

email, token, password, session = os.environ["SECRETS"].split()

def crash(request):
    raise RuntimeError(f"{email} has no token={token}")

urlpatterns = [path("crash/", crash)]
settings.ROOT_URLCONF = __name__
client = Client(raise_request_exception=False, headers={"X-Request-ID": "request-of-this-test"})
client.cookies["sessionid"] = session
client.post("/crash/?key=" + token, {"password": password}, secure=True, headers={"Host": "www.example.com"})
sentry_sdk.flush()
"""


def test_an_error_is_reported_with_its_request_id_and_without_secrets() -> None:
    with listening() as sentry:
        result = run("python", "-c", CRASH, **PRODUCTION, SENTRY_DSN=sentry.dsn, SECRETS=" ".join(SECRETS))
        assert "RuntimeError" in result.stderr, result.stderr
        event = sentry.wait_for("event")

    error = event["exception"]["values"][-1]
    assert (error["type"], error["value"]) == ("RuntimeError", "*** has no token=***")
    assert event["tags"]["request_id"] == "request-of-this-test"
    assert [text for text in [*SECRETS, PRODUCTION["SECRET_KEY"]] if text in json.dumps(event)] == []
