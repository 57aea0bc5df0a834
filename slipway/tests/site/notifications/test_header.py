"""What the number of unread notifications in the header costs each page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.notifications.models import Notification
from apps.notifications.services import notify
from slipway.tests.site.pages.reading import Page


def header(response):
    return Page(response.text.partition("</header>")[0]).text


def test_it_counts_your_unread_notifications(client, user, staff):
    notify(user=staff, kind="comment", text="Not for Ada.")
    read, *_ = [notify(user=user, kind="comment", text="Grace answered.") for _ in range(3)]
    client.force_login(user)
    client.post(f"/notifications/{read.pk}/read/")

    assert "Notifications 2 unread" in header(client.get("/"))


def test_visitors_who_are_not_signed_in_cost_no_query(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/")

    assert "Notifications" not in header(response)


def test_users_who_are_signed_in_cost_one_query_more_than_their_session(client, user):
    client.force_login(user)
    with CaptureQueriesContext(connection) as queries:
        client.get("/")

    assert [query["sql"].partition(" FROM ")[2].split()[0].strip('"') for query in queries] == [
        "django_session",
        "accounts_user",
        "notifications_notification",
    ]


def test_an_error_page_has_no_query(client, user, django_assert_num_queries):
    client.force_login(user)

    with django_assert_num_queries(0):
        assert client.get("/nothing/here/").status_code == 404


@pytest.mark.postgres
def test_the_count_reads_the_index_of_unread_notifications(user, staff):
    others = User.objects.bulk_create(User(email=f"{number}@example.com") for number in range(100))
    for owner in (user, staff, *others):
        rows = [Notification(user=owner, kind="comment", text="x", read_at=owner.joined_at) for _ in range(100)]
        Notification.objects.bulk_create(rows)
    notify(user=user, kind="comment", text="Grace answered.")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_notification")

    assert "notifications_unread" in user.notifications.unread().explain()
