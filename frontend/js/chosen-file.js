// A control that sends a file with its form: it says which one was chosen, in place of the browser's own words.

/** `[data-b=chosen-file]` holds an `input[type=file]` and a `.upload-label span` with what to do. */
export function start(box) {
    const words = box.querySelector(".upload-label span");
    const asks = words.textContent;
    box.querySelector("input[type=file]").addEventListener("change", (event) => {
        words.textContent = [...event.target.files].map((file) => file.name).join(", ") || asks;
    });
}
