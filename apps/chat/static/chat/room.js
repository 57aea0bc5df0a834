// Shows new messages of a room, and sends messages without a reload of the page.

const section = document.querySelector("[data-room]");
const list = section.querySelector("[data-messages]");
const template = section.querySelector("[data-template]");
const form = section.querySelector("form");
const field = form.querySelector("textarea");
const state = form.querySelector("[data-state]");

const STATES = {
  waiting: "Disconnected. New messages appear when the connection is back.",
  "signed out": "You have been signed out. Reload this page to sign in again.",
  closed: "You are not a member of this room any more.",
};
let isOpen = false;

// The file name has a hash in production, so the page passes it.
const { Live } = await import(section.dataset.live);
new Live(`/ws/chat/${section.dataset.room}/`, {
  since: Number(list.lastElementChild?.dataset.id ?? 0),
  onEvent: (event) => event.type === "message" && add(event),
  onState: (name) => {
    isOpen = name === "open";
    if (name !== "connecting") state.textContent = STATES[name] ?? "";
  },
});

function add({ id, author, name, text, sent_at: sentAt }) {
  const item = template.content.firstElementChild.cloneNode(true);
  const label = item.querySelector("[data-name]");
  label.textContent = name || "Deleted account";
  label.classList.toggle("own", String(author) === section.dataset.user);
  item.querySelector("time").dateTime = sentAt;
  item.querySelector(".body").textContent = text;
  item.dataset.id = id;
  list.append(item);
}

// Without a connection, the form reloads the page, which then shows all messages.
form.addEventListener("submit", async (event) => {
  if (!isOpen) return;
  event.preventDefault();
  const text = field.value;
  state.textContent = "";
  const error = await send(text);
  if (error) state.textContent = error;
  else if (field.value === text) field.value = "";
});

async function send(text) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  try {
    const response = await fetch(section.dataset.api, {
      method: "POST",
      headers,
      body: JSON.stringify({ text }),
      signal: AbortSignal.timeout(8000),
    });
    return response.ok ? "" : `The message was not sent. ${(await response.json()).error.message}`;
  } catch {
    return "The message may not have been sent. The site does not answer.";
  }
}

// Enter sends, as in other chats. Shift and Enter starts a new line.
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
