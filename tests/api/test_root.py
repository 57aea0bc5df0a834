import pytest


def test_the_root_lists_what_is_there(db, api):
    answer = api.get("/api/v1/")

    assert answer.status_code == 200
    assert answer.json()["auth/login"] == "http://testserver/api/v1/auth/login/"


def test_everything_that_is_listed_is_there(db, api):
    addresses = api.get("/api/v1/").json().values()

    assert {api.get(address).status_code for address in addresses} <= {200, 401, 405}


@pytest.mark.parametrize("path", ["/api/v1", "/api/schema", "/api/docs", "/api/health"])
def test_the_slash_at_the_end_may_be_left_out(path, db, api):
    assert api.get(path).status_code == 200


def test_what_is_posted_without_the_slash_arrives(user, api):
    answer = api.post("/api/v1/auth/password/reset", {"email": user.email})

    assert answer.status_code == 202
