// Live rules of a form: what is visible, required, read-only and which choices there are, as the user types.
// The rules themselves are compiled by the server from the definition; nothing is evaluated from strings here.

/**
 * `<form data-b="rules" data-module="...js" data-state="...">`. The module's default export is
 * `{fields: {name: {visible?, required?, readOnly?, choices?}}, server: [names]}`, each a function of the record `r`.
 * Fields in `server` have rules the browser cannot work out: their states are asked of `data-state`.
 */
export async function start(form) {
    const { default: rules } = await import(new URL(form.dataset.module, window.location.href).href);
    const applyAll = () => {
        const record = readRecord(form);
        for (const [name, states] of Object.entries(rules.fields)) {
            const wrapper = wrapperOf(form, name);
            if (wrapper) apply(wrapper, evaluate(states, record));
        }
    };
    let asking = null;
    const askServer = async () => {
        asking?.abort();
        asking = new AbortController();
        try {
            const answer = await fetch(form.dataset.state, {
                method: "POST",
                body: new FormData(form),
                signal: asking.signal,
            });
            if (!answer.ok) return;
            for (const [name, state] of Object.entries(await answer.json())) {
                const wrapper = wrapperOf(form, name);
                if (wrapper) apply(wrapper, state);
            }
        } catch (error) {
            if (error.name !== "AbortError") throw error;
        }
    };
    const changed = () => {
        applyAll();
        if (rules.server?.length && form.dataset.state) askServer();
    };
    form.addEventListener("input", applyAll);
    form.addEventListener("change", changed);
    changed();
}

/** Return the form's values by field name, typed by `data-type` of the field's wrapper; an empty input is null. */
export function readRecord(form) {
    const record = {};
    for (const wrapper of form.querySelectorAll(".fw[data-field]")) {
        const { field, type } = wrapper.dataset;
        record[field] = readValue(controlsOf(wrapper, field), type);
    }
    return record;
}

/** Work out the states of a field; a half-typed value ("12-") has no answer yet, and the state stays as it is. */
function evaluate(states, record) {
    const found = {};
    for (const [state, test] of Object.entries(states)) {
        try {
            found[state] = test(record);
        } catch (error) {
            if (!error.code?.startsWith("EXPR")) throw error;
        }
    }
    return found;
}

function readValue(controls, type) {
    if (type === "boolean") return controls.some((control) => control.checked);
    const values = controls.flatMap((control) => {
        if (control.type === "checkbox" || control.type === "radio") return control.checked ? [control.value] : [];
        if (control.multiple) return [...control.selectedOptions].map((option) => option.value);
        return [control.value.trim()];
    });
    if (type === "list") return values.filter((value) => value !== "");
    // A value of several inputs, such as a person's name, is there once one of them is filled in.
    const value = values.find((each) => each !== "") ?? "";
    if (value === "") return null;
    // A number stays text: the language's functions count exactly, a JavaScript number does not.
    return type === "number" ? value.replaceAll(",", "") : value;
}

function apply(wrapper, { visible, required, readOnly, choices }) {
    const controls = controlsOf(wrapper, wrapper.dataset.field);
    if (visible !== undefined) {
        wrapper.hidden = !visible;
        for (const control of controls) setDisabled(control, !visible);
        markGiven(wrapper, visible);
    }
    if (required !== undefined) {
        for (const control of controls) {
            control.required = Boolean(required) && !wrapper.hidden && control.name === wrapper.dataset.field;
        }
        wrapper.querySelector(".req")?.toggleAttribute("hidden", !required);
    }
    if (readOnly !== undefined) {
        for (const control of controls) setReadOnly(control, Boolean(readOnly));
        markGiven(wrapper, !readOnly && !wrapper.hidden);
    }
    if (choices !== undefined) limitChoices(controls, choices);
}

function setDisabled(control, disabled) {
    control.disabled = disabled;
    if (control.tomselect) disabled ? control.tomselect.disable() : control.tomselect.enable();
}

/** The hidden `<name>.given` says that an unchecked box means no; it goes only with boxes that can be checked. */
function markGiven(wrapper, given) {
    const mark = wrapper.querySelector('input[type=hidden][name$=".given"]');
    if (mark) mark.disabled = !given;
}

function setReadOnly(control, readOnly) {
    const typed = control.tagName === "TEXTAREA" || !["checkbox", "radio", "select-one", "select-multiple"].includes(control.type);
    if (typed) control.readOnly = readOnly;
    // A disabled select is not sent, and the server keeps what it has: the same as reading only.
    else setDisabled(control, readOnly || control.closest(".fw").hidden);
}

/** Offer only `choices`; a value no longer offered is cleared, so that what is seen is what is sent. */
function limitChoices(controls, choices) {
    const allowed = new Set(choices);
    for (const control of controls) {
        if (control.options) {
            for (const option of control.options) {
                option.hidden = option.disabled = option.value !== "" && !allowed.has(option.value);
                if (option.disabled) option.selected = false;
            }
        } else if (control.type === "radio" || control.type === "checkbox") {
            control.disabled = control.value !== "" && !allowed.has(control.value);
            control.closest("label")?.toggleAttribute("hidden", control.disabled);
            if (control.disabled) control.checked = false;
        }
    }
}

function wrapperOf(form, name) {
    return form.querySelector(`.fw[data-field="${CSS.escape(name)}"]`);
}

/** The controls of the field: one of its name, or one per part (`name.family`); `name.given` only says it was sent. */
function controlsOf(wrapper, name) {
    return [...wrapper.querySelectorAll("input, select, textarea")].filter(
        (control) => control.name === name || (control.type !== "hidden" && control.name.startsWith(`${name}.`)),
    );
}
