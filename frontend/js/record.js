// The page of a record: values that are changed in place, the parts a phone shows one at a time, loading it again.
import { startIn } from "./behaviours.js";
import { announce, text } from "./page.js";
import { htmx } from "./requests.js";

const PHONE = matchMedia("(max-width: 820px)");
/** A click on these is theirs. */
const CONTROLS = "a, input, select, textarea, label, .cell-form, button:not(.read-edit)";

/** `#record[data-object data-id]` with `[data-cell]` values, `[data-show]` buttons for its `[data-pane]`s. */
export function start(record) {
    const base = `/o/${record.dataset.object}/${record.dataset.id}/cells`;
    /** Where the person was on this record: a dialog that loads the page again leads back there. */
    const keptTab = `tab:${record.dataset.id}`;
    let kept = null;

    record.addEventListener("click", (event) => {
        const cell = event.target.closest("[data-cell]");
        const tab = event.target.closest("[data-show]");
        if (event.target.closest("[data-cancel]")) close();
        else if (tab) show(tab.dataset.show);
        else if (event.target.closest("[data-write]")) write();
        else if (cell && !event.target.closest(CONTROLS) && !window.getSelection()?.toString()) {
            if (!PHONE.matches || event.target.closest(".read-edit")) open(cell);
        }
    });
    record.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && kept) {
            event.stopPropagation();
            close();
        } else if (event.key === "Enter" && event.ctrlKey && kept) kept.cell.querySelector("form")?.requestSubmit();
    });
    // E changes the first value, or that of the field the focus is in.
    document.addEventListener("keydown", onKey);
    record.addEventListener("htmx:afterRequest", (event) => {
        const { xhr, requestConfig } = event.detail;
        if (requestConfig.verb === "post" && xhr.status === 204 && event.target.closest("[data-cell]")) refresh(kept?.name);
    });
    restore();

    function onKey(event) {
        if (!record.isConnected) document.removeEventListener("keydown", onKey);
        else if (event.key.toLowerCase() === "e" && !event.ctrlKey && !event.metaKey && !event.altKey && !kept) {
            if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
            const cell = event.target.closest("[data-cell]") ?? record.querySelector("[data-cell]");
            if (!cell) return;
            event.preventDefault();
            open(cell);
        }
    }

    async function open(cell) {
        if (kept?.cell === cell) return;
        close();
        const held = { cell, name: cell.dataset.cell, nodes: [...cell.childNodes] };
        kept = held;
        cell.classList.add("editing");
        await htmx.ajax("GET", `${base}/${held.name}?on=record`, { source: cell, target: cell, swap: "innerHTML" });
        const control = cell.querySelector("input:not([type=hidden]), select, textarea");
        if (!control) {
            if (kept === held) close(); // refused; the toast says why
            return;
        }
        const checked = control.type === "radio" ? cell.querySelector("input:checked") : null;
        (control.tomselect ?? checked ?? control).focus();
        if (control.type !== "radio") control.select?.();
    }

    function close() {
        if (!kept) return;
        const { cell, nodes } = kept;
        kept = null;
        cell.replaceChildren(...nodes);
        cell.classList.remove("editing");
        cell.querySelector(".read-edit")?.focus();
    }

    function show(pane) {
        record.dataset.tab = pane;
        sessionStorage.setItem(keptTab, pane);
        for (const button of record.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === pane));
    }

    function restore() {
        const last = location.hash === "#files" ? "related" : sessionStorage.getItem(keptTab);
        if (last) show(last);
    }

    function write() {
        show("activity");
        const box = record.querySelector("#activity-text");
        box?.scrollIntoView({ block: "center" });
        box?.focus();
    }

    /** Load the page again in place: what follows from a value (formulas, rules, stage, timeline) has changed too. */
    async function refresh(name) {
        const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
        if (!answer.ok) return location.reload();
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("record");
        if (!fresh) return location.reload();
        const typed = record.querySelector("#activity-text")?.value;
        const tab = record.dataset.tab;
        record.replaceWith(document.importNode(fresh, true));
        const now = document.getElementById("record");
        now.dataset.tab = tab;
        htmx.process(now);
        startIn(now);
        for (const button of now.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === tab));
        const box = now.querySelector("#activity-text");
        if (box && typed) box.value = typed;
        now.querySelector(`[data-cell="${name}"] .read-edit`)?.focus();
        announce(text("saved"));
    }
}
