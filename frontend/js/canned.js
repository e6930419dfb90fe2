// Ready-made opinions: a press puts one into the text field above.

/** `[data-b=canned]` holds buttons; the textarea of the same field takes their text. */
export function start(group) {
    const area = group.closest(".fw").querySelector("textarea");
    group.addEventListener("click", (event) => {
        const chosen = event.target.closest("button");
        if (!chosen) return;
        area.value = area.value.trim() ? `${area.value.trim()} ${chosen.textContent}` : chosen.textContent;
        area.focus();
    });
}
