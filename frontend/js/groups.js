// Groups of a list: the head opens and closes its rows, which are fetched the first time.
import { htmx } from "./requests.js";

/** `table[data-b=groups]`: `[data-group-rows]` on a head's button is the address of the rows for the tbody after it. */
export function start(table) {
    const heads = [...table.querySelectorAll("[data-group-rows]")];
    const toggle = async (button) => {
        const rows = button.closest("tbody").nextElementSibling;
        const open = button.getAttribute("aria-expanded") !== "true";
        button.setAttribute("aria-expanded", String(open));
        rows.hidden = !open;
        if (!open || rows.dataset.fetched) return;
        rows.dataset.fetched = "1";
        await htmx.ajax("GET", button.dataset.groupRows, { source: button, target: rows, swap: "innerHTML" });
    };
    for (const button of heads) button.addEventListener("click", () => toggle(button));
    if (heads[0]) toggle(heads[0]);
}
