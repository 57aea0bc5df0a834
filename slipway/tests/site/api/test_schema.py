"""The schema of the template's own endpoints is complete. That of a project may lack a user's own views."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from config.urls import urlpatterns as site
from tests.commands import PRODUCTION, ROOT, run


@pytest.fixture(scope="module")
def schema():
    output = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=output)
    return json.loads(output.getvalue())


@pytest.fixture(scope="module")
def operations(schema):
    return [operation for path in schema["paths"].values() for operation in path.values()]


def test_every_operation_has_a_description_a_tag_and_a_unique_id(operations):
    assert operations
    assert all(operation["description"] and operation["tags"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_operation_ids_and_tags_follow_the_path(operations):
    ids = {operation["operationId"] for operation in operations}

    assert {"auth_login", "auth_password_reset_confirm", "users_list", "users_me_retrieve"} <= ids
    assert {tag for operation in operations for tag in operation["tags"]} >= {"auth", "users"}


def test_every_operation_has_the_error_response(operations, schema, api, db):
    references = {json.dumps(operation["responses"]["default"]["content"]) for operation in operations}
    error = api.get("/api/v1/nothing/").json()["error"]

    assert references == {'{"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}'}
    assert schema["components"]["schemas"]["Error"]["properties"]["error"]["properties"].keys() == error.keys()


def test_paths_are_simple_and_end_with_a_slash(schema):
    assert all(path.endswith("/") and not set(path) & set("^$?\\()") for path in schema["paths"])


def test_responses_have_their_status(schema):
    paths = schema["paths"]

    assert "202" in paths["/api/v1/auth/register/"]["post"]["responses"]
    assert "204" in paths["/api/v1/auth/logout/"]["post"]["responses"]
    assert "multipart/form-data" in paths["/api/v1/users/me/avatar/"]["put"]["requestBody"]["content"]


def test_operations_have_their_authentication(schema):
    assert schema["components"]["securitySchemes"]["jwtAuth"] == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }
    assert {"jwtAuth": []} in schema["paths"]["/api/v1/users/me/"]["get"]["security"]
    assert schema["paths"]["/api/v1/auth/login/"]["post"]["security"] == [{}]


class UndescribedView(APIView):
    def get(self, request):
        return Response({"version": 1})


urlpatterns = [*site, path("api/v1/undescribed/", UndescribedView.as_view())]


def test_a_view_without_a_serializer_passes_the_deploy_check(tmp_path):
    """Without the setting, `check --deploy` has the warning drf_spectacular.W002."""
    settings = tmp_path / "undescribed.py"
    settings.write_text(f'from config.settings.production import *\nROOT_URLCONF = "{__name__}"\n')
    environment = PRODUCTION | {"DJANGO_SETTINGS_MODULE": "undescribed", "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = run("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING", **environment)

    assert done.returncode == 0, done.stderr
