"""Schemathesis sends generated requests to all operations of the OpenAPI schema, and compares the responses with it."""

import json
from collections import Counter
from io import BytesIO, StringIO
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.core import signals, signing
from django.core.management import call_command
from django.db import close_old_connections, transaction
from django.urls import include, path
from drf_spectacular.utils import extend_schema, extend_schema_view
from fido2.utils import websafe_encode
from PIL import Image
from rest_framework import serializers, viewsets
from rest_framework.routers import DefaultRouter
from rest_framework.settings import api_settings

from apps.accounts import links
from apps.accounts.tokens import issue_tokens, second_factor_token
from apps.chat.services import add_member, create_room, invite
from apps.notifications.models import Notification
from config.urls import urlpatterns as site
from config.wsgi import application
from slipway.tests.site.accounts.authenticator import Device
from slipway.tests.site.accounts.test_second_factor import code
from tests.conftest import PASSWORD

SEED = 1
# For each operation and account, besides those that test the limits of each parameter.
GENERATED = 10


class RecordSerializer(serializers.ModelSerializer):
    class Meta:
        model = Notification
        fields = "__all__"


@extend_schema_view(list=extend_schema(description="All records."))
class RecordViewSet(viewsets.ModelViewSet):
    """A view as in the documentation of Django REST framework."""

    queryset = Notification.objects.order_by("pk")
    serializer_class = RecordSerializer
    filterset_fields = ("kind", "user", "created_at")


router = DefaultRouter()
router.register("records", RecordViewSet, basename="record")
urlpatterns = [path("api/v1/", include(router.urls)), *site]
pytestmark = [pytest.mark.slow, pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def no_limits(monkeypatch, settings, tmp_path):
    """No rate limits, and no end of the test's transaction after each request."""
    rates = dict.fromkeys(api_settings.DEFAULT_THROTTLE_RATES, "1000000/min")
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
    settings.MEDIA_ROOT = tmp_path
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def room(user, staff):
    room = create_room(name="Launch", owner=staff)
    add_member(room=room, user=user)
    return room


@pytest.fixture
def schema(db):
    import schemathesis

    output = StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=output)
    document = json.loads(output.getvalue())
    for item in document["paths"].values():
        for operation in item.values():
            # It would describe every status.
            del operation["responses"]["default"]
    schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config(seed=SEED))
    schema.app = application
    return schema


@pytest.fixture
def send(user, staff, room):
    """Send a request and undo its effects. Counts the responses by operation and status."""
    from schemathesis.checks import negative_data_rejection, positive_data_acceptance

    # DRF accepts 5 for "5", and the schema cannot say which tokens and passwords are valid.
    not_promised = [negative_data_rejection, positive_data_acceptance]
    statuses = Counter()

    def send_as(headers, case):
        with transaction.atomic():
            try:
                response = case.call(headers=headers)
                case.validate_response(response, headers=headers, excluded_checks=not_promised)
            finally:
                transaction.set_rollback(True)
        if case.method.upper() == case.operation.method.upper():
            statuses[case.operation.label, response.status_code] += 1

    send_as.statuses = statuses
    return send_as


def sign_in(user):
    return {"Authorization": f"Bearer {issue_tokens(user=user)['access']}"}


@pytest.mark.parametrize("account", [None, "user", "staff"])
def test_responses_to_generated_requests_are_documented(account, schema, send, room, request):
    from hypothesis import HealthCheck, Phase, settings
    from schemathesis.pytest.lazy import get_all_tests  # the plugin of pytest makes its tests with this, too

    user = request.getfixturevalue(account) if account else None
    headers = sign_in(user) if user else {}
    notification = Notification.objects.create(user=user or room.members.first().user, kind="comment", text="Hello")

    def request_twice(case):
        send(headers, case)
        if case.path_parameters:
            # Objects that exist.
            objects = {"id": room.pk if "/rooms/" in case.operation.path else notification.pk}
            objects["user_id"] = room.members.last().user_id
            case.path_parameters = {name: objects[name] for name in case.path_parameters}
            send(headers, case)

    phases = [Phase.explicit, Phase.generate]
    limits = settings(
        max_examples=GENERATED, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck)
    )
    for result in get_all_tests(schema=schema, test_func=request_twice, settings=limits, given_kwargs={}):
        _, test = result.ok()
        test()

    called = {operation for operation, _ in send.statuses}
    assert called == {result.ok().label for result in schema.get_all_operations()}
    statuses = {status for _, status in send.statuses}
    assert statuses >= {200 if user else 401, 400, 404}
    assert 429 not in statuses


