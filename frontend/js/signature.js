// A signature: drawn with finger, pen or mouse, or a name typed instead; either becomes a picture and is uploaded.

const INK = "#1d2b53";
const FONT = '72px "Segoe Script", "Bradley Hand", "STXingkai", "KaiTi", "Kaiti SC", cursive, serif';

/** `[data-b=signature]` holds a canvas, `[data-typed]`, `[data-clear]`, `[data-use]` and an upload box. */
export function start(root) {
    const canvas = root.querySelector("canvas");
    const typed = root.querySelector("[data-typed]");
    const context = canvas.getContext("2d");
    let drawing = false;
    let empty = true;

    function point(event) {
        const box = canvas.getBoundingClientRect();
        return [((event.clientX - box.left) / box.width) * canvas.width, ((event.clientY - box.top) / box.height) * canvas.height];
    }
    function clear() {
        context.clearRect(0, 0, canvas.width, canvas.height);
        empty = true;
    }
    canvas.addEventListener("pointerdown", (event) => {
        if (typed.value) clear();
        typed.value = "";
        drawing = true;
        canvas.setPointerCapture(event.pointerId);
        Object.assign(context, { strokeStyle: INK, lineWidth: 4, lineCap: "round", lineJoin: "round" });
        context.beginPath();
        context.moveTo(...point(event));
    });
    canvas.addEventListener("pointermove", (event) => {
        if (!drawing) return;
        context.lineTo(...point(event));
        context.stroke();
        empty = false;
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (drawing = false));
    typed.addEventListener("input", (event) => {
        event.stopPropagation();
        clear();
        Object.assign(context, { fillStyle: INK, font: FONT, textAlign: "center", textBaseline: "middle" });
        context.fillText(typed.value, canvas.width / 2, canvas.height / 2, canvas.width - 40);
        empty = typed.value.trim() === "";
    });
    typed.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        use();
    });
    root.querySelector("[data-clear]").addEventListener("click", () => {
        typed.value = "";
        clear();
    });
    root.querySelector("[data-use]").addEventListener("click", use);

    function use() {
        if (empty) {
            typed.focus();
            return;
        }
        canvas.toBlob((blob) => {
            const file = new File([blob], "signature.png", { type: "image/png" });
            root.querySelector(".upload").dispatchEvent(new CustomEvent("upload:file", { detail: file }));
        }, "image/png");
    }
}
