// A WebSocket that comes back by itself and asks for what it missed. docs/live.md tells what it may hear.
//
//   const live = new Live("/ws/notifications/", { onEvent, onState });

// Milliseconds: the first pause, and the longest.
const PAUSE = 500;
const LONGEST = 30000;
// Signed out, or not a member: coming back would not help.
const FINAL = new Set([4401, 4403]);
const LATER = new Set([4429, 4500]);
// Events that carry a rising id, by which the server knows what was missed.
const KEPT = new Set(["notification", "message"]);

export class Live {
  #path;
  #onEvent;
  #onState;
  #ticketUrl;
  #socket = null;
  #timer = null;
  #tries = 0;
  #stopped = false;
  #last = null;
  #held = null;
  #known = new Set();

  constructor(path, { onEvent = () => {}, onState = () => {}, ticketUrl = "/api/v1/auth/ws-ticket/" } = {}) {
    this.#path = path;
    this.#onEvent = onEvent;
    this.#onState = onState;
    this.#ticketUrl = ticketUrl;
    window.addEventListener("online", this.#hurry);
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
      const address = await this.#address();
      if (this.#stopped) return;
      this.#listen(new WebSocket(address));
    } catch (error) {
      if (error.cause === 401 || error.cause === 403) this.#stop("signed out");
      else this.#wait();
    }
  };

  async #address() {
    const answer = await fetch(this.#ticketUrl, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken() },
      signal: AbortSignal.timeout(8000),
    });
    if (!answer.ok) throw new Error("There is no ticket", { cause: answer.status });
    const { ticket, url } = await answer.json();
    return `${url}${this.#path}?ticket=${encodeURIComponent(ticket)}`;
  }

  #listen(socket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (this.#stopped) return;
      if (FINAL.has(code)) this.#stop(code === 4401 ? "signed out" : "closed");
      else this.#wait(LATER.has(code) ? LONGEST : 0);
    };
  }

  #hear(event) {
    if (event.type === "ready") this.#begin(event);
    else if (event.type === "missed") this.#catchUp(event);
    else if (this.#held) this.#held.push(event);
    else this.#tell(event);
  }

  #begin(event) {
    this.#tries = 0;
    this.#held = null;
    this.#onState("open");
    this.#onEvent(event);
    if (this.#last === null) this.#last = event.last;
    else if (event.last) this.#ask(this.#last);
  }

  // Until the answer has come, the rest waits: what was missed comes first, and as if it had come in time.
  #ask(id) {
    this.#held ??= [];
    this.send({ type: "since", id });
  }

  #catchUp({ items, more }) {
    const type = this.#path.startsWith("/ws/chat/") ? "message" : "notification";
    for (const item of items) this.#tell({ type, ...item });
    if (more) {
      this.#ask(items.at(-1).id);
      return;
    }
    const held = this.#held ?? [];
    this.#held = null;
    held.forEach((event) => this.#tell(event));
  }

  #tell(event) {
    if (event.type === "unread") this.#startWith(event);
    else if (!KEPT.has(event.type) || this.#isNew(event.id)) this.#onEvent(event);
  }

  #startWith(event) {
    for (const { id } of event.items) this.#isNew(id);
    this.#onEvent(event);
  }

  #isNew(id) {
    if (this.#known.has(id)) return false;
    this.#known.add(id);
    if (this.#known.size > 1000) this.#known.delete(this.#known.values().next().value);
    this.#last = Math.max(this.#last, id);
    return true;
  }

  // Longer each time, and not all at the same moment: a server that comes back must not be run over.
  #wait(least = 0) {
    const pause = Math.max(least, Math.min(LONGEST, PAUSE * 2 ** this.#tries)) * (0.5 + Math.random());
    this.#tries += 1;
    this.#onState("waiting");
    this.#timer = setTimeout(this.#connect, pause);
  }

  #hurry = () => {
    if (this.#timer !== null) this.#connect();
  };

  #stop(state) {
    this.#stopped = true;
    clearTimeout(this.#timer);
    window.removeEventListener("online", this.#hurry);
    this.#onState(state);
  }
}

// The cookie is hidden from scripts: a page that posts has the token in a form or a meta element.
function csrfToken() {
  const place = document.querySelector("[name=csrfmiddlewaretoken], meta[name=csrf-token]");
  return place?.value ?? place?.content ?? "";
}
