// Updates the status page every few seconds while it is visible. Without JavaScript, reload the page.

// Milliseconds: between two requests, at most between two after errors, and until a request times out.
const INTERVAL = 3000;
const MAX_INTERVAL = 30000;
const REQUEST_TIMEOUT = 8000;

const page = document.querySelector("[data-status-url]").dataset;
const summary = document.querySelector("[data-summary]");
const updated = document.querySelector("[data-updated]");
const list = document.querySelector("[data-services]");
const template = document.querySelector("[data-service-template]");

let timer;
let isUpdating = false;
let failures = 0;

async function update() {
  if (isUpdating || document.hidden) return;
  isUpdating = true;
  clearTimeout(timer);
  let pause = INTERVAL;
  try {
    const response = await fetch(page.statusUrl, { cache: "no-store", signal: AbortSignal.timeout(REQUEST_TIMEOUT) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`, { cause: response.status });
    showServices(await response.json());
    failures = 0;
  } catch (error) {
    pause = Math.min(INTERVAL * 2 ** failures, MAX_INTERVAL);
    failures += 1;
    showError(error.cause, pause);
  }
  isUpdating = false;
  timer = setTimeout(update, pause);
}

function showServices({ summary: text, services }) {
  document.documentElement.classList.remove("offline");
  setText(summary, text);
  setText(updated, `Last update at ${formatTime(0)}`);
  list.replaceChildren(...services.map(row));
}

function row(service) {
  const existing = [...list.children].find((item) => item.dataset.name === service.name);
  const item = existing ?? template.content.firstElementChild.cloneNode(true);
  item.classList.toggle("changed", item.dataset.status !== service.status);
  item.dataset.name = service.name;
  item.dataset.status = service.status;
  setText(item.querySelector("h3"), service.name);
  for (const element of item.querySelectorAll("[data-field]")) setText(element, service[element.dataset.field]);
  return item;
}

function showError(status, pause) {
  document.documentElement.classList.add("offline");
  if (status === 404) {
    setText(summary, "You have been signed out");
    setText(updated, "Reload this page to sign in again.");
  } else {
    setText(summary, status ? `${page.site} answers with error ${status}` : `${page.site} does not answer`);
    setText(updated, `The statuses below are outdated. Next update at ${formatTime(pause)}`);
  }
}

// Screen readers read an element again whenever its text is set.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
  if (element === summary) document.title = `${text} · ${page.site}`;
}

function formatTime(delay) {
  return new Date(Date.now() + delay).toLocaleTimeString();
}

document.addEventListener("visibilitychange", update);
window.addEventListener("online", update);
update();
