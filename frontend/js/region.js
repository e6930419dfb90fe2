// A region: province, city and district, each offering what is in the one before.

const LEVELS = ["province", "city", "district"];

/**
 * `<div data-b="region" data-url data-levels data-province data-city data-district>` around one input that holds a
 * code; GET data-url with `code` answers `[{chosen, options: [[code, name]]}]`, one per level that can be chosen.
 */
export async function start(group) {
    const input = group.querySelector("input");
    const wanted = LEVELS.slice(0, LEVELS.indexOf(group.dataset.levels) + 1);
    if (input.value && !/^\d{6}$/.test(input.value)) return; // a name the server refused: it is mended as text
    const selects = wanted.map((level, index) => {
        const select = document.createElement("select");
        select.className = "form-select";
        select.setAttribute("aria-label", group.dataset[level]);
        select.addEventListener("change", () => {
            const above = index > 0 ? selects[index - 1].value : "";
            show(select.value || above, true);
        });
        return select;
    });
    const follow = () => {
        for (const select of selects) select.disabled = input.disabled || input.readOnly || select.options.length < 2;
    };
    const show = async (code, changed) => {
        const url = new URL(group.dataset.url, window.location.href);
        if (code) url.searchParams.set("code", code);
        const answer = await fetch(url, { headers: { Accept: "application/json" } });
        if (!answer.ok) return;
        const levels = await answer.json();
        selects.forEach((select, index) => {
            const { options = [], chosen = "" } = levels[index] ?? {};
            const empty = new Option(group.dataset[wanted[index]], "");
            select.replaceChildren(empty, ...options.map(([value, name]) => new Option(name, value)));
            select.value = chosen;
        });
        input.value = code;
        follow();
        if (changed) {
            for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
        }
    };
    await show(input.value, false);
    input.type = "hidden";
    group.append(...selects);
    new MutationObserver(follow).observe(input, { attributeFilter: ["disabled", "readonly"] });
}
