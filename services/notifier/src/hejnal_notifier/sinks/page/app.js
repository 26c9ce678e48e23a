// Live list of what arrived at the simulated devices. Plain DOM, text nodes only: messages are never parsed as HTML.
const CHANNEL_NAMES = { push: "Powiadomienie", email: "E-mail", sms: "SMS", webhook: "Webhook" };
const REFRESH_MS = 1000;
const SHOWN_LIMIT = 200;

const list = document.querySelector("#list");
const template = document.querySelector("#card");
const state = document.querySelector("#state");
const counts = document.querySelector("#counts");
const filter = document.querySelector("#filter");
const clock = new Intl.DateTimeFormat("pl-PL", { dateStyle: "short", timeStyle: "medium", timeZone: "Europe/Warsaw" });
const plural = new Intl.PluralRules("pl-PL");
const NEW_WORDS = { one: "nowa wiadomość", few: "nowe wiadomości", many: "nowych wiadomości", other: "nowych wiadomości" };

let lastId = 0;
let generation = 0;
let wake = () => {};

function contentOf(message) {
  if (message.channel !== "push") return { text: message.text, details: {} };
  try {
    const { title, body, ...details } = JSON.parse(message.text);
    return { text: body ?? "", details };
  } catch {
    return { text: message.text, details: {} };
  }
}

function card(message) {
  const item = template.content.firstElementChild.cloneNode(true);
  const { text, details } = contentOf(message);
  item.classList.add(message.channel);
  item.querySelector(".channel").textContent = CHANNEL_NAMES[message.channel];
  item.querySelector(".to").textContent = `do ${message.headers.label ?? message.to}`;
  const time = item.querySelector("time");
  time.dateTime = message.at;
  time.textContent = clock.format(new Date(message.at));
  item.querySelector(".repeat").hidden = !message.repeat;
  item.querySelector("h2").textContent = message.subject;
  item.querySelector(".text").textContent = text;
  const definitions = item.querySelector("dl");
  for (const [name, value] of Object.entries({ odbiorca: message.to, ...message.headers, ...details })) {
    const term = document.createElement("dt");
    const description = document.createElement("dd");
    term.textContent = name;
    description.textContent = typeof value === "string" ? value : JSON.stringify(value);
    definitions.append(term, description);
  }
  const link = item.querySelector(".html");
  link.hidden = !message.html_url;
  if (message.html_url) link.href = message.html_url;
  return item;
}

async function refresh() {
  const mine = generation;
  const wanted = new FormData(filter);
  const query = new URLSearchParams({ channel: wanted.get("channel"), to: wanted.get("to"), since: String(lastId) });
  const [messagesReply, countsReply] = await Promise.all([fetch(`/api/messages?${query}`), fetch("/api/counts")]);
  const page = await messagesReply.json();
  const totals = await countsReply.json();
  if (mine !== generation) return;
  const first = lastId === 0;
  if (page.last_id < lastId) list.replaceChildren();
  lastId = page.last_id;
  for (const message of page.messages.slice(-SHOWN_LIMIT)) list.prepend(card(message));
  while (list.childElementCount > SHOWN_LIMIT) list.lastElementChild.remove();
  counts.textContent = Object.entries(CHANNEL_NAMES)
    .map(([channel, name]) => `${name}: ${totals[channel].shown}`)
    .join(" · ");
  if (list.childElementCount === 0) state.textContent = "Jeszcze nic nie dotarło. Lista odświeża się sama.";
  else if (first) state.textContent = "";
  else if (page.messages.length > 0) state.textContent = `${page.messages.length} ${NEW_WORDS[plural.select(page.messages.length)]}`;
}

async function loop() {
  for (;;) {
    try {
      await refresh();
    } catch {
      state.textContent = "Nie mam połączenia z symulatorem. Próbuję dalej.";
    }
    await new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, REFRESH_MS);
    });
  }
}

filter.addEventListener("submit", (event) => event.preventDefault());
filter.addEventListener("input", () => {
  generation += 1;
  lastId = 0;
  list.replaceChildren();
  wake();
});
loop();