def test_each_operation_has_a_documented_success(schema, send, staff, user, room, rf):
    """With the requests that cannot be generated: tokens, and passwords that are long enough."""
    picture = BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    notification = Notification.objects.create(user=staff, kind="comment", text="Hello")
    objects = {
        "/rooms/": {"id": room.pk, "user_id": user.pk},
        "/sign-ins/": {"id": str(staff.sign_ins.create().pk)},
        "/passkeys/": {"id": 1000},
        "": {"id": notification.pk},
    }
    refresh = {"refresh": issue_tokens(user=staff)["refresh"]}
    reset = dict(parse_qsl(urlsplit(links.reset_link(rf.get("/"), staff)).query))
    profile, record = {"name": "Grace"}, {"user": staff.pk, "kind": "comment", "text": "Hello"}
    address = EmailAddress.objects.create(user=staff, email="new-address@example.com")
    Authenticator.objects.create(user=user, type="recovery_codes", data={"migrated_codes": ["code"]})
    secret, challenge = generate_totp_secret(), websafe_encode(bytes(32))
    state = {"challenge": challenge, "user_verification": "preferred"}
    credential = Device("http://localhost").create({"publicKey": {"challenge": challenge, "rp": {"id": "localhost"}}})
    bodies = {
        "auth/email/change/": {"email": "other@example.com"},
        "auth/mfa/passkeys/": {
            "token": signing.dumps([staff.pk, state], salt=STATE_SESSION_KEY),
            "credential": credential,
        },
        "auth/mfa/passkeys/setup/": {"passwordless": True},
        "auth/mfa/totp/": {
            "token": signing.dumps([staff.pk, secret], salt=SECRET_SESSION_KEY),
            "code": code(secret),
        },
        "auth/reauthenticate/": {"password": PASSWORD},
        "auth/confirm-email/": {"token": EmailConfirmationHMAC.create(address).key},
        "auth/login/mfa/": {"token": second_factor_token(user=user), "code": "code"},
        "auth/login/": {"email": staff.email, "password": PASSWORD},
        "auth/logout/": refresh,
        "auth/password/change/": {"current_password": PASSWORD, "new_password": "another long phrase"},
        "auth/password/reset/": {"email": staff.email},
        "auth/password/reset/confirm/": {**reset, "new_password": "another long phrase"},
        "auth/refresh/": refresh,
        "auth/register/": {"email": "new@example.com", "password": "another long phrase"},
        "records/": record,
        "records/{id}/": record,
        "rooms/": {"name": "Landing"},
        "rooms/join/": {"token": invite(room=room)},
        "rooms/{id}/messages/": {"text": "Hello"},
        "users/me/": profile,
        "users/me/avatar/": {"avatar": picture.getvalue()},
    }
    # Staff could not sign in with the password alone if they had these.
    second_factors = {
        "DELETE /api/v1/auth/mfa/passkeys/{id}/": {"pk": 1000, "type": "webauthn", "data": {"name": "Phone"}},
        "DELETE /api/v1/auth/mfa/totp/": {"type": "totp", "data": {}},
        "POST /api/v1/auth/mfa/recovery-codes/": {"type": "totp", "data": {}},
    }
    headers = sign_in(staff)
    for result in schema.get_all_operations():
        operation = result.ok()
        given = next(values for part, values in objects.items() if part in operation.path)
        options = {"path_parameters": {name: value for name, value in given.items() if f"{{{name}}}" in operation.path}}
        if operation.body:
            options |= {"body": bodies[operation.path.removeprefix("/api/v1/")]}
            options |= {"media_type": operation.body[0].media_type}
        with transaction.atomic():
            if operation.label in second_factors:
                Authenticator.objects.create(user=staff, **second_factors[operation.label])
            send(headers, operation.Case(**options))
            transaction.set_rollback(True)

    assert {(label, status) for label, status in send.statuses if status >= 300} == set()
    assert len(send.statuses) == len(list(schema.get_all_operations()))
