// Moving cards of a board by pointer, keyboard or menu; the server decides, a refused card goes back with the reason.
import Dropdown from "bootstrap/js/dist/dropdown";
import Sortable from "sortablejs";

import { openDialog } from "./dialog.js";
import { announce, csrfToken, text } from "./page.js";
import { showToast } from "./toast.js";

/** What is in the air or waits for a dialog: the card, where it came from, and what stood after it. */
const origins = new WeakMap();

/**
 * `[data-b=board data-url data-heads]` holds `.board-cards[data-state data-label data-ways]` with
 * `.board-card[data-id data-name]`. A move posts `{id, to}` to data-url, which answers `{columns}`, `{dialog}` or
 * `{detail}`. Keyboard: Space lifts a card, the arrows move it, Space drops it, Escape takes it back.
 */
export function start(board) {
    startTabs(board);
    tellOfMore(board);
    if ("fixed" in board.dataset) return;
    const lists = [...board.querySelectorAll(".board-cards")];
    for (const list of lists) {
        Sortable.create(list, {
            animation: 150,
            delay: 120,
            delayOnTouchOnly: true,
            draggable: ".board-card",
            filter: "button",
            ghostClass: "board-ghost",
            group: "board",
            preventOnFilter: false,
            onStart: ({ item }) => showWays(board, item),
            onEnd: ({ item, from, oldDraggableIndex }) => {
                hideWays(board);
                if (item.parentElement === from) return;
                const cards = [...from.querySelectorAll(".board-card")];
                origins.set(item, { from, before: cards[oldDraggableIndex] ?? from.querySelector(".board-more") });
                moved(board, item);
            },
        });
    }
    board.addEventListener("keydown", (event) => keyboard(board, lists, event));
    board.addEventListener("click", (event) => {
        const button = event.target.closest("[data-move]");
        if (button) openMenu(board, lists, button);
    });
}

/** Columns that lie beyond an edge fade there, so that nobody takes the last one in sight for the last. */
function tellOfMore(board) {
    const tell = () => {
        const hidden = board.scrollWidth - board.clientWidth;
        board.classList.toggle("more-before", board.scrollLeft > 1);
        board.classList.toggle("more-after", hidden - board.scrollLeft > 1);
    };
    board.addEventListener("scroll", tell, { passive: true });
    new ResizeObserver(tell).observe(board);
}

async function moved(board, card) {
    const to = card.parentElement;
    const { from } = origins.get(card);
    if (to === from) return;
    card.setAttribute("aria-busy", "true");
    const { status, said } = await post(board, { id: card.dataset.id, to: to.dataset.state });
    card.removeAttribute("aria-busy");
    if (status === 200 && said.dialog) {
        takeBack(card);
        await askFirst(board, card, to, said.dialog);
    } else if (status === 200) {
        arrived(board, card, to, said.columns);
    } else {
        takeBack(card);
        showToast(said.detail ?? text(status === 0 ? "offline" : "failed"), { bad: true });
    }
}

async function post(board, body) {
    try {
        const answer = await fetch(board.dataset.url, {
            method: "POST",
            headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
            body: JSON.stringify(body),
        });
        return { status: answer.status, said: await answer.json().catch(() => ({})) };
    } catch {
        return { status: 0, said: {} };
    }
}

/** The card waits where it was until the dialog of its transition is answered; the dialog closed is no move. */
async function askFirst(board, card, to, address) {
    const answered = new AbortController();
    document.body.addEventListener(
        "record:changed",
        async () => {
            to.prepend(card);
            const answer = await fetch(board.dataset.heads);
            arrived(board, card, to, answer.ok ? await answer.json() : {});
        },
        { once: true, signal: answered.signal },
    );
    await openDialog(address, "small", card);
    document.getElementById("dialog").addEventListener(
        "close",
        () => {
            answered.abort();
            card.focus();
        },
        { once: true },
    );
}

