import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import NoReverseMatch, reverse
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from apps.accounts.models import SignIn, User
from tests.conftest import PASSWORD

MODELS = [model for model, _ in admin.site._registry.items()]


@pytest.fixture
def rows(signed_in, user, client):
    """One of each thing that accounts bring about."""
    client.post("/account/login/", {"login": "nobody@example.com", "password": "wrong"})
    Group.objects.create(name="Editors")


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_page_of_the_admin_opens(model, rows, admin_client, rf, admin_user):
    pages = [address(model, "changelist"), f"{address(model, 'changelist')}?q=a"]
    request = rf.get("/")
    request.user = admin_user
    if admin.site._registry[model].has_add_permission(request):
        pages.append(address(model, "add"))
    for row in model._default_manager.all()[:1]:
        pages += [address(model, page, row.pk) for page in ("change", "history", "delete")]

    assert {page: admin_client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_the_pages_above_were_not_empty(rows):
    assert all(model.objects.exists() for model in (User, SignIn, AccessAttempt, Group))


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/"])
def test_the_admin_is_for_staff_only(path, user, client):
    client.force_login(user)

    assert client.get(path).status_code == 302
    assert client.get(path, follow=True).status_code == 403


def test_staff_without_rights_sees_no_accounts(staff, client):
    client.force_login(staff)

    assert client.get("/admin/accounts/user/").status_code == 403


def test_a_user_is_made(admin_client):
    given = {"email": "New@Example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    admin_client.post("/admin/accounts/user/add/", given)

    assert User.objects.get(email="new@example.com").check_password(PASSWORD)


def test_a_taken_address_is_refused_with_a_message(user, admin_client):
    given = {"email": "ADA@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    answer = admin_client.post("/admin/accounts/user/add/", given)

    assert list(answer.context["adminform"].form.errors) == ["email"]


def test_a_password_is_changed(user, admin_client):
    given = {"usable_password": "true", "password1": "another long phrase", "password2": "another long phrase"}
    admin_client.post(f"/admin/accounts/user/{user.pk}/password/", given)
    user.refresh_from_db()

    assert user.check_password("another long phrase")


def test_deleting_a_sign_in_ends_it(signed_in, api, admin_client):
    tokens = api.post("/api/v1/auth/login/", {"email": "ada@example.com", "password": PASSWORD}).json()
    for sign_in in SignIn.objects.all():
        admin_client.post(f"/admin/accounts/signin/{sign_in.pk}/delete/", {"post": "yes"})

    assert api.post("/api/v1/auth/refresh/", {"refresh": tokens["refresh"]}).status_code == 401


def test_no_page_shows_a_token(rows, user, admin_client):
    token = OutstandingToken.objects.get().token
    pages = [address(model, "changelist") for model in MODELS]
    pages += [address(User, page, user.pk) for page in ("change", "delete")]

    assert not [page for page in pages if token[:40] in admin_client.get(page).content.decode()]
    with pytest.raises(NoReverseMatch):
        address(OutstandingToken, "changelist")


def test_the_sign_in_form_is_guarded_against_other_sites(staff):
    client = Client(enforce_csrf_checks=True)

    assert client.post("/account/login/", {"login": staff.email, "password": PASSWORD}).status_code == 403
