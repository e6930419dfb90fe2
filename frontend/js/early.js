// Runs before the page is drawn: without a chosen theme the system's is used, and nothing flashes.
const page = document.documentElement;
const system = window.matchMedia("(prefers-color-scheme: dark)");

function follow() {
    if (page.dataset.theme === "auto") page.dataset.bsTheme = system.matches ? "dark" : "light";
}

follow();
system.addEventListener("change", follow);
