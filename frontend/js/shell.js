// The frame of pages: the rail as a drawer on a phone, the search field by keyboard, the path of a record.

/** A button that opens and closes the rail (`aria-controls` names it); Escape and a click beside it close it. */
export function startDrawer(button) {
    const rail = document.getElementById(button.getAttribute("aria-controls"));
    const set = (open) => {
        rail.classList.toggle("open", open);
        button.setAttribute("aria-expanded", String(open));
        (open ? rail.querySelector("a, button") : button).focus();
    };
    const isOpen = () => rail.classList.contains("open");
    button.addEventListener("click", () => set(!isOpen()));
    rail.querySelector("[data-close]")?.addEventListener("click", () => set(false));
    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && isOpen()) set(false);
    });
    document.addEventListener("click", (event) => {
        if (isOpen() && !rail.contains(event.target) && !button.contains(event.target)) set(false);
    });
}

/** Ctrl-K (Command-K on a Mac) goes to the search field; its hint shows the key of this system. */
export function startSearch(form) {
    const onMac = /Mac|iPhone|iPad/.test(navigator.platform);
    const hint = form.querySelector("kbd");
    if (hint) hint.textContent = onMac ? "⌘K" : "Ctrl K";
    document.addEventListener("keydown", (event) => {
        if (event.key.toLowerCase() !== "k" || !(onMac ? event.metaKey : event.ctrlKey)) return;
        event.preventDefault();
        form.querySelector("input").select();
    });
}

/** Where the path of states is wider than the screen, show the state the record is in. */
export function startPath(path) {
    const now = path.querySelector(".now");
    if (now) path.scrollLeft = now.offsetLeft - path.offsetLeft - (path.clientWidth - now.offsetWidth) / 2;
}
