// Formatted text: Quill without its themes, fetched only by forms that have such a field. The server cleans what comes.
import Quill from "quill/core.js";
import coreStyles from "quill/dist/quill.core.css";
import Blockquote from "quill/formats/blockquote.js";
import Bold from "quill/formats/bold.js";
import Code, { Code as InlineCode } from "quill/formats/code.js";
import Header from "quill/formats/header.js";
import Italic from "quill/formats/italic.js";
import Link from "quill/formats/link.js";
import List from "quill/formats/list.js";
import Strike from "quill/formats/strike.js";
import Underline from "quill/formats/underline.js";

import { iconAddress } from "./page.js";

for (const format of [Blockquote, Bold, Code, InlineCode, Header, Italic, Link, List, Strike, Underline]) {
    Quill.register(`formats/${format.blotName}`, format, true);
}
const FORMATS = ["blockquote", "bold", "code", "code-block", "header", "italic", "link", "list", "strike", "underline"];
/** Name of the button's text, icon, format, value. */
const BUTTONS = [
    ["header", "heading", "header", 2],
    ["bold", "bold", "bold", true],
    ["italic", "italic", "italic", true],
    ["underline", "underline", "underline", true],
    ["strike", "strikethrough", "strike", true],
    ["bullet", "list", "list", "bullet"],
    ["ordered", "list-numbers", "list", "ordered"],
    ["blockquote", "quote", "blockquote", true],
    ["link", "link", "link", null],
    ["clean", "clear-formatting", null, null],
];
let adopted = false;

/** `<textarea data-b="rich">` holds HTML; its `data-*` texts name the buttons. */
export function start(area) {
    adoptStyles();
    const holder = document.createElement("div");
    holder.className = "rich-editor form-control";
    const toolbar = toolbarOf(area);
    const place = document.createElement("div");
    holder.append(toolbar, place);
    area.after(holder);
    const quill = new Quill(place, { formats: FORMATS });
    quill.root.classList.add("rich");
    quill.root.setAttribute("role", "textbox");
    quill.root.setAttribute("aria-multiline", "true");
    quill.root.setAttribute("aria-label", area.getAttribute("aria-label"));
    quill.setContents(quill.clipboard.convert({ html: area.value }), "silent");
    area.hidden = true;
    area.required = false; // the server says so beside the field; a hidden control cannot

    const follow = () => quill.enable(!area.disabled && !area.readOnly);
    new MutationObserver(follow).observe(area, { attributeFilter: ["disabled", "readonly"] });
    follow();
    quill.on("text-change", () => {
        area.value = quill.getText().trim() === "" ? "" : quill.getSemanticHTML();
        area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    quill.on("editor-change", () => showState(toolbar, quill));
    toolbar.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button) press(button, quill, toolbar);
    });
    toolbar.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.target.type !== "url") return;
        event.preventDefault();
        press(toolbar.querySelector("[data-apply]"), quill, toolbar);
    });
}

function adoptStyles() {
    if (adopted) return;
    adopted = true;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(coreStyles);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

function toolbarOf(area) {
    const bar = document.createElement("div");
    bar.className = "rich-toolbar";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", area.dataset.toolbar);
    for (const [name, icon] of BUTTONS) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn btn-icon btn-sm btn-ghost-secondary";
        button.dataset.name = name;
        button.title = area.dataset[name];
        button.setAttribute("aria-label", area.dataset[name]);
        const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        picture.setAttribute("class", "i");
        picture.setAttribute("aria-hidden", "true");
        const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
        use.setAttribute("href", iconAddress(icon));
        picture.append(use);
        button.append(picture);
        bar.append(button);
    }
    const address = document.createElement("span");
    address.className = "rich-link";
    address.hidden = true;
    const input = document.createElement("input");
    input.type = "url";
    input.className = "form-control form-control-sm";
    input.setAttribute("aria-label", area.dataset.address);
    input.placeholder = "https://";
    const apply = document.createElement("button");
    apply.type = "button";
    apply.className = "btn btn-sm";
    apply.dataset.apply = "";
    apply.textContent = area.dataset.apply;
    address.append(input, apply);
    bar.append(address);
    return bar;
}

function press(button, quill, toolbar) {
    const box = toolbar.querySelector(".rich-link");
    const input = box.querySelector("input");
    if (button.dataset.apply !== undefined) {
        const address = input.value.trim();
        box.hidden = true;
        quill.focus();
        quill.format("link", address && !/^[a-z][a-z0-9+.-]*:/i.test(address) ? `https://${address}` : address || false);
        return;
    }
    const [name, , format, value] = BUTTONS.find(([each]) => each === button.dataset.name);
    const range = quill.getSelection(true);
    if (name === "link") {
        box.hidden = !box.hidden;
        input.value = quill.getFormat(range).link ?? "";
        if (!box.hidden) input.focus();
    } else if (name === "clean") {
        quill.removeFormat(range.index, range.length);
    } else {
        quill.format(format, quill.getFormat(range)[format] === value ? false : value);
    }
    showState(toolbar, quill);
}

function showState(toolbar, quill) {
    const range = quill.getSelection();
    if (!range) return;
    const formats = quill.getFormat(range);
    for (const [name, , format, value] of BUTTONS) {
        if (format === null) continue;
        const pressed = value === null ? Boolean(formats[format]) : formats[format] === value;
        toolbar.querySelector(`[data-name="${name}"]`).setAttribute("aria-pressed", String(pressed));
    }
}
