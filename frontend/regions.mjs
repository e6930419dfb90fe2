// Writes the divisions of China (GB/T 2260) from @vant/area-data as platform/fields/regions.json, which the server
// reads. Run it with the Node of build.py after an update of the package, and commit what it wrote.
import fs from "node:fs";

import { areaList } from "@vant/area-data";

const names = { ...areaList.province_list, ...areaList.city_list, ...areaList.county_list };
const sorted = Object.fromEntries(Object.keys(names).sort().map((code) => [code, names[code]]));
fs.writeFileSync(new URL("../platform/fields/regions.json", import.meta.url), `${JSON.stringify(sorted, null, 0)}\n`);
