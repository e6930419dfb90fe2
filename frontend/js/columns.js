// The order of a list's columns: rows moved by pointer or by their buttons; the form sends them as they stand.
import Sortable from "sortablejs";

/** `[data-b=columns]` is a list whose items have `[data-up]` and `[data-down]`. */
export function start(list) {
    Sortable.create(list, { animation: 150, handle: ".grip", ghostClass: "board-ghost" });
    list.addEventListener("click", (event) => {
        const item = event.target.closest("li");
        const button = event.target.closest("[data-up], [data-down]");
        if (!button) return;
        if ("up" in button.dataset) item.previousElementSibling?.before(item);
        else item.nextElementSibling?.after(item);
        button.focus();
    });
}
