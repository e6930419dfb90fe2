// The script of every page: sets up htmx, registers the behaviours, starts them. Behaviours live in their own modules.
import "bootstrap/js/dist/dropdown";

import { behaviour, lazyBehaviour, startIn } from "./behaviours.js";
import { startBulk } from "./bulk.js";
import { listenForConfirmation } from "./confirm.js";
import { listenForDialogs, startDialog } from "./dialog.js";
import { listenForRequests } from "./requests.js";
import { startLeave } from "./leave.js";
import { startDrawer, startPath, startSearch } from "./shell.js";
import { startTheme } from "./theme.js";
import { listenForToasts, startToast } from "./toast.js";

behaviour("bulk", startBulk);
behaviour("dialog", startDialog);
behaviour("drawer", startDrawer);
behaviour("leave", startLeave);
behaviour("path", startPath);
behaviour("search", startSearch);
behaviour("theme", startTheme);
behaviour("toast", startToast);
lazyBehaviour("board", () => import("./board.js"));
lazyBehaviour("date", () => import("./date.js"));
lazyBehaviour("datetime", () => import("./date.js"));
lazyBehaviour("lines", () => import("./lines.js"));
lazyBehaviour("lookup", () => import("./lookup.js"));
lazyBehaviour("rules", () => import("./form-rules.js"));

listenForRequests();
listenForToasts();
listenForDialogs();
listenForConfirmation();

startIn(document);
document.body.addEventListener("htmx:load", (event) => startIn(event.detail.elt));
