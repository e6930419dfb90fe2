// Our modules and the libraries they import, split so that a page fetches only what it uses.
import path from "node:path";

import * as esbuild from "esbuild";

// A style sheet that only one module needs is imported as text and adopted by it.
const COMMON = { bundle: true, loader: { ".css": "text" }, minify: true, target: "es2022", legalComments: "none", logLevel: "warning" };

/** The modules that pages name. */
const PAGES = { "js/app.js": "app.js", "js/web-form.js": "web-form.js" };

/**
 * Write the scripts to the output and enter those that pages name: app.js and web-form.js, modules; early.js, which blocks;
 * expressions.js, which the compiled rules of forms import.
 */
export async function buildScripts(frontend, output) {
    const runtime = path.join(frontend, "../platform/expressions/runtime.js");
    output.writeHashed("early.js", await single(path.join(frontend, "js/early.js"), "iife"));
    output.writeHashed("expressions.js", await single(runtime, "esm"));

    const modules = await esbuild.build({
        ...COMMON,
        entryPoints: { app: path.join(frontend, "js/app.js"), "web-form": path.join(frontend, "js/web-form.js") },
        outdir: output.folder,
        absWorkingDir: frontend,
        splitting: true,
        format: "esm",
        entryNames: "[name]-[hash]",
        chunkNames: "part-[name]-[hash]",
        metafile: true,
    });
    for (const [file, built] of Object.entries(modules.metafile.outputs)) {
        const name = PAGES[built.entryPoint];
        if (name === undefined) continue; // lazily imported modules: no page names them
        const atOnce = built.imports.filter((each) => each.kind === "import-statement");
        output.enter(name, path.basename(file), atOnce.map((each) => path.basename(each.path)));
    }
}

async function single(entry, format) {
    const built = await esbuild.build({ ...COMMON, entryPoints: [entry], format, write: false });
    return built.outputFiles[0].text;
}
