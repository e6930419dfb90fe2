// The box that writes a follow-up: people mentioned with @, sending without leaving the page, waiting without a network.
import { announce, text } from "./page.js";
import { showToast } from "./toast.js";
import { post } from "./unsent.js";

/** `form[data-b=activity data-people]` with a textarea, `.mention-list` and `.activity-error`. */
export function start(form) {
    const area = form.querySelector("textarea");
    const list = form.querySelector(".mention-list");
    const problem = form.querySelector(".activity-error");
    /** Names put into the text, with whose they are. */
    const mentioned = new Map();
    let asked = 0;

    area.addEventListener("input", look);
    area.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
        else if (!list.hidden) choose(event);
    });
    area.addEventListener("blur", () => setTimeout(hide, 200));
    list.addEventListener("mousedown", (event) => {
        const option = event.target.closest("[role=option]");
        event.preventDefault();
        if (option) put(option);
    });
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        problem.hidden = true;
        const body = new URLSearchParams(new FormData(form));
        body.delete("csrf_token");
        for (const [name, id] of mentioned) if (area.value.includes(`@${name}`)) body.append("mention", id);
        const button = form.querySelector("button.btn-primary");
        button.disabled = true;
        let outcome;
        try {
            outcome = await post(form.action, body, `${form.dataset.about}: ${area.value}`);
        } catch {
            outcome = { refused: text("failed") };
        }
        button.disabled = false;
        if (outcome.refused) {
            problem.textContent = outcome.refused;
            problem.hidden = false;
            area.focus();
            return;
        }
        clear();
        if (outcome === "waits") showToast(form.dataset.waits);
        else announce(text("saved"));
    });

    function clear() {
        form.reset();
        mentioned.clear();
        form.querySelectorAll("[data-b=date]").forEach((input) => input._flatpickr?.clear());
    }

    /** What is typed after the last @ before the caret; null where there is none. */
    function sought() {
        return area.value.slice(0, area.selectionStart).match(/(?:^|[^\w.])@([^\s@]{0,30})$/)?.[1] ?? null;
    }

    async function look() {
        const typed = sought();
        const turn = ++asked;
        if (typed === null) return hide();
        const answer = await fetch(`${form.dataset.people}?q=${encodeURIComponent(typed)}`).catch(() => null);
        const people = answer?.ok ? await answer.json() : [];
        if (turn !== asked || sought() === null) return undefined;
        list.replaceChildren(...people.map(option));
        if (people.length === 0) list.append(Object.assign(document.createElement("div"), { className: "muted small", textContent: form.dataset.nobody }));
        list.hidden = false;
        mark(list.querySelector("[role=option]"));
        return undefined;
    }

    function option(person, number) {
        const element = document.createElement("div");
        element.id = `mention-${number}`;
        element.role = "option";
        element.dataset.id = person.id;
        element.textContent = person.name;
        return element;
    }

    function mark(chosen) {
        for (const each of list.children) each.setAttribute("aria-selected", String(each === chosen));
        if (chosen) area.setAttribute("aria-activedescendant", chosen.id);
        else area.removeAttribute("aria-activedescendant");
    }

    function choose(event) {
        const options = [...list.querySelectorAll("[role=option]")];
        const now = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
        if (event.key === "Escape") hide();
        else if (event.key === "ArrowDown") mark(options[(now + 1) % options.length]);
        else if (event.key === "ArrowUp") mark(options[(now - 1 + options.length) % options.length]);
        else if ((event.key === "Enter" || event.key === "Tab") && options[now]) put(options[now]);
        else return;
        event.preventDefault();
        event.stopPropagation();
    }

    function put(chosen) {
        const name = chosen.textContent;
        mentioned.set(name, chosen.dataset.id);
        const start = area.selectionStart - sought().length;
        area.setRangeText(`${name} `, start, area.selectionStart, "end");
        hide();
        area.focus();
    }

    function hide() {
        list.hidden = true;
        area.removeAttribute("aria-activedescendant");
    }
}
