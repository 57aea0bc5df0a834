from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.notifications.models import Notification
from apps.notifications.services import mark_read, notify
from apps.notifications.signals import notified


@pytest.fixture
def announced():
    heard = []

    def hear(notification, **signal):
        heard.append(notification)

    notified.connect(hear)
    yield heard
    notified.disconnect(hear)


def test_a_notification_is_announced_once_it_is_stored(user, announced, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        notification = notify(user=user, kind="comment", text="Grace answered.")
        early = list(announced)

    assert (early, announced) == ([], [notification])


def test_what_is_rolled_back_is_not_announced(user, announced, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ValidationError):
        notify(user=user, kind="comment", text="x" * 501)

    assert announced == []
    assert not Notification.objects.exists()


def test_a_mail_goes_out_when_wanted(user, outbox, settings):
    settings.FRONTEND_URL = "https://app.example.com"

    (mail,) = outbox(lambda: notify(user=user, kind="comment", text="Grace answered.", link="/posts/3", mail=True))

    assert mail.to == [user.email]
    assert "Grace answered." in mail.body
    assert "\nhttps://app.example.com/posts/3\n" in mail.body


def test_a_mail_without_a_frontend_leads_to_the_site(user, outbox):
    (mail,) = outbox(lambda: notify(user=user, kind="comment", text="Grace answered.", link="/posts/3", mail=True))

    assert "\nhttps://testserver/posts/3\n" in mail.body


def test_a_mail_from_a_process_that_serves_no_pages_leads_to_them(user, outbox, settings):
    settings.ALLOWED_HOSTS = []
    settings.SITE_URL = "https://www.example.org"

    (mail,) = outbox(lambda: notify(user=user, kind="comment", text="Grace answered.", link="/posts/3", mail=True))

    assert "\nhttps://www.example.org/posts/3\n" in mail.body


def test_an_address_elsewhere_stays_as_it_is(user, outbox):
    link = "https://docs.example.com/a"

    (mail,) = outbox(lambda: notify(user=user, kind="comment", text="Grace answered.", link=link, mail=True))

    assert f"\n{link}\n" in mail.body


def test_no_mail_goes_out_otherwise(user, outbox):
    assert outbox(lambda: notify(user=user, kind="comment", text="Grace answered.")) == []


def test_reading_twice_keeps_the_first_time(user):
    notification = notify(user=user, kind="comment", text="Grace answered.")
    mark_read(user=user, ids=[notification.pk])
    notification.refresh_from_db()
    first = notification.read_at

    mark_read(user=user)
    notification.refresh_from_db()

    assert first
    assert notification.read_at == first


def test_a_notification_that_was_stored_late_is_not_missed(user):
    """A slow transaction took its id before a quick one, and is seen after it."""
    late, known = (notify(user=user, kind="comment", text=text) for text in ("late", "known"))
    old = notify(user=user, kind="comment", text="old")
    Notification.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=1))

    missed = Notification.objects.missed_since(known.pk)

    assert late in missed
    assert known not in missed
