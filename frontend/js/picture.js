// A button that takes a picture, or chooses one, and sends it at once; without a network it waits like a follow-up.
import { text } from "./page.js";
import { showToast } from "./toast.js";
import { post } from "./unsent.js";

/** `form[data-b=picture data-about data-waits]` around one `input[type=file]`. */
export function start(form) {
    const input = form.querySelector("input[type=file]");
    input.addEventListener("change", async () => {
        const [file] = input.files;
        if (!file) return;
        const body = new FormData(form);
        body.delete("csrf_token");
        input.value = "";
        let outcome;
        try {
            outcome = await post(form.action, body, `${form.dataset.about}: ${file.name}`);
        } catch {
            outcome = { refused: text("failed") };
        }
        if (outcome.refused) showToast(outcome.refused, { bad: true });
        else if (outcome === "waits") showToast(form.dataset.waits);
        else {
            location.hash = "files";
            location.reload();
        }
    });
}
