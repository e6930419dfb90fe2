// Dates and times of day: flatpickr, used nowhere else. Native date inputs ignore the page's language.
import flatpickr from "flatpickr";
import { Mandarin } from "flatpickr/dist/esm/l10n/zh.js";
import { MandarinTraditional } from "flatpickr/dist/esm/l10n/zh-tw.js";

const LOCALES = { "zh-CN": Mandarin, "zh-TW": MandarinTraditional };

/**
 * An `<input data-b="date">` holds `2026-12-18`, one with `datetime` `2026-12-18 14:30`, in the user's zone, one with
 * `time` `14:30`.
 */
export function start(input) {
    const kinds = input.dataset.b.split(/\s+/);
    const timeOnly = kinds.includes("time");
    const withTime = timeOnly || kinds.includes("datetime");
    flatpickr(input, {
        allowInput: true,
        appendTo: input.closest("dialog") ?? undefined,
        dateFormat: timeOnly ? "H:i" : withTime ? "Y-m-d H:i" : "Y-m-d",
        disableMobile: true,
        enableTime: withTime,
        noCalendar: timeOnly,
        locale: { ...LOCALES[document.documentElement.lang], firstDayOfWeek: 1 },
        monthSelectorType: "static",
        time_24hr: true,
        // In the top layer, or a dialog would cover or cut it.
        onReady: (_, __, picker) => (picker.calendarContainer.popover = "manual"),
        onOpen: (_, __, picker) => picker.calendarContainer.showPopover(),
        onClose: (_, __, picker) => picker.calendarContainer.hidePopover(),
    });
}
