// One SVG with every icon of icons.txt; pages show one with <use href="...#name">.
import fs from "node:fs";
import path from "node:path";

/** Return the sprite's text; an unknown name stops the build. */
export function buildSprite(frontend) {
    const names = fs.readFileSync(path.join(frontend, "icons.txt"), "utf8").split(/\s+/).filter(Boolean);
    const folder = path.join(frontend, "node_modules/@tabler/icons/icons/outline");
    const symbols = [...new Set(names)].sort().map((name) => symbol(name, path.join(folder, `${name}.svg`)));
    return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

function symbol(name, file) {
    if (!fs.existsSync(file)) throw new Error(`icons.txt names "${name}", which @tabler/icons does not have`);
    const drawing = fs
        .readFileSync(file, "utf8")
        .replace(/<!--[\s\S]*?-->/g, "")
        .replace(/^[\s\S]*?<svg[^>]*>/, "")
        .replace(/<\/svg>\s*$/, "")
        .replace(/\s*\n\s*/g, "");
    const pen = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
    return `<symbol id="${name}" viewBox="0 0 24 24" ${pen}>${drawing}</symbol>`;
}
