// htmx's settings, what every request carries, and what is said when one fails.
import htmx from "htmx.org";

import { csrfToken, text } from "./page.js";
import { signInAgain } from "./session.js";
import { showToast } from "./toast.js";

const SLOW_MILLISECONDS = 1000;

Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    historyCacheSize: 0,
    includeIndicatorStyles: false,
    selfRequestsOnly: true,
});

/** Send the CSRF token with every htmx request; show forms that came back with errors; say why nothing happened. */
export function listenForRequests() {
    document.body.addEventListener("htmx:configRequest", (event) => {
        event.detail.headers["X-CSRFToken"] = csrfToken();
    });
    document.body.addEventListener("htmx:beforeSwap", (event) => {
        // 409 and 422 answer with the form as it was typed, and what is wrong with it.
        // A question that must be answered first says where it goes.
        if ([409, 422].includes(event.detail.xhr.status) || event.detail.xhr.getResponseHeader("HX-Retarget")) {
            event.detail.shouldSwap = true;
            event.detail.isError = false;
        }
    });
    // What takes longer than a second shows that it is on its way.
    let running = 0;
    let timer = 0;
    document.body.addEventListener("htmx:beforeRequest", () => {
        running += 1;
        clearTimeout(timer);
        timer = setTimeout(() => document.body.classList.toggle("slow", running > 0), SLOW_MILLISECONDS);
    });
    document.body.addEventListener("htmx:afterRequest", () => {
        running = Math.max(0, running - 1);
        if (running === 0) {
            clearTimeout(timer);
            document.body.classList.remove("slow");
        }
    });
    document.body.addEventListener("htmx:responseError", (event) => {
        const form = event.detail.elt?.closest?.("form");
        if (event.detail.xhr.status === 401 && form) signInAgain(() => form.requestSubmit());
        else showToast(reason(event.detail.xhr), { bad: true });
    });
    document.body.addEventListener("htmx:sendError", () => showToast(text("offline"), { bad: true }));
    document.body.addEventListener("htmx:timeout", () => showToast(text("offline"), { bad: true }));
}

function reason(request) {
    const byStatus = { 401: "signedOut", 403: "forbidden", 404: "missing", 429: "tooMany" };
    return text(byStatus[request.status] ?? "failed");
}

export { htmx };
