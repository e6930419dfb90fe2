// Short messages at the edge of the page, with an optional way back ("Undo").
import { csrfToken, iconAddress, text } from "./page.js";

const SECONDS = 8;

/** Show a message; `undoUrl` adds a button that posts there and loads the page again. */
export function showToast(message, { bad = false, undoUrl = "" } = {}) {
    const toast = document.createElement("div");
    toast.className = `toast-message${bad ? " bad" : ""}`;
    const words = document.createElement("span");
    words.className = "toast-text";
    words.textContent = message;
    toast.append(words);
    if (undoUrl) toast.append(button(text("undo"), () => undo(undoUrl)));
    toast.append(closeButton(toast));
    document.getElementById("toasts").append(toast);
    startToast(toast);
}

/** Let a toast go away by itself, later while the pointer or the focus is on it; a failure stays. */
export function startToast(toast) {
    toast.querySelector("[data-close]")?.addEventListener("click", () => toast.remove());
    toast.querySelector("[data-undo]")?.addEventListener("click", (event) => undo(event.currentTarget.dataset.undo));
    if (toast.classList.contains("bad")) return;
    const leave = () => {
        if (toast.matches(":hover, :focus-within")) setTimeout(leave, 2000);
        else toast.remove();
    };
    setTimeout(leave, SECONDS * 1000);
}

/** The server's header `HX-Trigger: {"toast": {"text": "...", "undo": "/url", "bad": false}}` shows one. */
export function listenForToasts() {
    document.body.addEventListener("toast", (event) => {
        const { text: message, undo: undoUrl, bad } = event.detail;
        showToast(message, { bad, undoUrl });
    });
}

function button(label, act) {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = label;
    element.addEventListener("click", act);
    return element;
}

function closeButton(toast) {
    const close = button("", () => toast.remove());
    close.setAttribute("aria-label", text("close"));
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("class", "i");
    drawing.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", iconAddress("x"));
    drawing.append(use);
    close.append(drawing);
    return close;
}

async function undo(url) {
    const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": csrfToken() } });
    if (!answer.ok) {
        showToast(text("failed"), { bad: true });
        return;
    }
    // The address says what was deleted or changed, which is no longer so.
    const here = new URL(window.location.href);
    for (const word of ["deleted", "changed", "decided"]) here.searchParams.delete(word);
    window.location.replace(here);
}
