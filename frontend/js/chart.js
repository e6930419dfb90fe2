// Draws the charts of dashboards as SVG from what the page says; colours come from the theme, numbers from the server.
// Tooltips are rich text: the usual ones are HTML with inline styles, which the Content-Security-Policy forbids.
import { BarChart, FunnelChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, FunnelChart, LineChart, PieChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

/** Pixels: below, what stands beside a part stands in a legend instead. */
const NARROW = 400;
const TONES = ["blue", "purple", "cyan", "yellow", "green", "orange", "red", "grey"];

/** Draw the chart of an element, again when its size or the theme changes; a click leads to the records of a part. */
export function start(element) {
    const data = JSON.parse(element.dataset.chart);
    const chart = init(element, null, { renderer: "svg" });
    const draw = () => chart.setOption(optionOf(data, element), { notMerge: true });
    draw();
    chart.on("click", ({ seriesIndex, dataIndex }) => {
        const link = data.series[seriesIndex]?.links[dataIndex];
        if (link && !element.closest("[inert]")) location.assign(link);
    });
    let width = element.clientWidth;
    new ResizeObserver(() => {
        if (element.clientWidth === 0) return; // the table stands in its place
        chart.resize();
        if (element.clientWidth < NARROW !== width < NARROW) draw();
        width = element.clientWidth;
    }).observe(element);
    new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
}

function optionOf(data, element) {
    const style = getComputedStyle(element);
    const look = {
        text: style.color,
        muted: style.getPropertyValue("--muted").trim(),
        line: style.getPropertyValue("--tblr-border-color").trim(),
        card: getComputedStyle(element.closest(".card")).backgroundColor,
        font: style.fontFamily,
        tones: Object.fromEntries(TONES.map((tone) => [tone, toneColor(element, tone)])),
        narrow: element.clientWidth < NARROW,
    };
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const common = {
        animation: !still,
        textStyle: { fontFamily: look.font, color: look.text },
        tooltip: {
            renderMode: "richText",
            confine: true,
            backgroundColor: look.card,
            borderColor: look.line,
            textStyle: { color: look.text, fontSize: 12.5, fontFamily: look.font },
        },
    };
    const make = { funnel: funnelOf, donut: donutOf, bar: axesOf, line: axesOf }[data.type];
    return { ...common, ...make(data, look, common) };
}

function toneColor(element, tone) {
    const probe = document.createElement("span");
    probe.className = `tone-${tone}`;
    probe.hidden = true;
    element.append(probe);
    const color = getComputedStyle(probe).getPropertyValue("--tone-strong").trim();
    probe.remove();
    return color;
}

function colorOf(data, look, index) {
    return look.tones[data.tones[index] || TONES[index % TONES.length]];
}

/** Return what stands beside a part: its name, how many, how much. */
function wordsOf(data, index) {
    const value = data.series[0].texts[index];
    const count = data.counts[index];
    return count ? `${data.labels[index]}  ${count}\n${value}` : `${data.labels[index]}  ${value}`;
}

function funnelOf(data, look, common) {
    const values = data.series[0].values;
    const steps = data.labels.length;
    // Widths by the place in the funnel: what a step holds is said beside it.
    return {
        tooltip: { ...common.tooltip, trigger: "item", formatter: ({ dataIndex }) => wordsOf(data, dataIndex) },
        series: [
            {
                type: "funnel",
                sort: "none",
                left: "4%",
                width: look.narrow ? "54%" : "58%",
                top: 12,
                bottom: 12,
                gap: 3,
                minSize: "22%",
                min: 0,
                max: steps,
                labelLine: { length: 12, lineStyle: { color: look.line } },
                label: { position: "right", color: look.text, fontSize: 12, lineHeight: 17, formatter: ({ dataIndex }) => wordsOf(data, dataIndex) },
                cursor: "pointer",
                data: values.map((value, index) => ({
                    value: steps - index,
                    name: data.labels[index],
                    itemStyle: { color: colorOf(data, look, index), borderWidth: 0 },
                })),
            },
        ],
    };
}

function donutOf(data, look, common) {
    return {
        tooltip: { ...common.tooltip, trigger: "item", formatter: ({ dataIndex, percent }) => `${wordsOf(data, dataIndex)}  ${percent}%` },
        legend: {
            show: look.narrow,
            bottom: 0,
            itemWidth: 12,
            itemHeight: 8,
            textStyle: { color: look.text, fontFamily: look.font },
            formatter: (name) => wordsOf(data, data.labels.indexOf(name)),
        },
        series: [
            {
                type: "pie",
                radius: ["46%", "72%"],
                center: ["50%", look.narrow ? "42%" : "50%"],
                itemStyle: { borderColor: look.card, borderWidth: 2 },
                label: { show: !look.narrow, color: look.text, fontSize: 12, formatter: ({ dataIndex }) => wordsOf(data, dataIndex) },
                labelLine: { lineStyle: { color: look.line } },
                data: data.series[0].values.map((value, index) => ({
                    value,
                    name: data.labels[index],
                    itemStyle: { color: colorOf(data, look, index) },
                })),
            },
        ],
    };
}

function axesOf(data, look, common) {
    const several = data.series.length > 1;
    const short = new Intl.NumberFormat(data.language, { notation: "compact", maximumFractionDigits: 1 });
    const category = {
        type: "category",
        data: data.labels,
        axisTick: { show: false },
        axisLine: { lineStyle: { color: look.line } },
        axisLabel: { color: look.muted, hideOverlap: true, overflow: "truncate", width: 96 },
    };
    const value = {
        type: "value",
        splitNumber: 4,
        minInterval: data.sign ? 0 : 1,
        splitLine: { lineStyle: { color: look.line } },
        axisLabel: { color: look.muted, hideOverlap: true, formatter: (number) => `${data.sign}${short.format(number)}` },
    };
    // Long names, such as people's, read better beside the bars than below them.
    const flat = data.type === "bar" && !several && data.labels.length > 0 && data.tones.every((tone) => !tone) && data.labels.some((label) => label.length > 4);
    return {
        legend: { show: several, right: 8, top: 4, itemWidth: 12, itemHeight: 8, textStyle: { color: look.text, fontFamily: look.font } },
        grid: { left: 8, right: 16, top: several ? 36 : 16, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
        tooltip: {
            ...common.tooltip,
            trigger: "axis",
            formatter: (points) =>
                [data.labels[points[0].dataIndex], ...points.map((point) => `${several ? `${point.seriesName}  ` : ""}${data.series[point.seriesIndex].texts[point.dataIndex]}`)].join("\n"),
        },
        xAxis: flat ? value : category,
        yAxis: flat ? { ...category, inverse: true } : value,
        series: data.series.map((series, place) => ({
            type: data.type,
            name: series.name,
            smooth: 0.2,
            smoothMonotone: "x",
            symbolSize: 7,
            barMaxWidth: 28,
            cursor: "pointer",
            itemStyle: { color: look.tones[TONES[place]], borderRadius: data.type === "bar" ? (flat ? [0, 4, 4, 0] : [4, 4, 0, 0]) : 0 },
            lineStyle: { width: 2.5 },
            data: series.values.map((number, index) =>
                !several && data.tones[index] ? { value: number, itemStyle: { color: colorOf(data, look, index) } } : number,
            ),
        })),
    };
}
