// Keeps what was typed into a form on the server while it is open; the next time it is offered again.
import { csrfToken } from "./page.js";

const PAUSE_SECONDS = 2;

/** `form[data-b=draft data-form]`: the path under which it is kept; `[data-discard-draft]` drops it. */
export function start(form) {
    let timer = 0;
    let sent = false;
    let last = "";
    const body = (more) => {
        const data = new URLSearchParams(new FormData(form));
        for (const name of ["csrf_token", "form"]) data.delete(name);
        data.set("form", form.dataset.form);
        for (const [name, value] of Object.entries(more ?? {})) data.set(name, value);
        return data;
    };
    const post = (data, more) => fetch("/drafts", { method: "POST", headers: { "X-CSRFToken": csrfToken() }, body: data, ...more }).catch(() => null);
    const keep = async () => {
        const data = String(body());
        if (sent || data === last || !form.isConnected) return;
        last = data;
        // Form data as text would be sent as plain text otherwise.
        await post(new URLSearchParams(data));
        form.dataset.kept = "1";
    };
    const later = () => {
        clearTimeout(timer);
        timer = setTimeout(keep, PAUSE_SECONDS * 1000);
    };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    form.addEventListener("submit", () => {
        clearTimeout(timer);
        sent = true;
    });
    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "hidden" && last !== "" && !sent) keep();
    });
    document.querySelector("[data-discard-draft]")?.addEventListener("click", async (event) => {
        event.preventDefault();
        const notice = event.target.closest(".notice");
        await post(new URLSearchParams({ form: form.dataset.form, discard: "1" }));
        notice.remove();
    });
    // Leaving on purpose is leaving the draft behind as well.
    form.querySelector(".page-footer a.btn")?.addEventListener("click", () => {
        sent = true;
        if (form.dataset.kept) post(new URLSearchParams({ form: form.dataset.form, discard: "1" }), { keepalive: true });
    });
}
