// Rows of an inline table: adding one from the template, removing one.
import { startIn } from "./behaviours.js";

/** `[data-b=lines]` holds `<template>`, `[data-add]`, a `tbody` and in each row `[data-remove]`. `__index__` is numbered. */
export function start(table) {
    const body = table.querySelector("tbody");
    const template = table.querySelector("template");
    let next = body.rows.length;
    table.addEventListener("click", (event) => {
        if (event.target.closest("[data-add]")) add();
        const remove = event.target.closest("[data-remove]");
        if (remove) removeRow(remove.closest("tr"));
    });

    function add() {
        const holder = document.createElement("tbody");
        holder.innerHTML = template.innerHTML.replaceAll("__index__", String(next));
        next += 1;
        const row = holder.firstElementChild;
        body.append(row);
        startIn(row);
        row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
        table.dispatchEvent(new Event("change", { bubbles: true }));
    }

    function removeRow(row) {
        const neighbour = row.nextElementSibling ?? row.previousElementSibling;
        row.remove();
        (neighbour?.querySelector("[data-remove]") ?? table.querySelector("[data-add]"))?.focus();
        table.dispatchEvent(new Event("change", { bubbles: true }));
    }
}
