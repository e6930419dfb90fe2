// Menus that drop down: the library behind them is fetched when the first one is about to be used.

const BUTTON = '[data-bs-toggle="dropdown"]';
let library;

/** Fetch the library when a pointer or the focus comes near a button; the first click waits for it. */
export function listenForDropdowns() {
    for (const event of ["pointerover", "focusin"]) document.addEventListener(event, near);
    document.addEventListener("click", first, { capture: true });
}

function load() {
    library ??= import("bootstrap/js/dist/dropdown").then((module) => {
        for (const event of ["pointerover", "focusin"]) document.removeEventListener(event, near);
        document.removeEventListener("click", first, { capture: true });
        return module.default;
    });
    return library;
}

function near(event) {
    if (event.target.closest?.(BUTTON)) load();
}

async function first(event) {
    const button = event.target.closest?.(BUTTON);
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    const Dropdown = await load();
    Dropdown.getOrCreateInstance(button).toggle();
}
