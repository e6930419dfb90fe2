// Light or dark: a button switches, a cookie remembers. Without a choice early.js follows the system.
const YEAR = 31536000;

/** Make a button switch between light and dark. */
export function startTheme(button) {
    button.addEventListener("click", () => {
        const page = document.documentElement;
        const theme = page.dataset.bsTheme === "dark" ? "light" : "dark";
        page.dataset.theme = theme;
        page.dataset.bsTheme = theme;
        document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
    });
}
