// Selecting rows of a list: checks, the "all" box, the bar with the actions on what is selected.

/** `[data-b=bulk]` holds a table with checkboxes, `[data-all]`, and a `.bulk-bar` with `[data-n]` for the number. */
export function startBulk(list) {
    const bar = list.querySelector(".bulk-bar");
    const all = list.querySelector("[data-all]");
    const boxes = () => [...list.querySelectorAll("tbody input[type=checkbox]")];
    const update = () => {
        const selected = boxes().filter((box) => box.checked);
        for (const box of boxes()) box.closest("tr").classList.toggle("selected", box.checked);
        if (all) {
            all.checked = selected.length > 0 && selected.length === boxes().length;
            all.indeterminate = selected.length > 0 && !all.checked;
        }
        if (!bar) return;
        bar.hidden = selected.length === 0;
        bar.querySelector("[data-n]").textContent = selected.length;
    };
    list.addEventListener("change", (event) => {
        if (event.target === all) for (const box of boxes()) box.checked = all.checked;
        update();
    });
    list.addEventListener("htmx:afterSettle", update);
    update();
}