function arrived(board, card, to, columns) {
    for (const [name, { count, total }] of Object.entries(columns)) {
        for (const place of document.querySelectorAll(`[data-count="${CSS.escape(name)}"]`)) place.textContent = count;
        const sum = board.querySelector(`[data-sum="${CSS.escape(name)}"]`);
        if (sum) sum.textContent = total;
    }
    announce(`${card.dataset.name}: ${to.dataset.label}`);
}

function takeBack(card) {
    const { from, before } = origins.get(card);
    from.insertBefore(card, before?.parentElement === from ? before : null);
    card.classList.remove("lifted");
}

// --- keyboard --------------------------------------------------------------------------------------------------------

function keyboard(board, lists, event) {
    const card = event.target.closest(".board-card");
    if (!card || event.target !== card) return;
    const lifted = card.classList.contains("lifted");
    if (event.key === " ") {
        event.preventDefault();
        if (lifted) drop(board, card);
        else lift(board, card);
    } else if (lifted && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
        event.preventDefault();
        const next = lists[lists.indexOf(card.parentElement) + (event.key === "ArrowRight" ? 1 : -1)];
        if (!next) return;
        showTab(board, next.dataset.state);
        next.prepend(card);
        card.focus();
        card.scrollIntoView({ block: "nearest", inline: "nearest" });
        announce(`${card.dataset.name}: ${next.dataset.label}`);
    } else if (lifted && (event.key === "Escape" || event.key === "Tab")) {
        takeBack(card);
        hideWays(board);
        if (event.key === "Escape") card.focus();
    } else if (event.key === "Enter") {
        card.querySelector(".board-card-title").click();
    }
}

function lift(board, card) {
    origins.set(card, { from: card.parentElement, before: card.nextElementSibling });
    card.classList.add("lifted");
    showWays(board, card);
    announce(text("lifted"));
}

function drop(board, card) {
    card.classList.remove("lifted");
    hideWays(board);
    moved(board, card);
    card.focus();
}

// --- where a card may go ---------------------------------------------------------------------------------------------

const waysOf = (list) => list.dataset.ways.split(" ");

/** Columns that no step leads to are dimmed while a card is in the air; the server says why when it is dropped there. */
function showWays(board, card) {
    const from = card.closest(".board-cards");
    for (const column of board.querySelectorAll(".board-column")) {
        const list = column.querySelector(".board-cards");
        column.classList.toggle("no-way", list !== from && !waysOf(from).includes(list.dataset.state));
    }
}

function hideWays(board) {
    for (const column of board.querySelectorAll(".no-way")) column.classList.remove("no-way");
}

/** The button on a card: the same move by choosing the column from a menu. */
function openMenu(board, lists, button) {
    const card = button.closest(".board-card");
    const from = card.parentElement;
    const menu = document.createElement("div");
    menu.className = "dropdown-menu dropdown-menu-end";
    for (const list of lists.filter((each) => each !== from && waysOf(from).includes(each.dataset.state))) {
        const item = document.createElement("button");
        item.type = "button";
        item.className = "dropdown-item";
        item.textContent = list.dataset.label;
        item.addEventListener("click", () => {
            origins.set(card, { from, before: card.nextElementSibling });
            list.prepend(card);
            moved(board, card);
        });
        menu.append(item);
    }
    if (!menu.childElementCount) {
        showToast(text("noWay"));
        return;
    }
    // Outside the column, which scrolls and would cut it off; gone again when it closes.
    button.after(menu);
    const dropdown = new Dropdown(button, { popperConfig: { strategy: "fixed" } });
    button.addEventListener(
        "hidden.bs.dropdown",
        () => {
            dropdown.dispose();
            menu.remove();
        },
        { once: true },
    );
    dropdown.show();
    menu.querySelector("button").focus();
}

// --- one column at a time, on a phone --------------------------------------------------------------------------------

const tabs = () => document.querySelectorAll(".board-tabs [data-tab]");

function startTabs(board) {
    for (const tab of tabs()) tab.addEventListener("click", () => showTab(board, tab.dataset.tab));
}

function showTab(board, name) {
    for (const tab of tabs()) tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
    for (const column of board.querySelectorAll(".board-column")) {
        column.classList.toggle("shown", column.dataset.column === name);
    }
}
