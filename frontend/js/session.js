// A session that ended while a page was open: signing in again over the page, then doing what was asked once more.
import { text } from "./page.js";
import { showToast } from "./toast.js";

/** Show the sign-in form in the frame's dialog; `then()` runs when it went well. A second factor is asked there, too. */
export async function signInAgain(then) {
    const dialog = document.getElementById("sign-in");
    if (!dialog) return showToast(text("signedOut"), { bad: true });
    if (dialog.open) return undefined;
    const place = dialog.querySelector("[data-form]");
    if (!fill(place, await page("/login"))) return location.assign("/login");
    dialog.querySelector("[data-close]").onclick = () => dialog.close();
    place.onsubmit = async (event) => {
        event.preventDefault();
        const form = event.target;
        const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (shown.querySelector("#bell-count, .topbar")) {
            renewTokens(shown);
            dialog.close();
            place.replaceChildren();
            then();
        } else fill(place, shown);
    };
    dialog.showModal();
    place.querySelector("input:not([type=hidden])")?.focus();
    return undefined;
}

async function page(address) {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Put the form of a plain page, and what it says is wrong, into the dialog; other ways to sign in open a new tab. */
function fill(place, shown) {
    const main = shown.querySelector(".plain-card");
    if (!main?.querySelector("form[method=post]")) return false;
    main.querySelectorAll(".brand, h1, .plain-languages").forEach((element) => element.remove());
    main.querySelectorAll("a").forEach((link) => (link.target = "_blank"));
    place.replaceChildren(...[...main.childNodes].map((node) => document.importNode(node, true)));
    return true;
}

/** The new session has a token of its own, which every form on the page needs. */
function renewTokens(shown) {
    const token = shown.querySelector('meta[name="csrf-token"]')?.content;
    if (!token) return;
    document.querySelector('meta[name="csrf-token"]').content = token;
    for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = token;
}

