// Asks before unsaved input is lost: leaving the page, or closing the dialog the form is in.
import { ask } from "./confirm.js";
import { text } from "./page.js";

/** Watch a form from its first input until it is sent; `data-unsaved` marks one that came back with what was typed. */
export function startLeave(form) {
    let unsaved = form.dataset.unsaved === "1";
    form.addEventListener("input", () => (unsaved = true));
    form.addEventListener("change", () => (unsaved = true));
    form.addEventListener("submit", () => (unsaved = false));
    form.addEventListener("reset", () => (unsaved = false));
    form.addEventListener("htmx:responseError", () => (unsaved = true));
    form.addEventListener("htmx:sendError", () => (unsaved = true));
    window.addEventListener("beforeunload", (event) => {
        if (unsaved && form.isConnected) event.preventDefault();
    });
    const dialog = form.closest("dialog");
    dialog?.addEventListener("dialog:closing", async (event) => {
        if (!unsaved || !form.isConnected) return;
        event.preventDefault();
        if (await ask(text("unsaved"), { yes: text("discard") })) {
            unsaved = false;
            dialog.close();
        }
    });
}
