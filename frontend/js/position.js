// A place: a button that fills in where the device is.

/** `<div data-b="position" data-here>` around the inputs of latitude and longitude. */
export function start(group) {
    if (!navigator.geolocation) return;
    const inputs = [...group.querySelectorAll("input")];
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = group.dataset.here;
    button.addEventListener("click", () => {
        if (inputs.some((input) => input.disabled || input.readOnly)) return;
        navigator.geolocation.getCurrentPosition(({ coords }) => {
            [coords.latitude, coords.longitude].forEach((value, index) => (inputs[index].value = value.toFixed(6)));
            inputs[0].dispatchEvent(new Event("change", { bubbles: true }));
        });
    });
    group.append(button);
}
