// Uploading: chosen or dropped files are sent at once, with progress; the form around them then sends their ids.
import { announce, csrfToken } from "./page.js";

/**
 * `[data-b=upload]` holds `ul.file-list`, an `input[type=file]`, `progress` and `.upload-status`. `data-url` takes one
 * file per request and answers `{item}`, markup of the list; `data-send` sends the form when all files are there.
 */
export function start(box) {
    const input = box.querySelector("input[type=file]");
    const list = box.querySelector(".file-list");
    const drop = box.querySelector(".upload-drop");
    const form = box.closest("form");
    input.addEventListener("change", () => {
        const files = [...input.files];
        input.value = "";
        take(files);
    });
    list.addEventListener("click", (event) => {
        const remove = event.target.closest("[data-remove-file]");
        if (remove) removeItem(remove.closest("li"));
    });
    for (const name of ["dragover", "dragleave", "drop"]) {
        drop.addEventListener(name, (event) => {
            event.preventDefault();
            drop.classList.toggle("over", name === "dragover");
            if (name === "drop" && !input.disabled) take([...event.dataTransfer.files]);
        });
    }
    // Another control of the page hands a file over: the pad of a signature.
    box.addEventListener("upload:file", (event) => take([event.detail]));
    form?.addEventListener("submit", (event) => {
        if (!box.classList.contains("busy")) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        say(box, box.dataset.waiting, true);
    }, { capture: true });

    async function take(files) {
        if (files.length === 0) return;
        const wanted = "multiple" in box.dataset ? files : files.slice(0, 1);
        box.classList.add("busy");
        let sent = 0;
        try {
            for (const file of wanted) {
                const { item } = await send(box, file);
                if (!("multiple" in box.dataset)) list.replaceChildren();
                list.insertAdjacentHTML("beforeend", item);
                const hidden = list.lastElementChild.querySelector("input[type=hidden]");
                hidden.name = nameOf(box, input);
                sent += 1;
            }
            say(box, box.dataset.done);
        } catch (error) {
            say(box, error.message || box.dataset.failed, true);
        }
        box.classList.remove("busy");
        changed();
        if (sent && "send" in box.dataset) {
            input.disabled = true;
            form.requestSubmit();
        }
    }

    function removeItem(item) {
        const neighbour = item.nextElementSibling ?? item.previousElementSibling;
        item.remove();
        (neighbour?.querySelector("[data-remove-file]") ?? input).focus();
        changed();
    }

    function changed() {
        box.dispatchEvent(new Event("change", { bubbles: true }));
    }
}

/** The name the form sends ids under: that of the field around the control, which differs in rows of a table. */
function nameOf(box, input) {
    return box.closest(".fw[data-field]")?.dataset.field ?? input.name ?? "file";
}

function say(box, message, bad = false) {
    const status = box.querySelector(".upload-status");
    status.textContent = message;
    status.classList.toggle("bad", bad);
    if (bad) announce(message);
}

/** Send one file and return the answer; the error's message is for the person. */
function send(box, file) {
    const most = Number(box.dataset.most ?? 0);
    if (file.size === 0 || (most && file.size > most)) return Promise.reject(new Error(box.dataset.tooLarge));
    const progress = box.querySelector("progress");
    const body = new FormData();
    body.append("file", file, file.name);
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("POST", box.dataset.url);
        request.setRequestHeader("X-CSRFToken", csrfToken());
        request.responseType = "json";
        request.upload.addEventListener("progress", (event) => {
            if (event.lengthComputable) progress.value = Math.round((event.loaded / event.total) * 100);
        });
        request.addEventListener("load", () => {
            progress.hidden = true;
            if (request.status === 201) resolve(request.response);
            else reject(new Error(request.response?.message ?? box.dataset.failed));
        });
        request.addEventListener("error", () => {
            progress.hidden = true;
            reject(new Error(box.dataset.failed));
        });
        progress.value = 0;
        progress.hidden = false;
        say(box, `${box.dataset.running} ${file.name}`);
        request.send(body);
    });
}
