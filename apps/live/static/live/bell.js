// Updates the number of unread notifications in the header.

const script = document.querySelector("script[data-bell]");
const badge = document.querySelector("[data-unread]");

// The ids of the newest unread notifications, and the number of the older ones, which the server does not list.
const unread = new Set();
let older = 0;
let oldestId = 0;
let lastId = 0;

// The file name has a hash in production, so the page passes it.
const { Live } = await import(script.dataset.live);
new Live("/ws/notifications/", { onEvent: update });

function update(event) {
  if (event.type === "ready") lastId = event.last;
  else if (event.type === "unread") list(event);
  else if (event.type === "notification" && !event.read_at && event.id > oldestId) unread.add(event.id);
  else if (event.type === "read" && event.ids) event.ids.forEach(remove);
  else if (event.type === "read") clear();
  if (event.type !== "ready") show(unread.size + older);
}

// Notifications that came after `ready` may be missing in the list.
function list({ items, total }) {
  unread.forEach((id) => id <= lastId && unread.delete(id));
  items.forEach(({ id }) => unread.add(id));
  older = total - items.length;
  oldestId = older ? items.at(-1).id : 0;
}

function remove(id) {
  if (!unread.delete(id) && id < oldestId) older -= 1;
}

function clear() {
  unread.clear();
  older = oldestId = 0;
}

function show(number) {
  badge.querySelector("[data-number]").textContent = number;
  badge.hidden = !number;
}
