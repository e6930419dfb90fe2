// Finds the files the build reads, and the words in them.
import fs from "node:fs";
import path from "node:path";

/** Return the paths of all files below `folder` whose name ends in one of `endings`; none if there is no folder. */
export function filesBelow(folder, endings) {
    if (!fs.existsSync(folder)) return [];
    return fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
        .map((entry) => path.join(entry.parentPath, entry.name))
        .filter((file) => !file.includes("node_modules/") && !file.includes("static/dist/"));
}

/** Return every word of the files that could be the name of a class, an id or an icon. */
export function wordsIn(files) {
    const words = new Set();
    for (const file of files) {
        for (const word of fs.readFileSync(file, "utf8").split(/[^\w-]+/)) words.add(word);
    }
    return words;
}
