"""Notifications and chat rooms in a browser, with the server of production."""

import time

import pytest
from playwright.sync_api import expect

from apps.chat.models import Message
from apps.chat.services import add_member, create_room, invite, post_message, remove_member
from apps.live.events import MAX_ITEMS
from apps.notifications.services import mark_read, notify
from slipway.tests.site.browser import APPEARANCES, appearance
from slipway.tests.site.live.daphne import SINGLE_PROCESS, daphne
from slipway.tests.site.serving.collected import for_a_browser
from slipway.tests.waiting import wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.redis,
]
HTML = "We launch <b>today</b>.\nAt last."


@pytest.fixture
def visit(database_url, collected, tmp_path, new_tab):
    """Opens a page of the site as a user."""
    with daphne(log=tmp_path / "log", command=SINGLE_PROCESS, **for_a_browser(collected, database_url)) as server:

        def visited(user, address, prepare=lambda tab: None, **options):
            tab = new_tab(f"http://127.0.0.1:{server.port}", **options)
            tab.frames = []
            tab.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: tab.frames.append(frame)))
            tab.sign_in(user)
            prepare(tab)
            tab.page.goto(address)
            return tab

        yield visited


@pytest.fixture
def room(user, staff):
    room = create_room(name="Launch", owner=user)
    add_member(room=room, user=staff)
    return room


def send(user, number):
    return [notify(user=user, kind="comment", text=f"Answer {index}", link="/posts/3").pk for index in range(number)]


def bell(tab):
    return tab.page.get_by_role("navigation", name="Site").get_by_role("link", name="Notifications")


def wait_for_event(tab, kind):
    wait_until(tab, lambda: any(f'"type": "{kind}"' in frame for frame in tab.frames))


def wait_until(tab, is_done):
    deadline = time.monotonic() + 20
    while not is_done():
        assert time.monotonic() < deadline, tab.frames
        tab.page.wait_for_timeout(50)


def test_the_number_in_the_header_is_live(visit, user):
    first = send(user, MAX_ITEMS + 2)
    tab = visit(user, "/account/")
    wait_for_event(tab, "unread")
    expect(bell(tab)).to_have_accessible_name(f"Notifications {MAX_ITEMS + 2} unread")

    send(user, 1)
    expect(bell(tab)).to_have_accessible_name(f"Notifications {MAX_ITEMS + 3} unread")
    # The first ones are not in the list that the server has sent.
    mark_read(user=user, ids=[first[0], first[-1]])
    expect(bell(tab)).to_have_accessible_name(f"Notifications {MAX_ITEMS + 1} unread")
    mark_read(user=user)
    expect(bell(tab)).to_have_accessible_name("Notifications")
    send(user, 1)
    expect(bell(tab)).to_have_accessible_name("Notifications 1 unread")
    assert tab.errors == []


def test_notifications_are_read_without_javascript(visit, user):
    send(user, 22)
    tab = visit(user, "/", java_script_enabled=False)
    bell(tab).press("Enter")
    tab.page.get_by_role("link", name="Older").press("Enter")
    items = tab.page.get_by_role("main").get_by_role("listitem")
    expect(items).to_have_count(2)
    tab.page.get_by_role("button", name="Mark as read Answer 1").press("Enter")

    expect(bell(tab)).to_have_accessible_name("Notifications 21 unread")
    expect(tab.page.get_by_text("Page 2 of 2")).to_be_visible()
    expect(items.filter(has_text="Unread")).to_have_count(1)
    tab.page.get_by_role("button", name="Mark all as read").press("Enter")
    expect(bell(tab)).to_have_accessible_name("Notifications")
    expect(tab.page.get_by_role("main").get_by_role("button")).to_have_count(0)


def messages(tab):
    return tab.page.get_by_role("log").get_by_role("listitem")


