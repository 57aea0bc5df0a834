// A WebSocket that reconnects and requests the events that it missed. See docs/live.md for the events.
//
//   const live = new Live("/ws/notifications/", { onEvent, onState });
//
// A page that shows older events passes the id of the last one as `since`, and receives the next ones.

// Milliseconds before the first and between later attempts to reconnect.
const MIN_DELAY = 500;
const MAX_DELAY = 30000;
// Close codes: do not reconnect, or reconnect later.
const FINAL_CODES = new Set([4401, 4403]);
const LATER_CODES = new Set([4429, 4500]);
// Milliseconds until a refused request for missed events is sent again.
const RETRY_DELAY = 2000;

export class Live {
  #path;
  #onEvent;
  #onState;
  #ticketUrl;
  #socket = null;
  #timer = null;
  #attempts = 0;
  #isClosed = false;
  #replayed = new Set();
  #lastId = null;
  #requestedId = null;
  #retryTimer = null;
  #waiting = null;
  #knownIds = new Set();

  constructor(
    path,
    { onEvent = () => {}, onState = () => {}, since = null, ticketUrl = "/api/v1/auth/ws-ticket/" } = {},
  ) {
    this.#path = path;
    this.#lastId = since;
    this.#onEvent = onEvent;
    this.#onState = onState;
    this.#ticketUrl = ticketUrl;
    window.addEventListener("online", this.#reconnectNow);
    this.#connect();
  }

  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.#stop("closed");
    this.#socket?.close(1000);
  }

  #connect = async () => {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#onState("connecting");
    try {
      const url = await this.#socketUrl();
      if (this.#isClosed) return;
      this.#open(new WebSocket(url));
    } catch (error) {
      if (error.cause === 401 || error.cause === 403) this.#stop("signed out");
      else this.#reconnectLater();
    }
  };

  async #socketUrl() {
    const response = await fetch(this.#ticketUrl, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken() },
      signal: AbortSignal.timeout(8000),
    });
    if (!response.ok) throw new Error("The request for a ticket failed", { cause: response.status });
    const { ticket, url } = await response.json();
    return `${url}${this.#path}?ticket=${encodeURIComponent(ticket)}`;
  }

  #open(socket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (this.#isClosed) return;
      if (FINAL_CODES.has(code)) this.#stop(code === 4401 ? "signed out" : "closed");
      else this.#reconnectLater(LATER_CODES.has(code) ? MAX_DELAY : 0);
    };
  }

  #receive(event) {
    if (event.type === "ready") this.#start(event);
    else if (event.type === "missed") this.#catchUp(event);
    else if (event.type === "error") this.#handleError(event);
    else if (this.#waiting) this.#waiting.push(event);
    else this.#emit(event);
  }

  #start(event) {
    this.#attempts = 0;
    this.#waiting = null;
    this.#replayed = new Set(event.replays);
    this.#onState("open");
    this.#onEvent(event);
    if (this.#lastId === null) this.#lastId = event.last;
    else if (event.last) this.#requestSince(this.#lastId);
  }

  // Other events wait for the answer, so that all events come in order.
  #requestSince(id) {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    this.#waiting ??= [];
    this.#requestedId = id;
    this.send({ type: "since", id });
  }

  // The server may have refused the request for missed events: without an answer, all other events would wait forever.
  #handleError(event) {
    this.#onEvent(event);
    if (!this.#waiting) return;
    const retry = () => this.#waiting && this.#requestSince(this.#requestedId);
    this.#retryTimer ??= setTimeout(retry, RETRY_DELAY * (1 + Math.random()));
  }

  #catchUp({ items, more }) {
    items.forEach((event) => this.#emit(event));
    if (more) {
      this.#requestSince(items.at(-1).id);
      return;
    }
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    waiting.forEach((event) => this.#emit(event));
  }

  #emit(event) {
    if (event.type === "unread") event.items.forEach(({ id }) => this.#isNew(id));
    if (!this.#replayed.has(event.type) || this.#isNew(event.id)) this.#onEvent(event);
  }

  #isNew(id) {
    if (this.#knownIds.has(id)) return false;
    this.#knownIds.add(id);
    if (this.#knownIds.size > 1000) this.#knownIds.delete(this.#knownIds.values().next().value);
    this.#lastId = Math.max(this.#lastId, id);
    return true;
  }

  // The delay grows, and is random: many clients must not reconnect at the same moment.
  #reconnectLater(minimum = 0) {
    const delay = Math.max(minimum, Math.min(MAX_DELAY, MIN_DELAY * 2 ** this.#attempts)) * (0.5 + Math.random());
    this.#attempts += 1;
    this.#onState("waiting");
    this.#timer = setTimeout(this.#connect, delay);
  }

  #reconnectNow = () => {
    if (this.#timer !== null) this.#connect();
  };

  #stop(state) {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    window.removeEventListener("online", this.#reconnectNow);
    this.#onState(state);
  }
}

// The cookie is not readable by scripts: the page has the token in a form or in a meta element.
function csrfToken() {
  const element = document.querySelector("[name=csrfmiddlewaretoken], meta[name=csrf-token]");
  return element?.value ?? element?.content ?? "";
}
