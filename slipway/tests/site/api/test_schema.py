"""The schema of the template's own endpoints is complete. That of a project may lack a user's own views."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import include, path
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import APIView

from apps.accounts.models import User
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


def test_every_operation_has_a_summary_a_tag_and_a_unique_id(operations):
    assert operations
    assert all(operation["summary"] and operation["tags"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_operation_ids_and_tags_follow_the_path(operations):
    ids = {operation["operationId"] for operation in operations}

    assert {"auth_login", "auth_password_reset_confirm", "users_list", "users_me_retrieve"} <= ids
    assert {tag for operation in operations for tag in operation["tags"]} >= {"auth", "users"}


def test_all_errors_have_the_format_of_the_site(operations, schema, api, db):
    error = api.get("/api/v1/nothing/").json()["error"]
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}

    assert {operation["responses"]["default"]["$ref"] for operation in operations} == {"#/components/responses/Error"}
    assert all(response["content"] == content for response in schema["components"]["responses"].values())
    assert schema["components"]["schemas"]["Error"]["properties"]["error"]["properties"].keys() == error.keys()


def test_operations_have_the_errors_that_they_can_return(schema):
    def statuses(method, path):
        return list(schema["paths"][path][method]["responses"])

    assert statuses("get", "/api/v1/users/") == ["200", "400", "401", "403", "404", "429", "default"]
    assert statuses("delete", "/api/v1/users/me/") == ["204", "401", "403", "429", "default"]
    assert statuses("get", "/api/v1/notifications/{id}/") == ["200", "401", "403", "404", "429", "default"]
    assert sorted(statuses("post", "/api/v1/auth/login/")) == ["200", "400", "401", "413", "415", "429", "default"]


def test_responses_have_all_fields_of_a_model(schema):
    schemas = schema["components"]["schemas"]

    assert "name" in schemas["User"]["required"]
    assert "required" not in schemas["UserRequest"]


def test_a_file_has_no_pattern(schema):
    assert schema["components"]["schemas"]["AvatarRequest"]["properties"]["avatar"].keys() == {"type", "format"}


def test_the_examples_work(schema, api, db):
    def example(content):
        return next(iter(content["application/json"]["examples"].values()))["value"]

    def post(path, example, status):
        response = api.post(path, example)
        assert response.status_code == status
        return response

    operations = {path: item["post"] for path, item in schema["paths"].items() if "post" in item}
    bodies = {path: item["requestBody"]["content"] for path, item in operations.items() if "requestBody" in item}
    register, sign_in, refresh = (f"/api/v1/auth/{name}/" for name in ("register", "login", "refresh"))

    post(register, example(bodies[register]), 202)
    tokens = post(sign_in, example(bodies[sign_in]), 200).data
    assert tokens.keys() == example(operations[sign_in]["responses"]["200"]["content"]).keys()
    assert example(bodies[refresh]).keys() == {"refresh"}
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    ticket = post("/api/v1/auth/ws-ticket/", None, 201).data
    assert ticket.keys() == example(operations["/api/v1/auth/ws-ticket/"]["responses"]["201"]["content"]).keys()


def test_pages_have_all_their_fields(schema):
    page = schema["components"]["schemas"]["PaginatedUserList"]

    assert set(page["required"]) == {"count", "next", "previous", "results"}


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


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "name"]


class NameExtension(OpenApiSerializerExtension):
    target_class = UserSerializer

    def map_serializer(self, auto_schema, direction):
        return {"type": "object", "properties": {"name": {"type": "string"}}}


class UserViewSet(viewsets.ModelViewSet):
    """People.

    The second paragraph
    has two lines.
    """

    queryset = User.objects.all()
    serializer_class = UserSerializer

    @extend_schema(responses={200: UserSerializer, 404: None})
    def retrieve(self, *args, **kwargs):
        """Get a person who
        has an account.
        """
        return super().retrieve(*args, **kwargs)

    @extend_schema(summary="Remove a person", description="Cannot be undone.")
    def destroy(self, *args, **kwargs):
        return super().destroy(*args, **kwargs)

    @extend_schema(exclude=True)
    def partial_update(self, *args, **kwargs):
        return super().partial_update(*args, **kwargs)


@pytest.fixture(scope="module")
def added():
    router = DefaultRouter()
    router.register("people", UserViewSet)
    return SchemaGenerator(patterns=[path("api/v1/", include(router.urls))]).get_schema(public=True)


@pytest.fixture(scope="module")
def people(added):
    return added["paths"]


def test_the_views_of_a_router_have_the_errors(people):
    body = ["400", "401", "403", "413", "415", "429", "default"]

    assert list(people["/api/v1/people/"]["post"]["responses"]) == ["201", *body]
    assert list(people["/api/v1/people/{id}/"]["delete"]["responses"]) == ["204", "401", "403", "404", "429", "default"]
    assert "patch" not in people["/api/v1/people/{id}/"]


def test_an_error_of_extend_schema_is_kept(people):
    assert people["/api/v1/people/{id}/"]["get"]["responses"]["404"] == {"description": "No response body"}


def test_an_extension_of_a_user_takes_precedence(added):
    assert added["components"]["schemas"]["User"] == {"type": "object", "properties": {"name": {"type": "string"}}}


def test_the_summary_is_the_first_paragraph_of_the_docstring(people):
    def texts(method, path):
        return [people[path][method].get(name) for name in ("summary", "description")]

    assert texts("get", "/api/v1/people/") == ["People.", "The second paragraph\nhas two lines."]
    assert texts("get", "/api/v1/people/{id}/") == ["Get a person who has an account.", None]
    assert texts("delete", "/api/v1/people/{id}/") == ["Remove a person", "Cannot be undone."]


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
