// News while a page is open: one tab of a browser listens and tells the others; what changed is fetched by whoever shows it.
import { csrfToken } from "./page.js";

const KINDS = ["notifications"];

/** Listen where somebody is signed in; `live:<kind>` is sent to the body whenever there is news of that kind. */
export function listenForNews() {
    if (!document.getElementById("bell-count")) return;
    const tell = (kind) => document.body.dispatchEvent(new Event(`live:${kind}`));
    const others = new BroadcastChannel("live");
    others.addEventListener("message", (event) => tell(event.data));
    const open = () => {
        const source = new EventSource("/live");
        for (const kind of KINDS) {
            source.addEventListener(kind, () => {
                others.postMessage(kind);
                tell(kind);
            });
        }
        return source;
    };
    // A browser opens few connections to one host: without the lock, a handful of tabs would block each other.
    // Where there are no locks (plain http on a network) this tab only looks at what it loads.
    navigator.locks?.request("live", () => new Promise(() => open()));
}

/** A notice is read when its reader goes to what it tells of. */
export function startNotice(link) {
    link.addEventListener("click", () => {
        fetch(link.dataset.url, { method: "POST", headers: { "X-CSRFToken": csrfToken() }, keepalive: true });
    });
}
