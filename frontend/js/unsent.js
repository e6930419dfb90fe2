// What could not be sent yet: kept in the browser's database, shown, sent again when the network is back.
import { announce, csrfToken, text } from "./page.js";
import { signInAgain } from "./session.js";
import { showToast } from "./toast.js";

const STORE = "posts";
const RETRY_SECONDS = 20;

function opened() {
    return new Promise((resolve, reject) => {
        const request = indexedDB.open("unsent", 1);
        request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}

async function stored(mode, act) {
    const database = await opened();
    try {
        return await new Promise((resolve, reject) => {
            const request = act(database.transaction(STORE, mode).objectStore(STORE));
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        });
    } finally {
        database.close();
    }
}

const person = () => document.getElementById("unsent")?.dataset.person ?? "";
const keep = (post) => stored("readwrite", (store) => store.put(post));
const forget = (key) => stored("readwrite", (store) => store.delete(key));

/** Return what waits, the oldest first; only what this person wrote. */
async function waiting() {
    const all = await stored("readonly", (store) => store.getAll());
    return all.filter((post) => post.person === person()).sort((a, b) => a.at - b.at);
}

/** Return a key under which the server carries a post out once. */
function newKey() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Send a form's data, pictures too, to `url`; `about` says in the list what it is. Resolves to "sent", "waits" (no connection) or
 * {refused: reason}: the server looked at it and said no.
 */
export async function post(url, body, about) {
    const entry = { key: newKey(), url, body: [...body.entries()], about, person: person(), at: Date.now() };
    await keep(entry);
    const outcome = await send(entry);
    if (outcome.refused) await forget(entry.key);
    await show();
    return outcome.sent ? "sent" : outcome.refused ? outcome : "waits";
}

/** Return what a request sends of [name, value or file] pairs: files make it a form of parts. */
function packed(pairs) {
    const withFiles = pairs.some(([, value]) => value instanceof File);
    const body = withFiles ? new FormData() : new URLSearchParams();
    for (const [name, value] of pairs) body.append(name, value);
    return body;
}

async function send(entry) {
    let answer;
    try {
        answer = await fetch(entry.url, {
            method: "POST",
            body: packed(entry.body),
            headers: {
                "HX-Request": "true",
                "Idempotency-Key": entry.key,
                "X-CSRFToken": csrfToken(),
            },
        });
    } catch {
        return {};
    }
    if (answer.ok) {
        await forget(entry.key);
        document.body.dispatchEvent(new Event("timeline:refresh"));
        return { sent: true };
    }
    if (answer.status === 401) {
        signInAgain(() => retry());
        return {};
    }
    if (answer.status >= 500 || answer.status === 400 || answer.status === 429) return {};
    const told = await answer.json().catch(() => ({}));
    return { refused: told.detail || text("refused") };
}

let running = false;

/** Send everything that waits, one after the other, until one finds no connection. */
async function retry() {
    if (running) return;
    running = true;
    try {
        for (const entry of await waiting()) {
            const outcome = await send(entry);
            if (outcome.sent) announce(text("sent"));
            else if (outcome.refused) await keep({ ...entry, why: outcome.refused });
            else break;
        }
    } finally {
        running = false;
    }
    await show();
}

async function show() {
    const box = document.getElementById("unsent");
    if (!box) return;
    const posts = await waiting();
    const list = box.querySelector("ul");
    const row = box.querySelector("template");
    box.hidden = posts.length === 0 && navigator.onLine;
    box.querySelector("[data-state]").textContent = navigator.onLine ? `${text("notSent")}: ${posts.length}` : text("noConnection");
    box.querySelector("[data-retry]").hidden = posts.length === 0;
    list.replaceChildren(
        ...posts.map((entry) => {
            const line = row.content.cloneNode(true).firstElementChild;
            line.querySelector(".unsent-words").textContent = entry.about;
            line.querySelector("[data-why]").textContent = entry.why ?? "";
            line.querySelector("[data-discard]").addEventListener("click", async () => {
                await forget(entry.key);
                await show();
            });
            return line;
        }),
    );
}

/** The box of the frame that lists what waits; it is also where the page says that there is no connection. */
export function startUnsent(box) {
    if (!box.dataset.person || !("indexedDB" in window)) return;
    const failed = () => showToast(text("failed"), { bad: true });
    box.querySelector("[data-retry]").addEventListener("click", () => retry().catch(failed));
    window.addEventListener("online", () => retry());
    window.addEventListener("offline", () => show());
    setInterval(async () => {
        if (!box.hidden && navigator.onLine) await retry();
    }, RETRY_SECONDS * 1000);
    retry().catch(() => {}); // a browser that keeps nothing has nothing to send
}
