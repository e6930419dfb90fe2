// Arranging a dashboard: dragging and resizing by gridstack, the same by keyboard and by a menu, adding and removing.
import { GridStack } from "gridstack";

import { startIn } from "./behaviours.js";
import { announce, csrfToken } from "./page.js";

const COLUMNS = 12;
const TALLEST = 8;
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
const RESIZES = { ArrowLeft: "narrower", ArrowRight: "wider", ArrowUp: "shorter", ArrowDown: "taller" };

/** Make the widgets of an editor movable, and send where they are when its form is sent. */
export function start(editor) {
    const grid = GridStack.init(
        {
            column: COLUMNS,
            cellHeight: 120,
            margin: 8,
            float: false,
            handle: ".widget-head",
            draggable: { handle: ".widget-head", cancel: "button, .dropdown-menu" },
            resizable: { handles: "e, se, s" },
            columnOpts: { breakpoints: [{ w: 700, c: 1 }] },
        },
        editor.querySelector(".grid-stack"),
    );
    for (const item of grid.getGridItems()) limit(grid, item);
    editor.addEventListener("keydown", (event) => steer(grid, editor, event));
    editor.addEventListener("focusout", (event) => release(editor, event.target.closest?.("[data-move]")));
    editor.addEventListener("click", (event) => {
        const step = event.target.closest("[data-step]");
        if (step) move(grid, editor, step.closest(".grid-stack-item"), step.dataset.step);
        const added = event.target.closest("[data-add]");
        if (added) add(grid, editor, added);
        const grip = event.target.closest("[data-move]");
        if (grip && event.detail === 0) toggle(editor, grip); // pressed by keyboard
    });
    const form = document.getElementById("layout-form");
    form.addEventListener("submit", () => {
        const wide = grid.getColumn() === COLUMNS;
        const nodes = grid.engine.nodes;
        // On a phone the grid has one column: only the order is taken from it, the sizes stay.
        const places = wide
            ? nodes.map((node) => [node.id, node.x, node.y, node.w, node.h])
            : inColumns(nodes);
        form.elements.layout.value = JSON.stringify(places);
    });
}

function limit(grid, item) {
    grid.update(item, { minW: 2, maxH: TALLEST });
}

/** Return places for widgets that were ordered in one column: rows from left to right with their own widths. */
function inColumns(nodes) {
    const ordered = [...nodes].sort((one, other) => one.y - other.y || one.x - other.x);
    let [x, y, tallest] = [0, 0, 0];
    return ordered.map((node) => {
        const width = Number(node.el.dataset.width);
        if (x + width > COLUMNS) [x, y, tallest] = [0, y + tallest, 0];
        const place = [node.id, x, y, width, node.h];
        x += width;
        tallest = Math.max(tallest, node.h);
        return place;
    });
}

function nameOf(item) {
    return item.querySelector("h2").textContent.trim();
}

function say(editor, word, item, node = item.gridstackNode) {
    const values = { name: nameOf(item), x: node.x + 1, y: node.y + 1, w: node.w, h: node.h };
    announce(editor.dataset[word].replace(/\{(\w+)\}/g, (_, key) => values[key]));
}

function toggle(editor, grip) {
    const held = grip.getAttribute("aria-pressed") === "true";
    grip.setAttribute("aria-pressed", String(!held));
    grip.closest(".grid-stack-item").classList.toggle("held", !held);
    say(editor, held ? "dropped" : "grabbed", grip.closest(".grid-stack-item"));
}

function release(editor, grip) {
    if (grip?.getAttribute("aria-pressed") === "true") toggle(editor, grip);
}

function steer(grid, editor, event) {
    const grip = event.target.closest("[data-move]");
    if (!grip || grip.getAttribute("aria-pressed") !== "true") return;
    if (event.key === "Escape") {
        release(editor, grip);
        return;
    }
    const step = (event.shiftKey ? RESIZES : KEYS)[event.key];
    if (!step) return;
    event.preventDefault();
    move(grid, editor, grip.closest(".grid-stack-item"), step);
    grip.focus();
}

function move(grid, editor, item, step) {
    const node = item.gridstackNode;
    const { x, y, w, h } = node;
    if (step === "remove") {
        say(editor, "removed", item);
        const button = editor.querySelector(`[data-add="${node.id}"]`);
        grid.removeWidget(item);
        button.hidden = false;
        button.focus();
        return;
    }
    if (step === "down") {
        // Widgets fall upwards: one goes down by what stands below it taking its place.
        const next = below(grid, node);
        if (next) grid.update(next.el, { y });
        say(editor, "moved", item);
        return;
    }
    const change = {
        left: { x: x - 1 },
        right: { x: x + 1 },
        up: { y: Math.max(0, above(grid, node)) },
        wider: { w: w + 1 },
        narrower: { w: w - 1 },
        taller: { h: h + 1 },
        shorter: { h: h - 1 },
    }[step];
    const wanted = { x, y, w, h, ...change };
    const fits = wanted.x >= 0 && wanted.x + wanted.w <= grid.getColumn() && wanted.w >= 2 && wanted.h >= 1 && wanted.h <= TALLEST;
    if (fits) grid.update(item, change);
    say(editor, "moved", item);
}

/** Return the row at which what stands above begins: moving up trades places with it. */
function above(grid, node) {
    const rows = over(grid, node).filter((other) => other.y < node.y).map((other) => other.y);
    return rows.length ? Math.max(...rows) : node.y - 1;
}

/** Return what stands next below a widget, undefined where nothing does. */
function below(grid, node) {
    return over(grid, node).filter((other) => other.y >= node.y + node.h).sort((one, other) => one.y - other.y)[0];
}

function over(grid, node) {
    return grid.engine.nodes.filter((other) => other !== node && other.x < node.x + node.w && node.x < other.x + other.w);
}

async function add(grid, editor, button) {
    button.disabled = true;
    const answer = await fetch(editor.dataset.base + button.dataset.add, { headers: { "X-CSRFToken": csrfToken() } });
    button.disabled = false;
    if (!answer.ok) return;
    const made = document.createElement("template");
    made.innerHTML = (await answer.text()).trim();
    const item = made.content.firstElementChild;
    item.removeAttribute("gs-x");
    item.removeAttribute("gs-y");
    grid.el.append(item);
    grid.makeWidget(item);
    limit(grid, item);
    startIn(item);
    button.hidden = true;
    item.scrollIntoView({ block: "nearest" });
    item.querySelector("[data-move]").focus();
    say(editor, "added", item);
}
