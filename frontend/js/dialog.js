// Fragments of pages in the native dialog of the frame: forms to create, edit and decide.
import { htmx } from "./requests.js";

/** A link or button with `href` or `data-url` opens that fragment in `<dialog id="dialog">`; `data-size` is small or wide. */
export function startDialog(element) {
    element.setAttribute("aria-haspopup", "dialog");
    element.addEventListener("click", async (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        await openDialog(element.dataset.url ?? element.getAttribute("href"), element.dataset.size ?? "", element);
    });
}

/** Fetch a fragment into the dialog and show it; `size` is small, wide or "". */
export async function openDialog(address, size, source) {
    document.getElementById("dialog").className = `dialog ${size}`;
    await htmx.ajax("GET", address, { source, target: "#dialog", swap: "innerHTML" });
}

/** Show the dialog when a fragment has arrived; close it by `[data-close]`, a click beside it or `HX-Trigger: dialog:close`. */
export function listenForDialogs() {
    const dialog = document.getElementById("dialog");
    if (!dialog) return;
    dialog.addEventListener("htmx:afterSwap", () => {
        htmx.process(dialog); // htmx does so a moment later; what somebody does at once finds its controls at work
        if (!dialog.open && dialog.childElementCount > 0) dialog.showModal();
        const title = dialog.querySelector("h2");
        if (title) dialog.setAttribute("aria-labelledby", (title.id ||= "dialog-title"));
    });
    dialog.addEventListener("click", (event) => {
        if (event.target === dialog || event.target.closest("[data-close]")) close(dialog);
    });
    dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        close(dialog);
    });
    dialog.addEventListener("close", () => dialog.replaceChildren());
    document.body.addEventListener("dialog:close", () => dialog.close());
}

/** A form with unsaved input asks first; see leave.js. */
function close(dialog) {
    const wanted = new CustomEvent("dialog:closing", { cancelable: true });
    if (dialog.dispatchEvent(wanted)) dialog.close();
}
