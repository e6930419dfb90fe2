// Questions before something that cannot simply be undone, in the page's own dialog and not the browser's.

/** Ask; resolves to true or false. The dialog is in the frame, with the buttons of `value` "yes" and "no". */
export function ask(question, { yes = "" } = {}) {
    const dialog = document.getElementById("confirm");
    dialog.querySelector("[data-question]").textContent = question;
    const button = dialog.querySelector("button[value=yes]");
    button.textContent = yes || button.dataset.label;
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => {
        dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
}

/** htmx's `hx-confirm` and, for forms and links without htmx, `data-confirm`; `data-yes` names the button. */
export function listenForConfirmation() {
    document.body.addEventListener("htmx:confirm", async (event) => {
        const { question, elt, issueRequest } = event.detail;
        if (!question) return;
        event.preventDefault();
        if (await ask(question, { yes: elt.dataset.yes })) issueRequest(true);
    });
    document.addEventListener("submit", async (event) => {
        const asking = event.submitter?.dataset.confirm ? event.submitter : event.target;
        const form = event.target;
        if (!asking.dataset.confirm || form.dataset.confirmed) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        if (!(await ask(asking.dataset.confirm, { yes: asking.dataset.yes }))) return;
        form.dataset.confirmed = "1";
        form.requestSubmit(event.submitter);
        delete form.dataset.confirmed;
    }, { capture: true });
}
