// Builds platform/web/static/dist: hashed scripts and styles, the icon sprite, licences, .gz twins and manifest.json.
// Run by build.py; the steps live in build/, this file puts them in order.
import path from "node:path";

import { collectLicenses } from "./build/licenses.mjs";
import { Output } from "./build/output.mjs";
import { buildScripts } from "./build/scripts.mjs";
import { buildSprite } from "./build/sprite.mjs";
import { buildPageStyles, buildStyles } from "./build/styles.mjs";

const frontend = import.meta.dirname;
const output = new Output(path.join(frontend, "../platform/web/static/dist"));

output.writeHashed("icons.svg", buildSprite(frontend));
output.writeHashed("app.css", await buildStyles(frontend));
output.writeHashed("pages.css", await buildPageStyles(frontend, "pages.css"));
output.writeHashed("calendar.css", await buildPageStyles(frontend, "calendar.css"));
output.writeHashed("dashboard-grid.css", await buildPageStyles(frontend, "dashboard-grid.css"));
await buildScripts(frontend, output);
output.writeHashed("licenses.txt", collectLicenses(frontend));
output.finish();
