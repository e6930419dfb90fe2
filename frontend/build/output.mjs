// The folder the build fills and the manifest the server reads; knows nothing of what is built.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";

export class Output {
    /** Everything is written beside `target` and takes its place at the end: a running server never misses a file. */
    constructor(target) {
        this.target = target;
        this.folder = `${target}.new`;
        this.manifest = {};
        fs.rmSync(this.folder, { recursive: true, force: true });
        fs.mkdirSync(this.folder, { recursive: true });
    }

    /** Write a file whose name says its hash and enter it in the manifest. */
    writeHashed(name, text) {
        const { name: stem, ext } = path.parse(name);
        const hash = createHash("sha256").update(text).digest("hex").slice(0, 8);
        const file = `${stem}-${hash}${ext}`;
        fs.writeFileSync(path.join(this.folder, file), text);
        this.enter(name, file, []);
    }

    /** Enter a written file in the manifest; `imports` are the files a browser should fetch along with it. */
    enter(name, file, imports) {
        this.manifest[name] = { file: `dist/${file}`, imports: imports.map((each) => `dist/${each}`) };
    }

    /** Compress everything, write the manifest, and say what it all weighs. */
    finish() {
        for (const file of fs.readdirSync(this.folder).sort()) {
            const bytes = fs.readFileSync(path.join(this.folder, file));
            const packed = zlib.gzipSync(bytes, { level: 9 });
            fs.writeFileSync(path.join(this.folder, `${file}.gz`), packed);
            console.log(`${file.padEnd(32)} ${kilobytes(bytes)} KB, ${kilobytes(packed)} KB over the wire`);
        }
        fs.writeFileSync(path.join(this.folder, "manifest.json"), `${JSON.stringify(this.manifest, null, 1)}\n`);
        this.keepYoung();
        fs.rmSync(this.target, { recursive: true, force: true });
        fs.renameSync(this.folder, this.target);
    }

    /** Keep what earlier builds left: servers still running, and pages still open, name those files. */
    keepYoung() {
        for (const file of fs.existsSync(this.target) ? fs.readdirSync(this.target) : []) {
            const [old, copy] = [path.join(this.target, file), path.join(this.folder, file)];
            const young = Date.now() - fs.statSync(old).mtimeMs < KEPT_MS;
            if (young && !file.startsWith(".") && !fs.existsSync(copy)) {
                fs.cpSync(old, copy, { preserveTimestamps: true });
            }
        }
    }
}

/** How long files of earlier builds stay: longer than a page is open, shorter than a folder fills. */
const KEPT_MS = 3 * 24 * 3600 * 1000;
const kilobytes = (bytes) => (bytes.length / 1024).toFixed(1).padStart(6);
