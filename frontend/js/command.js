// The command menu: Ctrl-K (Command-K on a Mac) opens a search over records, pages and actions; all of it by keyboard.
import { csrfToken } from "./page.js";

const REMEMBERED = "recent";
const MOST = 8;
const WAIT = 150;

/** The search field of the top bar opens the menu; without scripts it is a form that leads to the search page. */
export function startCommand(form) {
    const onMac = /Mac|iPhone|iPad/.test(navigator.platform);
    const hint = form.querySelector("kbd");
    if (hint) hint.textContent = onMac ? "⌘K" : "Ctrl K";
    remember();
    const field = form.querySelector("input");
    field.addEventListener("mousedown", (event) => {
        event.preventDefault();
        open();
    });
    field.addEventListener("keydown", (event) => {
        if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) open();
    });
    document.addEventListener("keydown", (event) => {
        if (event.key.toLowerCase() !== "k" || !(onMac ? event.metaKey : event.ctrlKey)) return;
        event.preventDefault();
        open();
    });
}

/** The dialog itself: a combobox over a list of entries that the server draws. */
export function startCommandMenu(dialog) {
    const input = dialog.querySelector("input");
    const list = dialog.querySelector("[role=listbox]");
    let timer, asked = 0;
    input.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => fill(input, list, ++asked, () => asked), WAIT);
    });
    input.addEventListener("keydown", (event) => {
        const moves = { ArrowDown: 1, ArrowUp: -1 };
        if (event.key in moves) {
            event.preventDefault();
            move(input, list, moves[event.key]);
        } else if (event.key === "Enter" && !event.isComposing) {
            event.preventDefault();
            list.querySelector("[aria-selected=true]")?.click();
        }
    });
    list.addEventListener("click", (event) => act(event, dialog));
    dialog.addEventListener("click", (event) => {
        if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
    dialog.addEventListener("command:open", () => {
        input.value = "";
        list.replaceChildren();
        dialog.showModal();
        fill(input, list, ++asked, () => asked);
    });
}

function open() {
    const dialog = document.getElementById("command");
    if (dialog && !dialog.open) dialog.dispatchEvent(new Event("command:open"));
}

async function fill(input, list, number, newest) {
    const query = new URLSearchParams({ q: input.value });
    for (const each of recent()) query.append("recent", each);
    const answer = await fetch(`/search/menu?${query}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || number !== newest()) return;
    list.innerHTML = await answer.text();
    list.querySelectorAll("[role=option]").forEach((option, place) => {
        option.id = `command-${place}`;
        option.setAttribute("aria-selected", "false");
    });
    select(input, list, list.querySelector("[role=option]"));
}

function move(input, list, step) {
    const options = [...list.querySelectorAll("[role=option]")];
    const now = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    select(input, list, options[(now + step + options.length) % options.length]);
}

function select(input, list, option) {
    list.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    if (!option) {
        input.removeAttribute("aria-activedescendant");
        return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
}

function act(event, dialog) {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    const { post, name, value, press } = option.dataset;
    if (press) {
        event.preventDefault();
        dialog.close();
        document.querySelector(`[data-b~=${press}]`)?.click();
    } else if (post) {
        event.preventDefault();
        send(post, { csrf_token: csrfToken(), ...(name ? { [name]: value } : {}), next: location.pathname + location.search });
    }
}

function send(address, values) {
    const form = document.createElement("form");
    form.method = "post";
    form.action = address;
    for (const [name, value] of Object.entries(values)) {
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name, value });
        form.append(field);
    }
    document.body.append(form);
    form.submit();
}

/** Keep which records were opened here: only their ids, so that names are always read with today's rights. */
function remember() {
    const found = /^\/o\/([a-z][a-z0-9_]*)\/([0-9a-f-]{36})$/.exec(location.pathname);
    if (!found) return;
    const name = `${found[1]}/${found[2]}`;
    const kept = [name, ...recent().filter((each) => each !== name)].slice(0, MOST);
    localStorage.setItem(REMEMBERED, JSON.stringify(kept));
}

function recent() {
    try {
        const kept = JSON.parse(localStorage.getItem(REMEMBERED) ?? "[]");
        return Array.isArray(kept) ? kept : [];
    } catch {
        return [];
    }
}
