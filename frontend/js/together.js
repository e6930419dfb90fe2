// Tasks of the inbox approved together: "all", and a button that says how many.

/** `form[data-b=together]` holds checkboxes named `task`, `[data-all]` and the button `[data-send]`. */
export function start(form) {
    const all = form.querySelector("[data-all]");
    const send = form.querySelector("[data-send]");
    const words = send.lastChild;
    const label = words.textContent;
    const boxes = () => [...form.querySelectorAll("[name=task]")];

    function count() {
        const chosen = boxes().filter((box) => box.checked).length;
        send.disabled = chosen === 0;
        words.textContent = chosen > 0 ? `${label} (${chosen})` : label;
        all.checked = chosen > 0 && chosen === boxes().length;
        all.indeterminate = chosen > 0 && chosen < boxes().length;
    }
    all.addEventListener("change", () => {
        for (const box of boxes()) box.checked = all.checked;
        count();
    });
    form.addEventListener("change", count);
    count();
}
