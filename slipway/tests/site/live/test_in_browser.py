"""live.js in a browser, with the server of production."""

import json
import time

import pytest

from apps.chat.models import Message
from apps.chat.services import create_room, post_message
from apps.live.consumer import MAX_MESSAGES
from apps.live.events import MAX_ITEMS
from apps.live.middleware import MAX_SOCKETS
from apps.live.models import Ticket
from apps.notifications.services import notify
from slipway.tests.site.live.client import Client
from slipway.tests.site.live.daphne import SINGLE_PROCESS, daphne
from slipway.tests.site.serving.collected import for_a_browser
from slipway.tests.site.serving.server import free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.redis,
]
PATH = "/ws/notifications/"

CONNECT = """async ([address, path]) => {
  const { Live } = await import(address);
  window.states = [];
  window.received = [];
  new Live(path, { onEvent: (event) => received.push(event), onState: (state) => states.push(state) });
}"""


@pytest.fixture
def serve(database_url, collected, tmp_path):
    """Starts the site, always on the same port."""
    environment = {**for_a_browser(collected, database_url), "PORT": str(free_port())}
    return lambda: daphne(log=tmp_path / "log", command=SINGLE_PROCESS, **environment)


class Listener:
    """A page of the site that uses live.js."""

    def __init__(self, tab, user, collected, path):
        tab.page.clock.install()
        # The header of each page has a WebSocket of its own.
        tab.context.route("**/bell.*.js", lambda route: route.abort())
        tab.sign_in(user)
        tab.page.goto("/confirm-email/?token=x")
        self.page = tab.page
        self.tickets = 0
        self.page.on("request", self.count)
        names = json.loads((collected / "staticfiles.json").read_text())["paths"]
        self.page.evaluate(CONNECT, [f"/static/{names['live/live.js']}", path])

    def count(self, request):
        self.tickets += "ws-ticket" in request.url

    def wait_until(self, is_done):
        # wait_for_function uses eval, which the Content-Security-Policy forbids.
        deadline = time.monotonic() + 20
        while not (is_done() if callable(is_done) else self.page.evaluate(is_done)):
            assert time.monotonic() < deadline, self.page.evaluate("JSON.stringify({ states, received })")
            self.page.wait_for_timeout(50)

    def wait_for_state(self, state):
        self.wait_until(f"states.at(-1) === '{state}'")

    def ids(self, kind):
        return self.page.evaluate("kind => received.filter(({ type }) => type === kind).map(({ id }) => id)", kind)

    def notified(self):
        return self.ids("notification")

    def pass_time(self, seconds):
        self.page.clock.run_for(seconds * 1000)


@pytest.fixture
def listen(new_tab, user, collected):
    return lambda server, path=PATH: Listener(new_tab(f"http://127.0.0.1:{server.port}"), user, collected, path)


def send(user, text):
    return notify(user=user, kind="comment", text=text).pk


def test_after_a_restart_of_the_server_each_event_is_received_once(serve, listen, user):
    with serve() as server:
        page = listen(server)
        page.wait_until("received.some(({ type }) => type === 'unread')")
        before = send(user, "before")
        page.wait_until("received.at(-1).text === 'before'")
        server.process.kill()
        page.wait_for_state("waiting")
    meanwhile = [send(user, f"meanwhile {number}") for number in range(60)]
    with serve():
        page.wait_for_state("open")
        after = send(user, "after")
        page.wait_until("received.some(({ text }) => text === 'after')")
        page.wait_until("received.filter(({ type }) => type === 'unread').length === 2")

        assert page.notified() == [before, *meanwhile, after]


def test_a_client_that_was_refused_while_it_caught_up_receives_all_messages(serve, listen, user):
    room = create_room(name="Launch", owner=user)
    with serve() as server:
        page = listen(server, f"/ws/chat/{room.pk}/")
        page.wait_for_state("open")
        known = post_message(room=room, author=user, text="known").pk
        page.wait_until("received.at(-1).text === 'known'")
        server.process.kill()
        page.wait_for_state("waiting")
    # More pages than the limit allows at once.
    missed = [Message(room=room, author=user, text="missed") for _ in range(2 * MAX_MESSAGES * MAX_ITEMS)]
    missed_ids = [message.pk for message in Message.objects.bulk_create(missed)]
    with serve():
        page.wait_until("received.some(({ code }) => code === 'too_fast')")
        page.wait_until(lambda: page.pass_time(1) or len(page.ids("message")) > len(missed))
        last = post_message(room=room, author=user, text="last").pk
        page.wait_until("received.at(-1).text === 'last'")

        assert page.ids("message") == [known, *missed_ids, last]


def test_a_client_that_is_signed_out_does_not_reconnect(serve, listen, user):
    with serve() as server:
        page = listen(server)
        page.wait_for_state("open")
        user.is_active = False
        user.save()
        page.wait_for_state("signed out")
        page.page.evaluate("window.dispatchEvent(new Event('online'))")
        page.pass_time(300)

        assert page.tickets == 1


def test_a_client_over_the_limit_reconnects_much_later(serve, listen, user):
    with serve() as server:
        for _ in range(MAX_SOCKETS):
            Client(server.port, f"{PATH}?ticket={Ticket.objects.issue(user=user)}").receive("ready")
        page = listen(server)
        page.wait_for_state("waiting")
        for client in Client.opened:
            client.close()
        page.wait_until(lambda: len([line for line in server.lines() if line.get("method") == "WS"]) > MAX_SOCKETS)
        waited = 0
        while page.tickets == 1:
            page.pass_time(1)
            waited += 1
        page.wait_for_state("open")

        assert 15 <= waited <= 46
        assert page.tickets == 2