def test_members_see_messages_as_text_at_once(visit, user, staff, room):
    ada, grace = (visit(member, f"/rooms/{room.pk}/") for member in (user, staff))
    field = ada.page.get_by_label("Message", exact=True)
    for tab in (ada, grace):
        wait_for_event(tab, "join")
    field.fill(HTML)
    field.press("Enter")

    for tab in (ada, grace):
        expect(messages(tab)).to_have_text([f"Ada now{HTML}"])
        assert tab.page.locator(".log b:not([data-name])").count() == 0
        assert tab.errors == []
    expect(field).to_have_value("")
    grace.page.reload()
    expect(messages(grace)).to_contain_text([HTML])


def test_a_message_that_is_posted_before_the_connection_is_shown_once(visit, user, room):
    post_message(room=room, author=user, text="before")

    waiting = []
    tab = visit(
        user, f"/rooms/{room.pk}/", lambda tab: tab.context.route("**/ws-ticket/", lambda route: waiting.append(route))
    )
    post_message(room=room, author=user, text="meanwhile")
    # One for the header, one for the room.
    wait_until(tab, lambda: len(waiting) == 2)
    for route in waiting:
        route.continue_()

    expect(messages(tab)).to_contain_text(["before", "meanwhile"])
    post_message(room=room, author=user, text="after")
    expect(messages(tab)).to_contain_text(["before", "meanwhile", "after"])


def test_a_message_that_is_not_sent_stays_in_the_form(visit, user, room):
    tab = visit(user, f"/rooms/{room.pk}/")
    wait_for_event(tab, "join")
    tab.context.route("**/messages/", lambda route: route.abort())
    field = tab.page.get_by_label("Message", exact=True)
    field.fill("Hello")
    field.press("Enter")

    expect(tab.page.get_by_role("status")).to_contain_text("The site does not answer.")
    expect(field).to_have_value("Hello")


def test_a_removed_member_is_told(visit, user, staff, room):
    tab = visit(staff, f"/rooms/{room.pk}/")
    wait_for_event(tab, "join")
    remove_member(member=room.members.get(user=staff), by=user)

    expect(tab.page.get_by_role("status")).to_have_text("You are not a member of this room any more.")


def test_a_room_works_without_javascript(visit, user, staff):
    ada, grace = (visit(member, "/rooms/", java_script_enabled=False) for member in (user, staff))
    ada.page.get_by_label("Name").fill("Launch")
    ada.page.get_by_role("button", name="Create a room").press("Enter")
    link = ada.page.get_by_label("Send them this link").input_value()
    ada.page.get_by_label("Message", exact=True).fill(HTML)
    ada.page.get_by_role("button", name="Send").press("Enter")
    wait_for(Message.objects.exists)

    grace.page.goto(link)
    grace.page.get_by_role("button", name="Join the room").press("Enter")
    expect(messages(grace)).to_contain_text([HTML.partition("\n")[0]])
    ada.page.reload()
    ada.page.get_by_role("button", name="Remove Grace").press("Enter")
    expect(ada.page.get_by_role("button", name="Remove Grace")).to_have_count(0)
    grace.page.goto(link)
    grace.page.get_by_role("button", name="Join the room").press("Enter")
    expect(grace.page.get_by_role("status")).to_have_text("This invitation has expired. Ask for a new one.")
    ada.page.get_by_role("button", name="Leave the room").press("Enter")
    expect(ada.page.get_by_text("You are in no room yet.")).to_be_visible()


def test_pages_fit_the_screen_and_have_enough_contrast(visit, user, staff, room):
    user.name = "A long name without a word that fits in the header of a phone"
    user.save()
    send(user, 25)
    mark_read(user=user, ids=send(user, 2))
    for number in range(60):
        post_message(room=room, author=[user, staff][number % 2], text="long" * 99)

    for variant in APPEARANCES:
        options = appearance(*variant)
        for address in ("/notifications/", f"/rooms/?invitation={invite(room=room)}", f"/rooms/{room.pk}/"):
            tab = visit(user, address, **options)
            expect(bell(tab)).to_be_in_viewport()
            assert (tab.width(), tab.low_contrast_texts()) == (options["viewport"]["width"], []), (variant, address)
            assert tab.errors == []
