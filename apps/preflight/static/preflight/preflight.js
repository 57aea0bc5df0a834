// Runs the preflight from the launch board: a task checks the site, and tells of it over the WebSocket.

// Milliseconds: until somebody should have been heard, for which anybody is waited for, and for one answer.
const SOON = 6000;
const LONGEST = 60000;
const PATIENCE = 8000;

const SIGNED_OUT = "You have been signed out. Reload this page to sign in again.";

const place = document.querySelector("[data-preflight]");
const button = place.querySelector("button");
const said = place.querySelector("[data-said]");
const list = place.querySelector("[data-steps]");
const blank = place.querySelector("[data-blank]");

// In production its name holds a hash, which only the server knows.
const { Live } = await import(place.dataset.live);

class Run {
  #id = null;
  #early = [];
  #isAsked = false;
  #isOver = false;
  #lack;
  #soon;
  #longest;
  #live;

  constructor() {
    button.disabled = true;
    list.replaceChildren();
    say("Opening a WebSocket …");
    this.#miss("The WebSocket does not answer.");
    this.#longest = setTimeout(() => this.#end(`${this.#lack} Given up after a minute.`), LONGEST);
    this.#live = new Live("/ws/updates/", { onEvent: this.#hear, onState: this.#watch });
  }

  // Nothing is kept for those who were not listening: the task is asked for when the socket is open.
  #watch = (state) => {
    if (state === "open" && !this.#isAsked) this.#ask();
    if (state === "signed out") this.#end(SIGNED_OUT);
    if (state === "waiting" && this.#isAsked) this.#end("The WebSocket was lost before the result came. Run it again.");
  };

  async #ask() {
    this.#isAsked = true;
    say("Waiting for a worker …");
    this.#miss("No worker has taken the task yet.");
    const answer = await post(place.dataset.preflight);
    if (!answer?.ok) return this.#end(refusal(answer));
    this.#id = (await answer.json()).id;
    this.#early.forEach(this.#show);
  }

  // Where one process does everything, the task is done before the answer tells its id.
  #hear = ({ topic, data }) => {
    if (topic !== "preflight") return;
    if (this.#id === null) this.#early.push(data);
    else this.#show(data);
  };

  #show = (data) => {
    if (this.#isOver || data.id !== this.#id) return;
    if ("result" in data) {
      this.#end(data.result, data.status);
      return;
    }
    row(data.name, data.status);
    say(`${data.step} of ${data.total}: ${data.name} is ${data.status}`);
    this.#miss("The worker has fallen silent.");
  };

  #miss(lack) {
    this.#lack = lack;
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => say(`${lack} Still waiting …`, "down"), SOON);
  }

  #end(words, status = "down") {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#soon);
    clearTimeout(this.#longest);
    this.#live.close();
    say(words, status);
    button.disabled = false;
    // A button that was disabled has lost the keyboard.
    if (document.activeElement === document.body) button.focus({ preventScroll: true });
  }
}

async function post(address) {
  const token = place.querySelector("[name=csrfmiddlewaretoken]").value;
  try {
    return await fetch(address, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    return null;
  }
}

function refusal(answer) {
  if (!answer) return "The site does not answer. Try again in a moment.";
  if (answer.status === 401 || answer.status === 403) return SIGNED_OUT;
  if (answer.status === 429) return `You did this too often. Try again in ${answer.headers.get("Retry-After")} s.`;
  return `The site answered with an error (${answer.status}). Try again in a moment.`;
}

// A task that lost its worker runs again, and tells the same again.
function row(name, status) {
  const known = [...list.children].find((item) => item.dataset.name === name);
  const item = known ?? blank.content.firstElementChild.cloneNode(true);
  item.dataset.name = name;
  item.dataset.status = status;
  item.querySelector("[data-name]").textContent = name;
  item.querySelector(".status").textContent = status;
  if (!known) list.append(item);
}

function say(words, status = "") {
  said.dataset.status = status;
  said.textContent = words;
}

button.addEventListener("click", () => new Run());
button.disabled = false;
