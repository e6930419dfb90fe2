// The script of forms that people outside fill in: live rules, pickers of dates and regions, and a proof of work.
// The form works without it; what then lacks the proof is looked at by a person.
import { behaviour, lazyBehaviour, startIn } from "./behaviours.js";

lazyBehaviour("color", () => import("./color.js"));
lazyBehaviour("date", () => import("./date.js"));
lazyBehaviour("datetime", () => import("./date.js"));
lazyBehaviour("time", () => import("./date.js"));
lazyBehaviour("position", () => import("./position.js"));
lazyBehaviour("region", () => import("./region.js"));
lazyBehaviour("rules", () => import("./form-rules.js"));
behaviour("proof", startProof);

/** `form[data-b=proof][data-nonce][data-bits]`: looks for a number whose hash begins with zeros, then lets it be sent. */
function startProof(form) {
    const input = form.elements.namedItem("_proof");
    if (!globalThis.crypto?.subtle) return; // pages without https have none
    const found = work(form.dataset.nonce, Number(form.dataset.bits)).then((proof) => {
        input.value = proof;
    });
    form.addEventListener("submit", (event) => {
        if (input.value) return;
        event.preventDefault();
        found.then(() => form.requestSubmit(event.submitter));
    });
}

async function work(nonce, bits) {
    const encoder = new TextEncoder();
    for (let number = 0; ; number++) {
        const hash = await crypto.subtle.digest("SHA-256", encoder.encode(`${nonce}:${number}`));
        if (new DataView(hash).getUint32(0) >>> (32 - bits) === 0) return String(number);
    }
}

startIn(document);
