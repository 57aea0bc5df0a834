"""The export has all data of a user, and nothing of others."""

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.serializers.json import DjangoJSONEncoder
from rest_framework.renderers import JSONRenderer

from apps.accounts.export import export_user
from apps.accounts.models import User
from apps.chat.models import Member, Message, Room
from apps.chat.services import add_member, create_room, post_message
from apps.notifications.services import notify
from tests.conftest import PASSWORD

SECRET = "JBSWY3DPEHPK3PXP"
# Relations to a user that the export leaves out.
LEFT_OUT = {
    # Refresh tokens are secrets. Their sign-ins are exported.
    "token_blacklist.OutstandingToken",
    # Valid for seconds.
    "live.Ticket",
    # What staff did to the data of others.
    "admin.LogEntry",
}
EXPORTED = {
    "account.EmailAddress": "email_addresses",
    "accounts.SignIn": "sign_ins",
    "mfa.Authenticator": "second_factors",
    "usersessions.UserSession": "sessions",
    "notifications.Notification": "notifications",
    "chat.Member": "rooms",
    "chat.Message": "messages",
}


def use_everything(user, client, api, times=1):
    """Leave rows of every kind. Returns the secrets among them."""
    for number in range(times):
        client.post("/account/login/", {"login": user.email, "password": PASSWORD})
        tokens = api.post("/api/v1/auth/login/", {"email": user.email, "password": PASSWORD}).json()
        notify(user=user, kind="comment", text=f"Comment {number}")
        room = create_room(name=f"Room {number}", owner=user)
        post_message(room=room, author=user, text=f"Message {number}")
    TOTP.activate(user, SECRET)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    passkey = {"name": "Phone", "credential": {"id": "secret-credential"}}
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=passkey)
    cookie = client.cookies["sessionid"].value
    return [*tokens.values(), *codes, SECRET, "secret-credential", cookie, user.password]


def test_it_has_something_of_every_model_that_belongs_to_a_user(user, client, api):
    use_everything(user, client, api)
    models = {field.related_model for field in User._meta.get_fields(include_hidden=True) if field.auto_created}
    related = {model._meta.label for model in models if model and not model._meta.auto_created}

    assert related == LEFT_OUT | set(EXPORTED)
    assert [name for name in EXPORTED.values() if not export_user(user)[name]] == []


def test_it_has_no_secrets(user, client, api):
    secrets = use_everything(user, client, api)
    text = json.dumps(export_user(user), cls=DjangoJSONEncoder)

    assert [secret for secret in secrets if secret in text] == []
    assert '"type": "webauthn"' in text
    assert '"name": "Phone"' in text


def test_it_has_nothing_of_others(user, staff, client, api):
    use_everything(staff, client, api)
    room = Room.objects.get()
    add_member(room=room, user=user)
    post_message(room=room, author=user, text="Mine")
    data = export_user(user)

    assert [message["text"] for message in data["messages"]] == ["Mine"]
    assert [room["is_owner"] for room in data["rooms"]] == [False]
    assert {name for name, value in data.items() if value == []} == set(EXPORTED.values()) - {"rooms", "messages"}


def test_it_has_messages_of_rooms_that_the_user_has_left(user):
    room = create_room(name="Launch", owner=user)
    post_message(room=room, author=user, text="Good-bye")
    Member.objects.all().delete()

    data = export_user(user)

    assert data["rooms"] == []
    assert data["messages"] == [{"room_name": "Launch", "text": "Good-bye", "sent_at": Message.objects.get().sent_at}]


@pytest.mark.parametrize("times", [1, 4])
def test_the_number_of_queries_does_not_depend_on_the_rows(times, user, client, api, django_assert_num_queries):
    use_everything(user, client, api, times)

    with django_assert_num_queries(8):
        export_user(user)


def test_the_api_can_render_it(user, client, api):
    use_everything(user, client, api)

    assert json.loads(JSONRenderer().render(export_user(user)))["profile"]["email"] == user.email


def test_the_download_is_for_the_user_only(user, client):
    anonymous = client.get("/account/export/")
    client.force_login(user)
    answer = client.get("/account/export/")

    assert anonymous["Location"] == "/account/login/?next=/account/export/"
    assert answer["Content-Type"] == "application/json"
    assert "no-store" in answer["Cache-Control"]
    assert answer.json()["profile"]["name"] == "Ada"
