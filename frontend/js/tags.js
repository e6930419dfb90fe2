// Tags: a native select that takes new words, and offers those other records have.
import TomSelect from "tom-select/base";
import removeButton from "tom-select/dist/esm/plugins/remove_button/plugin.js";

import { text } from "./page.js";

TomSelect.define("remove_button", removeButton);

/** `<select multiple data-url data-add>`: GET data-url with `q` answers `[{id, text}]`. */
export function start(select) {
    new TomSelect(select, {
        plugins: { remove_button: { title: text("remove") } },
        create: true,
        createOnBlur: true,
        delimiter: ",",
        dropdownParent: select.closest("dialog") ? null : "body",
        labelField: "text",
        loadThrottle: 200,
        persist: false,
        preload: "focus",
        searchField: ["text"],
        valueField: "id",
        load: async (query, done) => {
            const url = new URL(select.dataset.url, window.location.href);
            url.searchParams.set("q", query);
            try {
                const answer = await fetch(url, { headers: { Accept: "application/json" } });
                done(answer.ok ? await answer.json() : []);
            } catch {
                done();
            }
        },
        render: {
            option_create: (data, escape) => `<div class="create">${escape(select.dataset.add)} “${escape(data.input)}”</div>`,
            no_results: () => null,
        },
    });
}
