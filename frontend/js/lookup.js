// Choosing a record: a native select that Tom Select turns into a search box fed by the server.
import TomSelect from "tom-select/base";
import removeButton from "tom-select/dist/esm/plugins/remove_button/plugin.js";

import { text } from "./page.js";

TomSelect.define("remove_button", removeButton);

/**
 * `<select data-url data-none data-depends="field other">`: GET data-url with `q` and the named fields of the form
 * answers `[{id, text, note?}]`.
 */
export function start(select) {
    const depends = (select.dataset.depends ?? "").split(/\s+/).filter(Boolean);
    let found = new Set();
    const control = new TomSelect(select, {
        plugins: select.multiple ? { remove_button: { title: text("remove") } } : {},
        allowEmptyOption: false,
        closeAfterSelect: !select.multiple,
        dropdownParent: select.closest("dialog") ? null : "body",
        labelField: "text",
        loadThrottle: 200,
        maxOptions: 50,
        preload: "focus",
        searchField: [],
        valueField: "id",
        shouldLoad: () => true,
        score: () => (option) => Number(found.has(String(option.id))), // the server has searched and sorted
        load: async (query, done) => {
            try {
                const options = await fetchOptions(select, depends, query);
                found = new Set(options.map((option) => String(option.id)));
                done(options);
            } catch {
                done();
            }
        },
        render: {
            option: (data, escape) =>
                `<div>${escape(data.text)}${data.note ? `<span class="option-note">${escape(data.note)}</span>` : ""}</div>`,
            no_results: (_, escape) => `<div class="no-results">${escape(select.dataset.none ?? "")}</div>`,
        },
    });
    // Every search replaces what the one before it found; what is chosen stays.
    control.on("type", () => control.clearOptions((option) => control.items.includes(String(option.id))));
    for (const name of depends) {
        select.form?.elements[name]?.addEventListener("change", () => {
            control.clear();
            control.clearOptions();
            control.load("");
        });
    }
}

async function fetchOptions(select, depends, query) {
    const url = new URL(select.dataset.url, window.location.href);
    url.searchParams.set("q", query);
    for (const name of depends) url.searchParams.set(name, select.form?.elements[name]?.value ?? "");
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${url.pathname} answered ${answer.status}`);
    return answer.json();
}
