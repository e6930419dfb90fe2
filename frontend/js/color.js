// A colour: the browser's own picker beside the text, each following the other.

/** `<div data-b="color" data-pick>` around one text input that holds `#rrggbb` or nothing. */
export function start(group) {
    const input = group.querySelector("input");
    const picker = document.createElement("input");
    picker.type = "color";
    picker.className = "form-control form-control-color";
    picker.setAttribute("aria-label", group.dataset.pick);
    const follow = () => {
        if (/^#[0-9a-f]{6}$/i.test(input.value)) picker.value = input.value.toLowerCase();
        picker.disabled = input.disabled || input.readOnly;
    };
    picker.addEventListener("input", () => {
        input.value = picker.value;
        input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    picker.addEventListener("change", () => input.dispatchEvent(new Event("change", { bubbles: true })));
    input.addEventListener("input", follow);
    new MutationObserver(follow).observe(input, { attributeFilter: ["disabled", "readonly"] });
    follow();
    group.append(picker);
}
