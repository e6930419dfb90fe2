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

/** Where the path of states is wider than the screen, show the state the record is in. */
export function startPath(path) {
    const now = path.querySelector(".now, .lost");
    if (now) path.scrollLeft = now.offsetLeft - path.offsetLeft - (path.clientWidth - now.offsetWidth) / 2;
}
