from django.urls import reverse
from django.utils.crypto import get_random_string

from apps.accounts.demo import DEMO_EMAIL, DEMO_PASSWORD, create_demo_account
from apps.accounts.models import User


def test_the_demo_account_can_sign_in_to_the_admin(client, db):
    create_demo_account()
    response = client.post(reverse("admin:login"), {"username": DEMO_EMAIL, "password": DEMO_PASSWORD})

    assert response.status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_an_existing_demo_account_is_not_changed(db):
    existing = User.objects.create_user(DEMO_EMAIL, get_random_string(12), is_active=False)

    assert create_demo_account()
    existing.refresh_from_db()
    assert not existing.is_superuser
    assert not existing.check_password(DEMO_PASSWORD)


def test_a_database_with_users_gets_no_demo_account(user):
    assert not create_demo_account()
    assert not User.objects.filter(email=DEMO_EMAIL).exists()
