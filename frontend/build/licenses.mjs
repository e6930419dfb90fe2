// The licences of the libraries that end up in the built files, as those licences ask for.
import fs from "node:fs";
import path from "node:path";

/** Return one text with the licence of every production dependency. */
export function collectLicenses(frontend) {
    const { dependencies } = JSON.parse(fs.readFileSync(path.join(frontend, "package.json"), "utf8"));
    return Object.keys(dependencies)
        .sort()
        .map((name) => licenseOf(name, path.join(frontend, "node_modules", name)))
        .join(`\n${"=".repeat(78)}\n\n`);
}

function licenseOf(name, folder) {
    const { version, license, homepage = "" } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
    const file = fs.readdirSync(folder).find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each));
    const text = file ? fs.readFileSync(path.join(folder, file), "utf8") : `Licence: ${license}\n`;
    return `${name} ${version} (${license}) ${homepage}\n\n${text}`;
}
