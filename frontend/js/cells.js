// Changing values in the list: a click, Enter or E on a cell opens its form there; Escape puts the value back.
import { announce, text } from "./page.js";
import { htmx } from "./requests.js";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const PHONE = matchMedia("(max-width: 820px)");
/** A click on these is theirs; the list itself stands in a form. */
const CONTROLS = "a, button, input, select, textarea, label, .cell-form";

/**
 * `table[data-b=cells data-base data-query]` has rows with data-id, and heads with data-cell (the field) over the columns
 * whose values may be changed. One cell is in the tab order; the arrows go to the others.
 */
export function start(table) {
    let kept = null;
    const cells = (root = table) => [...root.querySelectorAll("td[data-cell]")];
    const enter = () => {
        name(table);
        cells().forEach((cell, number) => (cell.tabIndex = number ? -1 : 0));
    };
    enter();

    table.addEventListener("click", (event) => {
        const cell = event.target.closest("td[data-cell]");
        if (event.target.closest("[data-cancel]")) close(true);
        else if (cell && !PHONE.matches && !event.target.closest(CONTROLS)) open(cell);
    });
    table.addEventListener("keydown", (event) => {
        const cell = event.target.closest("td[data-cell]");
        if (event.key === "Escape" && kept) {
            event.stopPropagation();
            close(true);
        } else if (cell && event.target === cell) {
            if (event.key === "Enter" || event.key.toLowerCase() === "e") open(cell, event);
            else if (ARROWS[event.key]) go(cell, ARROWS[event.key], event);
        }
    });
    // The whole row came back: what follows from the value has changed as well.
    table.addEventListener("htmx:afterSwap", (event) => {
        if (event.target.matches("tbody")) enter(); // the rows of a group have come
        if (event.detail.xhr?.status !== 200 || event.detail.requestConfig?.verb !== "post") return;
        const { id, name } = kept ?? {};
        kept = null;
        enter();
        focus(table.querySelector(`tr[data-id="${id}"] td[data-cell="${name}"]`));
        announce(text("saved"));
    });

    async function open(cell, event) {
        event?.preventDefault();
        if (cell.contains(kept?.form?.())) return;
        close(false);
        const row = cell.closest("tr");
        const held = { cell, id: row.dataset.id, name: cell.dataset.cell, nodes: [...cell.childNodes] };
        held.form = () => cell.querySelector("form");
        kept = held;
        cell.classList.add("editing");
        const address = `${table.dataset.base}/${held.id}/cells/${held.name}?${table.dataset.query}`;
        await htmx.ajax("GET", address, { source: cell, target: cell, swap: "innerHTML" });
        const control = cell.querySelector("input:not([type=hidden]), select, textarea");
        if (!control) {
            if (kept === held) close(true); // refused; the toast says why
            return;
        }
        (control.tomselect ?? control).focus();
        control.select?.();
    }

    function close(back) {
        if (!kept) return;
        const { cell, nodes } = kept;
        kept = null;
        cell.replaceChildren(...nodes);
        cell.classList.remove("editing");
        if (back) focus(cell);
    }

    function go(cell, [down, right], event) {
        event.preventDefault();
        const rows = [...table.tBodies[0].rows].filter((row) => cells(row).length);
        const row = rows[rows.indexOf(cell.closest("tr")) + down];
        const column = cells(cell.closest("tr")).indexOf(cell) + right;
        focus(row && cells(row)[column]);
    }

    function focus(cell) {
        if (!cell) return;
        for (const each of cells()) each.tabIndex = each === cell ? 0 : -1;
        cell.focus();
    }
}

/** Give each cell the field of its column: said once in the head, it need not travel with every row. */
function name(table) {
    const heads = [...table.tHead.rows[0].cells];
    for (const row of table.querySelectorAll("tr[data-id]")) {
        heads.forEach((head, place) => {
            if (head.dataset.cell && row.cells[place]) row.cells[place].dataset.cell = head.dataset.cell;
        });
    }
}
