// Moving cards of a board by pointer or keyboard; the server decides, a refused card goes back with the reason.
import Sortable from "sortablejs";

import { announce, csrfToken, text } from "./page.js";
import { showToast } from "./toast.js";

/**
 * `[data-b=board data-url]` holds `.board-cards[data-state data-label]` with `.board-card[data-id data-name]`.
 * A move posts `{id, to}` to data-url. Keyboard: Space lifts a card, arrows move it, Space drops, Escape takes back.
 */
export function start(board) {
    const lists = [...board.querySelectorAll(".board-cards")];
    for (const list of lists) {
        Sortable.create(list, {
            animation: 150,
            delay: 120,
            delayOnTouchOnly: true,
            ghostClass: "board-ghost",
            group: "board",
            onEnd: ({ item, from, oldIndex }) => moved(board, item, from, from.children[oldIndex] ?? null),
        });
    }
    board.addEventListener("keydown", (event) => keyboard(board, lists, event));
}

async function moved(board, card, from, before) {
    const to = card.parentElement;
    if (to === from) return;
    const answer = await fetch(board.dataset.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify({ id: card.dataset.id, to: to.dataset.state }),
    });
    if (answer.ok) {
        announce(`${card.dataset.name}: ${to.dataset.label}`);
        return;
    }
    from.insertBefore(card, before);
    const said = await answer.json().catch(() => ({}));
    showToast(said.detail ?? text("failed"), { bad: true });
}

function keyboard(board, lists, event) {
    const card = event.target.closest(".board-card");
    if (!card || event.target !== card) return;
    const lifted = card.classList.contains("lifted");
    if (event.key === " ") {
        event.preventDefault();
        if (lifted) drop(board, card);
        else lift(card);
    } else if (lifted && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
        event.preventDefault();
        const next = lists[lists.indexOf(card.parentElement) + (event.key === "ArrowRight" ? 1 : -1)];
        if (!next) return;
        next.prepend(card);
        card.focus();
        announce(`${card.dataset.name}: ${next.dataset.label}`);
    } else if (lifted && event.key === "Escape") {
        const { from, before } = origin.get(card);
        from.insertBefore(card, before);
        card.classList.remove("lifted");
        card.focus();
    }
}

const origin = new WeakMap();

function lift(card) {
    origin.set(card, { from: card.parentElement, before: card.nextElementSibling });
    card.classList.add("lifted");
    announce(text("lifted"));
}

function drop(board, card) {
    const { from, before } = origin.get(card);
    card.classList.remove("lifted");
    moved(board, card, from, before);
}
