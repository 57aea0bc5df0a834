// Starts the preflight on the status page: a background task checks the site, and sends its results over a WebSocket.

// Milliseconds: until the page shows what is missing, until it stops waiting, and for one request.
const SLOW_AFTER = 6000;
const RUN_TIMEOUT = 60000;
const REQUEST_TIMEOUT = 8000;

const SIGNED_OUT = "You have been signed out. Reload this page to sign in again.";

const section = document.querySelector("[data-preflight]");
const button = section.querySelector("button");
const result = section.querySelector("[data-result]");
const steps = section.querySelector("[data-steps]");
const template = section.querySelector("[data-step]");

// The file name has a hash in production, so the page passes it.
const { Live } = await import(section.dataset.live);

class Run {
  #id = null;
  #updates = [];
  #isStarted = false;
  #isFinished = false;
  #missing;
  #slowTimer;
  #runTimer;
  #live;

  constructor() {
    button.disabled = true;
    steps.replaceChildren();
    showResult("Opening a WebSocket …");
    this.#waitFor("The WebSocket does not answer.");
    this.#runTimer = setTimeout(() => this.#finish(`${this.#missing} Given up after a minute.`), RUN_TIMEOUT);
    this.#live = new Live("/ws/updates/", { onEvent: this.#onEvent, onState: this.#onState });
  }

  // Updates are not stored: start the task when the WebSocket is open.
  #onState = (state) => {
    if (state === "open" && !this.#isStarted) this.#start();
    if (state === "signed out") this.#finish(SIGNED_OUT);
    if (state === "waiting" && this.#isStarted) this.#finish("The WebSocket closed before the result. Run it again.");
  };

  async #start() {
    this.#isStarted = true;
    showResult("Waiting for a worker …");
    this.#waitFor("No worker has started the task yet.");
    const response = await post(section.dataset.preflight);
    if (!response?.ok) return this.#finish(errorText(response));
    this.#id = (await response.json()).id;
    this.#updates.forEach(this.#show);
  }

  // In one process, the updates of the task come before the response with its id.
  #onEvent = ({ topic, data }) => {
    if (topic !== "preflight") return;
    if (this.#id === null) this.#updates.push(data);
    else this.#show(data);
  };

  #show = (data) => {
    if (this.#isFinished || data.id !== this.#id) return;
    if ("result" in data) {
      this.#finish(data.result, data.status);
      return;
    }
    showStep(data.name, data.status);
    showResult(`${data.step} of ${data.total}: ${data.name} is ${data.status}`);
    this.#waitFor("The worker does not answer any more.");
  };

  #waitFor(missing) {
    this.#missing = missing;
    clearTimeout(this.#slowTimer);
    this.#slowTimer = setTimeout(() => showResult(`${missing} Still waiting …`, "down"), SLOW_AFTER);
  }

  #finish(text, status = "down") {
    if (this.#isFinished) return;
    this.#isFinished = true;
    clearTimeout(this.#slowTimer);
    clearTimeout(this.#runTimer);
    this.#live.close();
    showResult(text, status);
    button.disabled = false;
    // A disabled button loses the focus.
    if (document.activeElement === document.body) button.focus({ preventScroll: true });
  }
}

async function post(url) {
  const token = section.querySelector("[name=csrfmiddlewaretoken]").value;
  try {
    return await fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT),
    });
  } catch {
    return null;
  }
}

function errorText(response) {
  if (!response) return "The site does not answer. Try again in a moment.";
  if (response.status === 401) return SIGNED_OUT;
  if (response.status === 403) return "You may not run the checks. Reload this page to sign in as staff.";
  if (response.status === 429) return `Too many requests. Try again in ${response.headers.get("Retry-After")} s.`;
  return `The site answered with an error (${response.status}). Try again in a moment.`;
}

// A task that lost its worker runs again, and sends the same steps again.
function showStep(name, status) {
  const known = [...steps.children].find((item) => item.dataset.name === name);
  const item = known ?? template.content.firstElementChild.cloneNode(true);
  item.dataset.name = name;
  item.dataset.status = status;
  item.querySelector("[data-name]").textContent = name;
  item.querySelector(".status").textContent = status;
  if (!known) steps.append(item);
}

function showResult(text, status = "") {
  result.dataset.status = status;
  result.textContent = text;
}

button.addEventListener("click", () => new Run());
button.disabled = false;
