// Keeps the launch board up to date while somebody looks at it. Without this script, a reload does the same.

// Milliseconds: between two questions, at most between them while nobody answers, and to wait for an answer.
const PACE = 3000;
const SLOWEST = 30000;
const PATIENCE = 8000;

const board = document.querySelector("[data-board]");
const headline = document.querySelector("[data-headline]");
const live = document.querySelector("[data-live]");
const list = document.querySelector("[data-parts]");
const blank = document.querySelector("[data-blank]");

let timer;
let asking = false;
let misses = 0;

async function ask() {
  if (asking || document.hidden) return;
  asking = true;
  clearTimeout(timer);
  let pause = PACE;
  try {
    const answer = await fetch(board.dataset.board, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(`${board.dataset.site} answers with an error`, { cause: answer.status });
    show(await answer.json());
    misses = 0;
  } catch (error) {
    pause = Math.min(PACE * 2 ** misses, SLOWEST);
    misses += 1;
    complain(error, pause);
  }
  asking = false;
  timer = setTimeout(ask, pause);
}

function show({ headline: words, parts }) {
  document.documentElement.classList.remove("silent");
  say(headline, words);
  say(live, `Live, checked at ${clock(0)}`);
  list.replaceChildren(...parts.map(row));
}

function row(part) {
  const found = [...list.children].find((item) => item.dataset.name === part.name);
  const item = found ?? blank.content.firstElementChild.cloneNode(true);
  item.classList.toggle("changed", item.dataset.status !== part.status);
  item.dataset.name = part.name;
  item.dataset.status = part.status;
  say(item.querySelector("h3"), part.name);
  for (const place of item.querySelectorAll("[data-show]")) say(place, part[place.dataset.show]);
  return item;
}

function complain(error, pause) {
  document.documentElement.classList.add("silent");
  if (error.cause === 404) {
    say(headline, "You have been signed out");
    say(live, "Reload this page to sign in again.");
  } else {
    say(headline, error.cause ? error.message : `${board.dataset.site} does not answer`);
    say(live, `What you see below is old. Trying again at ${clock(pause)}`);
  }
}

// Screen readers read what is written, even when it was there before.
function say(place, words) {
  if (place.textContent !== words) place.textContent = words;
  if (place === headline) document.title = `${words} · ${board.dataset.site}`;
}

function clock(later) {
  return new Date(Date.now() + later).toLocaleTimeString();
}

document.addEventListener("visibilitychange", ask);
window.addEventListener("online", ask);
ask();
