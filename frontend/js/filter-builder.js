// The filter builder: adds and removes conditions and groups, and writes the tree into the form as it is sent.
import { htmx } from "./requests.js";

/**
 * `form[data-b=filter-builder data-row]` holds nested `[data-group]` with `[data-word]` and `[data-members]` of
 * `[data-row]`; `[data-tree]` takes `{"and": [[path, operator, text], {"or": [...]}]}`. data-row answers a new row.
 */
export function start(form) {
    form.addEventListener("click", (event) => {
        const pressed = (name) => event.target.closest(`[${name}]`);
        if (pressed("data-add")) addRow(form, event.target.closest("[data-group]"));
        else if (pressed("data-add-group")) addGroup(form, event.target.closest("[data-group]"));
        else if (pressed("data-remove-group")) event.target.closest("[data-group]").remove();
        else if (pressed("data-remove")) event.target.closest(".filter-row").remove();
    });
    form.addEventListener("change", (event) => {
        if (event.target.matches("[data-op]")) fit(event.target.closest(".filter-row"));
    });
    form.addEventListener("submit", () => {
        const tree = read(form.querySelector("[data-group]"));
        form.querySelector("[data-tree]").value = tree ? JSON.stringify(tree) : "";
    });
}

async function addRow(form, group) {
    const members = group.querySelector("[data-members]");
    await htmx.ajax("GET", form.dataset.row, { source: members, target: members, swap: "beforeend" });
    members.lastElementChild?.querySelector("select")?.focus();
}

function addGroup(form, group) {
    const added = form.querySelector("template").content.firstElementChild.cloneNode(true);
    group.querySelector("[data-members]").append(added);
    htmx.process(added);
    addRow(form, added);
}

/** Show what the operator needs: no value, one, or two. */
function fit(row) {
    const chosen = row.querySelector("[data-op]").selectedOptions[0];
    row.querySelector("[data-value]").hidden = "bare" in chosen.dataset;
    const second = row.querySelector("[data-second]");
    if (second) second.hidden = chosen.value !== "between";
}

function read(group) {
    const found = [];
    for (const member of group.querySelector("[data-members]").children) {
        const part = member.matches("[data-group]") ? read(member) : condition(member);
        if (part) found.push(part);
    }
    return found.length ? { [group.querySelector("[data-word]").value]: found } : null;
}

function condition(row) {
    const chosen = row.querySelector("[data-op]").selectedOptions[0];
    const path = row.querySelector("[data-field]").value;
    if ("bare" in chosen.dataset) return [path, chosen.value, ""];
    const texts = [...row.querySelectorAll("[data-text]:not([hidden])")]
        .flatMap((input) => (input.multiple ? [...input.selectedOptions].map((each) => each.value) : [input.value.trim()]))
        .filter(Boolean);
    if (!texts.length) return null;
    const several = chosen.value === "between" || chosen.value === "in";
    // Several values are "one of", whatever the operator says.
    if (texts.length > 1 && chosen.value === "eq") return [path, "in", texts.join(",")];
    return [path, chosen.value, several ? texts.join(",") : texts[0]];
}
