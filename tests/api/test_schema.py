import json
from io import StringIO

import pytest
from django.core.management import call_command


@pytest.fixture(scope="module")
def schema():
    written = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=written)
    return json.loads(written.getvalue())


@pytest.fixture(scope="module")
def operations(schema):
    return [operation for path in schema["paths"].values() for operation in path.values()]


def test_the_schema_is_served(db, api):
    answer = api.get("/api/schema/", HTTP_ACCEPT="application/json")

    assert answer.status_code == 200
    assert "/api/v1/auth/login/" in answer.json()["paths"]


def test_the_page_to_try_the_api_takes_nothing_from_other_hosts(db, client):
    page = client.get("/api/docs/")
    text = page.content.decode()

    assert page.status_code == 200
    assert "https://" not in text
    assert "script-src" not in page["Content-Security-Policy"]
    assert "<script>" not in text


def test_every_operation_is_described_named_and_tagged(operations):
    assert operations
    assert all(operation["description"] and operation["tags"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_names_of_operations_read_well(operations):
    names = {operation["operationId"] for operation in operations}

    assert {"auth_login", "auth_password_reset_confirm", "users_list", "users_me_retrieve"} <= names
    assert {tag for operation in operations for tag in operation["tags"]} >= {"auth", "users"}


def test_every_operation_may_fail_in_the_one_shape(operations):
    shapes = {json.dumps(operation["responses"]["default"]["content"]) for operation in operations}

    assert shapes == {'{"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}'}


def test_paths_are_plain_and_end_with_a_slash(schema):
    assert all(path.endswith("/") and not set(path) & set("^$?\\()") for path in schema["paths"])


def test_answers_are_described_as_they_are(schema):
    paths = schema["paths"]

    assert "202" in paths["/api/v1/auth/register/"]["post"]["responses"]
    assert "204" in paths["/api/v1/auth/logout/"]["post"]["responses"]
    assert "multipart/form-data" in paths["/api/v1/users/me/avatar/"]["put"]["requestBody"]["content"]


def test_tokens_are_a_way_to_sign_in(schema):
    assert schema["components"]["securitySchemes"]["jwtAuth"] == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }
    assert {"jwtAuth": []} in schema["paths"]["/api/v1/users/me/"]["get"]["security"]
    assert schema["paths"]["/api/v1/auth/login/"]["post"]["security"] == [{}]
