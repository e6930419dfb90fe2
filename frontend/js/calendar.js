// The calendar: entries by day, moved by pointer or in their dialog; the server decides, a refused entry goes back.
import { createCalendar, DayGrid, Interaction, List, TimeGrid } from "@event-calendar/core";

import { openDialog } from "./dialog.js";
import { announce, csrfToken, text } from "./page.js";
import { showToast } from "./toast.js";

const PHONE = matchMedia("(max-width: 820px)");

/**
 * `[data-b=calendar]` with `data-entries` (address of `{entries, cut}`), `data-move` (where moves are posted),
 * `data-movable`, `data-ends`, `data-whole` (days without hours), `data-new` (address a day is added to), `data-text-*`.
 */
export function start(element) {
    keepRolesSound(element);
    const said = element.dataset;
    const week = "whole" in said ? "dayGridWeek" : "timeGridWeek";
    element.replaceChildren();
    const calendar = createCalendar(element, [DayGrid, TimeGrid, List, Interaction], {
        view: PHONE.matches ? "listMonth" : "dayGridMonth",
        date: said.today,
        locale: document.documentElement.lang,
        firstDay: 1,
        height: PHONE.matches ? undefined : "calc(100vh - 300px)",
        headerToolbar: { start: "prev,next today", center: "title", end: `dayGridMonth,${week},listMonth` },
        buttonText: {
            today: said.textToday,
            dayGridMonth: said.textMonth,
            [week]: said.textWeek,
            listMonth: said.textList,
            prev: said.textPrevious,
            next: said.textNext,
        },
        allDayContent: said.textAllDay,
        noEventsContent: said.textNone,
        moreLinkContent: ({ num }) => said.textMore.replace("{}", num),
        dayMaxEvents: true,
        editable: "movable" in said,
        eventDurationEditable: "movable" in said && "ends" in said,
        nowIndicator: true,
        eventContent: ({ event }) => ({ domNodes: content(event) }),
        eventSources: [{ events: (stretch) => fetchEntries(element, stretch) }],
        eventClick: ({ event, el }) => openEntry(calendar, event, el),
        eventDrop: (moved) => moveEntry(element, calendar, moved),
        eventResize: (moved) => moveEntry(element, calendar, moved),
        dateClick: ({ dateStr }) => {
            if (said.new) window.location.assign(said.new + encodeURIComponent(dateStr.replace("T", " ").slice(0, 16)));
        },
        loading: (isLoading) => element.setAttribute("aria-busy", String(isLoading)),
    });
}

/**
 * The widget calls its grid a table whose cells stand in no row, and its list a list without items; read as plain text
 * with buttons both make sense.
 */
function keepRolesSound(element) {
    const unsound = ["table", "rowgroup", "row", "cell", "columnheader", "rowheader", "list", "listitem"]
        .map((role) => `[role="${role}"]`)
        .join(",");
    const counted = ["aria-colcount", "aria-colindex", "aria-colspan", "aria-rowcount", "aria-rowindex", "aria-rowspan"];
    const clean = () => {
        for (const each of element.querySelectorAll(unsound)) each.removeAttribute("role");
        for (const name of counted) {
            for (const each of element.querySelectorAll(`[${name}]`)) each.removeAttribute(name);
        }
    };
    const watched = { attributeFilter: ["role", ...counted], childList: true, subtree: true };
    new MutationObserver(clean).observe(element, watched);
}

/** Title, and the state in words: colour alone says nothing to some. */
function content(event) {
    const title = document.createElement("span");
    title.className = "ec-event-title";
    title.textContent = event.title;
    if (event.extendedProps.state) title.title = `${event.title} · ${event.extendedProps.state}`;
    return [title];
}

async function fetchEntries(element, { startStr, endStr }) {
    const address = new URL(element.dataset.entries, window.location.href);
    address.searchParams.set("start", startStr);
    address.searchParams.set("end", endStr);
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) {
        showToast(text(answer ? "failed" : "offline"), { bad: true });
        return [];
    }
    const { entries, cut } = await answer.json();
    const note = document.querySelector("[data-cut]");
    if (note) note.hidden = !cut;
    return entries;
}

/** The dialog of an entry changes its days without a pointer; afterwards the entries are fetched again. */
async function openEntry(calendar, event, element) {
    const closed = new AbortController();
    document.body.addEventListener("record:changed", () => calendar.refetchEvents(), { signal: closed.signal });
    await openDialog(`${event.extendedProps.address}/when`, "small", element);
    document.getElementById("dialog").addEventListener("close", () => setTimeout(() => closed.abort(), 0), { once: true });
}

async function moveEntry(element, calendar, { event, revert }) {
    const wall = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    const body = { id: event.id, version: event.extendedProps.version, start: wall(event.start) };
    if ("ends" in element.dataset && event.end) body.end = wall(event.end);
    const answer = await fetch(element.dataset.move, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify(body),
    }).catch(() => null);
    const said = answer ? await answer.json().catch(() => ({})) : {};
    if (!answer?.ok) {
        revert();
        showToast(said.detail ?? text(answer ? "failed" : "offline"), { bad: true });
        if (answer?.status === 409) calendar.refetchEvents();
        return;
    }
    calendar.updateEvent({ ...event, extendedProps: { ...event.extendedProps, version: said.version } });
    announce(`${event.title}: ${body.start.slice(0, 10)}`);
}
