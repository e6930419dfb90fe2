// htmx's settings, what every request carries, and what is said when one fails.
import htmx from "htmx.org";

import { csrfToken, text } from "./page.js";
import { showToast } from "./toast.js";

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
        if ([409, 422].includes(event.detail.xhr.status)) {
            event.detail.shouldSwap = true;
            event.detail.isError = false;
        }
    });
    document.body.addEventListener("htmx:responseError", (event) => showToast(reason(event.detail.xhr), { bad: true }));
    document.body.addEventListener("htmx:sendError", () => showToast(text("offline"), { bad: true }));
    document.body.addEventListener("htmx:timeout", () => showToast(text("offline"), { bad: true }));
}

function reason(request) {
    const byStatus = { 401: "signedOut", 403: "forbidden", 404: "missing", 429: "tooMany" };
    return text(byStatus[request.status] ?? "failed");
}

export { htmx };
