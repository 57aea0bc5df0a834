import pytest

from apps.accounts.models import User


@pytest.fixture
def staff_api(staff, api):
    api.force_authenticate(staff)
    return api


@pytest.fixture
def crowd(db):
    return User.objects.bulk_create(User(email=f"user{number}@example.com", name="Same") for number in range(30))


def emails(answer):
    return [row["email"] for row in answer.json()["results"]]


def test_your_account_shows_what_is_yours_and_no_password(signed_in, user):
    answer = signed_in.get("/api/v1/users/me/").json()

    assert answer.keys() == {"id", "email", "name", "avatar", "is_staff", "is_active", "joined_at", "last_login"}
    assert answer["email"] == user.email


@pytest.mark.parametrize("method", ["put", "patch"])
def test_you_may_change_your_name_and_nothing_else(method, signed_in, user):
    answer = getattr(signed_in, method)(
        "/api/v1/users/me/", {"name": "Lovelace", "email": "x@example.com", "is_staff": True, "is_active": False}
    )
    user.refresh_from_db()

    assert answer.status_code == 200
    assert (user.name, user.email, user.is_staff, user.is_active) == ("Lovelace", "ada@example.com", False, True)


@pytest.mark.parametrize("path", ["/api/v1/users/me/", "/api/v1/users/me/avatar/", "/api/v1/users/"])
def test_strangers_are_asked_to_sign_in(path, db, api):
    answer = api.get(path)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_session_of_the_admin_serves_too(user, client):
    client.force_login(user)

    assert client.get("/api/v1/users/me/").status_code == 200


def test_a_session_changes_nothing_without_the_forms_token(user):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.patch("/api/v1/users/me/", {"name": "Mallory"}, content_type="application/json")

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "permission_denied"


def test_everybody_is_listed_in_pages_of_twenty(staff_api, crowd):
    answer = staff_api.get("/api/v1/users/").json()

    assert (answer["count"], len(answer["results"])) == (31, 20)
    assert "page=2" in answer["next"]


@pytest.mark.parametrize(("asked", "given"), [("5", 5), ("100000", 100), ("0", 20), ("-1", 20), ("x", 20)])
def test_the_size_of_a_page_is_bounded(asked, given, staff_api, db):
    User.objects.bulk_create(User(email=f"user{number}@example.com") for number in range(120))

    assert len(staff_api.get("/api/v1/users/", {"page_size": asked}).json()["results"]) == given


def test_a_page_costs_two_queries_however_long_it_is(staff_api, crowd, django_assert_num_queries):
    with django_assert_num_queries(2):
        staff_api.get("/api/v1/users/", {"page_size": 30})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"is_staff": "true"}, ["grace@example.com"]),
        ({"is_active": "false"}, ["user2@example.com"]),
        ({"search": "USER2@"}, ["user2@example.com"]),
        ({"search": "grac"}, ["grace@example.com"]),
        ({"joined_at__lt": "2001-01-01T00:00:00Z"}, ["user3@example.com"]),
    ],
)
def test_everybody_is_filtered_and_searched(query, found, staff_api, crowd):
    User.objects.filter(email="user2@example.com").update(is_active=False)
    User.objects.filter(email="user3@example.com").update(joined_at="2000-01-01T00:00:00Z")

    assert emails(staff_api.get("/api/v1/users/", query)) == found


@pytest.mark.parametrize("ordering", ["name", "-name", "last_login", ""])
def test_pages_repeat_and_miss_nobody_where_rows_are_alike(ordering, staff_api, crowd):
    pages = [
        staff_api.get("/api/v1/users/", {"ordering": ordering, "page": page, "page_size": 7}) for page in range(1, 6)
    ]
    seen = [email for page in pages for email in emails(page)]

    assert len(seen) == len(set(seen)) == 31


def test_what_rows_are_ordered_by_is_followed_by_their_key(staff_api, crowd):
    answer = staff_api.get("/api/v1/users/", {"ordering": "name", "page_size": 100}).json()["results"]

    assert answer == sorted(answer, key=lambda row: (row["name"], row["id"]))


def test_nobody_is_ordered_by_a_secret(staff_api, crowd):
    answers = [emails(staff_api.get("/api/v1/users/", {"ordering": name})) for name in ("password", "-password")]

    assert answers[0] == answers[1]


def test_a_filter_that_makes_no_sense_is_refused(staff_api):
    answer = staff_api.get("/api/v1/users/", {"joined_at__gte": "yesterday"})

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["joined_at__gte"]
