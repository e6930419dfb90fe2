// A signature under a decision: strokes drawn with finger, pen or mouse, kept as the text of an SVG path.

const LONGEST = 20000;

/** `[data-b=sign]` holds a canvas, the hidden input `drawn`, the input `typed` and `[data-clear]`. */
export function start(root) {
    const canvas = root.querySelector("canvas");
    const drawn = root.querySelector("[name=drawn]");
    const typed = root.querySelector("[name=typed]");
    const context = canvas.getContext("2d");
    let drawing = false;

    function point(event) {
        const box = canvas.getBoundingClientRect();
        const scaled = (value, most) => Math.round(Math.min(Math.max(value, 0), 1) * (most - 1));
        return [scaled((event.clientX - box.left) / box.width, canvas.width), scaled((event.clientY - box.top) / box.height, canvas.height)];
    }
    function clear() {
        context.clearRect(0, 0, canvas.width, canvas.height);
        drawn.value = "";
    }
    function add(letter, [x, y]) {
        const step = `${letter}${x} ${y}`;
        if (drawn.value.length + step.length < LONGEST) drawn.value += drawn.value ? ` ${step}` : step;
    }
    canvas.addEventListener("pointerdown", (event) => {
        typed.value = "";
        drawing = true;
        canvas.setPointerCapture(event.pointerId);
        Object.assign(context, { strokeStyle: getComputedStyle(canvas).color, lineWidth: 4, lineCap: "round", lineJoin: "round" });
        context.beginPath();
        context.moveTo(...point(event));
        add("M", point(event));
    });
    canvas.addEventListener("pointermove", (event) => {
        if (!drawing) return;
        context.lineTo(...point(event));
        context.stroke();
        add("L", point(event));
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (drawing = false));
    typed.addEventListener("input", clear);
    root.querySelector("[data-clear]").addEventListener("click", () => {
        typed.value = "";
        clear();
    });
}
