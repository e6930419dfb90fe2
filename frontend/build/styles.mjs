// One style sheet: the rules of others that can match anything of ours, then all of our own.
import path from "node:path";

import * as esbuild from "esbuild";
import postcss from "postcss";

import { filesBelow, wordsIn } from "./sources.mjs";

/** Return the text of app.css. */
export async function buildStyles(frontend) {
    const root = path.dirname(frontend);
    const words = wordsIn([
        ...filesBelow(path.join(root, "platform/web"), [".html", ".py"]),
        ...filesBelow(path.join(root, "platform/fields"), [".py"]),
        ...filesBelow(path.join(frontend, "js"), [".js"]),
        ...filesBelow(path.join(frontend, "gallery/pages"), [".html"]),
        // Widgets that put their own class names on the page.
        ...["bootstrap/js/dist/dropdown.js", "tom-select/dist/esm/tom-select.js", "flatpickr/dist/flatpickr.js"].map(
            (file) => path.join(frontend, "node_modules", file),
        ),
        path.join(frontend, "node_modules/tom-select/dist/esm/defaults.js"),
    ]);
    const vendor = purge(await bundle(path.join(frontend, "css/vendor.css")), words);
    return vendor + (await bundle(path.join(frontend, "css/app.css")));
}

/** Return the text of a style sheet that only one kind of page fetches, with what it imports. */
export async function buildPageStyles(frontend, name) {
    return bundle(path.join(frontend, "css", name));
}

async function bundle(entry) {
    const result = await esbuild.build({
        entryPoints: [entry],
        bundle: true,
        minify: true,
        write: false,
        legalComments: "none",
        logLevel: "warning",
        target: ["chrome111", "firefox113", "safari16.4"],
    });
    return result.outputFiles[0].text;
}

/** Drop rules that name a class or id none of our words is, then variables and animations nobody refers to. */
export function purge(css, words) {
    const tree = postcss.parse(css);
    tree.walkRules((rule) => {
        if (rule.parent.type === "atrule" && rule.parent.name.endsWith("keyframes")) return;
        rule.selectors = rule.selectors.filter((selector) => canMatch(selector, words));
        if (rule.selectors.length === 0 || rule.selector === "") rule.remove();
    });
    dropUnusedVariables(tree, words);
    dropUnusedAnimations(tree);
    tree.walkAtRules((rule) => {
        if (rule.nodes?.length === 0) rule.remove();
    });
    return tree.toString();
}

function canMatch(selector, words) {
    // What :not, :is and :where list may or may not be there: only the rest decides.
    const certain = selector.replace(/:(not|is|where)\((?:[^()]|\([^()]*\))*\)/g, "");
    const names = [...certain.matchAll(/[.#]((?:\\.|[\w-])+)/g)].map((match) => match[1].replaceAll("\\", ""));
    return names.every((name) => words.has(name));
}

function dropUnusedVariables(tree, words) {
    for (let dropped = true; dropped; ) {
        dropped = false;
        const used = new Set([...tree.toString().matchAll(/var\((--[\w-]+)/g)].map((match) => match[1]));
        tree.walkDecls(/^--/, (declaration) => {
            if (used.has(declaration.prop) || words.has(declaration.prop)) return;
            declaration.remove();
            dropped = true;
        });
        tree.walkRules((rule) => {
            if (rule.nodes.length === 0) rule.remove();
        });
    }
}

function dropUnusedAnimations(tree) {
    const used = [];
    tree.walkDecls(/^animation/, (declaration) => used.push(declaration.value));
    const text = ` ${used.join(" ").replace(/[,;]/g, " ")} `;
    tree.walkAtRules(/keyframes$/, (rule) => {
        if (!text.includes(` ${rule.params} `)) rule.remove();
    });
}
