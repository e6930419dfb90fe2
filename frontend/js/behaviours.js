// The registry of behaviours: `data-b="name other"` on an element starts what is registered under these names.
// Runs again on every fragment that htmx puts into the page; an element is started once.

const registry = new Map();
const started = new WeakMap();

/** Register `start(element)` under a name. */
export function behaviour(name, start) {
    registry.set(name, start);
}

/** Register a behaviour whose module is fetched when the first element needs it; it exports `start(element)`. */
export function lazyBehaviour(name, load) {
    registry.set(name, async (element) => (await load()).start(element));
}

/** Start the behaviours of `root` and of everything in it. */
export function startIn(root) {
    if (root.matches?.("[data-b]")) startOne(root);
    for (const element of root.querySelectorAll("[data-b]")) startOne(element);
}

function startOne(element) {
    const running = started.get(element) ?? new Set();
    started.set(element, running);
    for (const name of element.dataset.b.split(/\s+/)) {
        const start = registry.get(name);
        if (start === undefined || running.has(name)) continue;
        running.add(name);
        start(element);
    }
}
