import pytest

from apps.accounts.export import export_user
from apps.notifications.services import notify

ALL = "/api/v1/notifications/"
PAGE = "/notifications/"


@pytest.fixture
def notification(user):
    return notify(user=user, kind="comment", text="Grace answered.", link="/posts/3")


@pytest.fixture
def foreign(staff):
    return notify(user=staff, kind="comment", text="Not for Ada.")


def test_the_list_holds_your_own_newest_first(signed_in, user, notification, foreign):
    newer = notify(user=user, kind="invoice", text="Your invoice is here.")

    answer = signed_in.get(ALL).json()

    assert [item["id"] for item in answer["results"]] == [newer.pk, notification.pk]
    assert answer["results"][1]["text"] == "Grace answered."


def test_the_list_can_be_narrowed_to_what_is_unread(signed_in, user, notification):
    unread = notify(user=user, kind="invoice", text="Your invoice is here.")
    signed_in.post(f"{ALL}{notification.pk}/read/")

    ids = [
        [item["id"] for item in signed_in.get(f"{ALL}?unread={value}").json()["results"]] for value in ("true", "false")
    ]

    assert ids == [[unread.pk], [notification.pk]]


def test_looking_at_one_does_not_mark_it(signed_in, notification):
    assert signed_in.get(f"{ALL}{notification.pk}/").json()["read_at"] is None
    assert signed_in.get(f"{ALL}{notification.pk}/").json()["read_at"] is None


def test_one_can_be_marked(signed_in, notification):
    answer = signed_in.post(f"{ALL}{notification.pk}/read/")

    assert answer.status_code == 200
    assert answer.json()["read_at"]


def test_all_can_be_marked(signed_in, user, notification, foreign):
    notify(user=user, kind="invoice", text="Your invoice is here.")

    answer = signed_in.post(f"{ALL}read-all/")

    assert answer.json() == {"marked": 2}
    assert not user.notifications.unread().exists()
    foreign.refresh_from_db()
    assert foreign.read_at is None


@pytest.mark.parametrize("address", ["{pk}/", "{pk}/read/"])
def test_nobody_elses_can_be_reached(signed_in, foreign, address):
    address = ALL + address.format(pk=foreign.pk)

    assert {signed_in.get(address).status_code, signed_in.post(address).status_code} <= {404, 405}
    foreign.refresh_from_db()
    assert foreign.read_at is None


def test_strangers_are_refused_in_the_one_shape(db, api):
    answer = api.get(ALL)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_authenticated"


def test_the_export_of_an_account_has_your_own(user, notification, foreign):
    assert [item["text"] for item in export_user(user)["notifications"]] == ["Grace answered."]


def test_a_long_list_takes_as_few_queries_as_a_short_one(signed_in, user, django_assert_max_num_queries):
    for number in range(30):
        notify(user=user, kind="comment", text=f"Number {number}")

    with django_assert_max_num_queries(3):
        assert len(signed_in.get(f"{ALL}?page_size=30").json()["results"]) == 30


@pytest.fixture
def visitor(client, user):
    client.force_login(user)
    return client


def test_the_page_shows_your_own_newest_first(visitor, user, notification, foreign):
    notify(user=user, kind="invoice", text="Your invoice is <here>.")

    text = visitor.get(PAGE).text

    assert 0 < text.index("Your invoice is &lt;here&gt;.") < text.index("Grace answered.")
    assert "Not for Ada." not in text


def test_one_can_be_marked_on_the_page(visitor, user, notification):
    other = notify(user=user, kind="invoice", text="Your invoice is here.")

    response = visitor.post(f"{PAGE}{notification.pk}/read/?page=1")

    assert response.headers["Location"] == f"{PAGE}?page=1"
    assert list(user.notifications.unread()) == [other]


def test_all_can_be_marked_on_the_page(visitor, user, notification, foreign):
    visitor.post(f"{PAGE}read/")

    assert not user.notifications.unread().exists()
    foreign.refresh_from_db()
    assert foreign.read_at is None


def test_nobody_elses_can_be_marked_on_the_page(visitor, foreign):
    assert visitor.post(f"{PAGE}{foreign.pk}/read/").status_code == 404
    foreign.refresh_from_db()
    assert foreign.read_at is None


def test_the_page_needs_a_sign_in(client, notification):
    addresses = [PAGE, f"{PAGE}read/", f"{PAGE}{notification.pk}/read/"]

    assert all("/login/?next=" in client.post(address).headers["Location"] for address in addresses)
    assert "/login/?next=" in client.get(PAGE).headers["Location"]
