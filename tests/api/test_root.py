import pytest


def test_the_root_lists_the_endpoints(db, api):
    response = api.get("/api/v1/")

    assert response.status_code == 200
    assert response.json()["auth/login"] == "http://testserver/api/v1/auth/login/"
    assert response.json()["schema"] == "http://testserver/api/schema/"


def test_every_listed_endpoint_exists(db, api):
    urls = api.get("/api/v1/").json().values()

    assert {api.get(url).status_code for url in urls} <= {200, 401, 403, 405}


@pytest.mark.parametrize("path", ["/api/v1", "/api/schema", "/api/docs", "/api/health"])
def test_a_trailing_slash_is_optional(path, db, api):
    assert api.get(path).status_code == 200


def test_a_post_without_the_trailing_slash_keeps_its_body(user, api):
    response = api.post("/api/v1/auth/password/reset", {"email": user.email})

    assert response.status_code == 202
