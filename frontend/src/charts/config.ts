import type { ChartConfiguration, ChartDataset, TooltipItem } from "chart.js";
import { toNumber } from "../lib/decimal.ts";
import { IS_RIGHT_TO_LEFT, LOCALE } from "../lib/locale.ts";
import { endLabelWidth } from "./endLabels.ts";
import {
  type ChartModel,
  type ChartSeries,
  incompleteness,
  pointNotes,
  pointText,
} from "./model.ts";

/** Colours of the current theme; see `styles/tokens.css`. */
export interface ChartPalette {
  readonly color: (name: string) => string;
  readonly font: string;
}

type Config = ChartConfiguration<"line" | "bar", (number | null)[], string>;
type Dataset = ChartDataset<"line" | "bar", (number | null)[]>;

/** Up to this many points, each gets a dot, so that isolated values are visible. */
const MAX_DOTS = 40;

/** Of a label's characters, more than the widest ones of a script take on average. Pixels. */
const LABEL_CHARACTER = 7;

/** The size of a point with an annotation. Pixels. */
const MARK_RADIUS = 6;

/** The library leaves room for the last label at the right alone, where a reversed axis begins. */
function lastLabelWidth({ labels }: ChartModel): number {
  return (labels.at(-1)?.length ?? 0) * LABEL_CHARACTER;
}

export function chartConfig(model: ChartModel, palette: ChartPalette): Config {
  const muted = palette.color("--text-muted");
  const font = (size: number) => ({ family: palette.font, size });
  return {
    type: model.kind,
    data: {
      labels: [...model.labels],
      datasets: model.series.map((series) =>
        model.kind === "line" ? line(model, series, palette) : bar(model, series, palette),
      ),
    },
    options: {
      responsive: true,
      locale: LOCALE,
      maintainAspectRatio: false,
      // Live updates would animate the chart all the time.
      animation: false,
      normalized: true,
      interaction: { mode: "index", intersect: false },
      font: { family: palette.font },
      layout: {
        padding: {
          top: 6,
          // The last name on a reversed axis has no axis beside it to lie over.
          ...(IS_RIGHT_TO_LEFT
            ? { left: Math.max(lastLabelWidth(model) / 2, endLabelWidth(model)) }
            : { right: endLabelWidth(model) }),
        },
      },
      scales: {
        x: {
          // Time runs the way the language is read.
          reverse: IS_RIGHT_TO_LEFT,
          stacked: model.isStacked ?? false,
          grid: { display: false },
          border: { color: palette.color("--border") },
          ticks: {
            color: muted,
            maxRotation: 0,
            autoSkipPadding: 16,
            font: font(11.5),
            ...(model.named && {
              autoSkip: false,
              callback: (_, index) => (model.named?.includes(index) ? model.labels[index] : ""),
            }),
          },
        },
        y: {
          position: IS_RIGHT_TO_LEFT ? "right" : "left",
          stacked: model.isStacked ?? false,
          beginAtZero: true,
          ...(model.highest !== undefined && { max: model.highest }),
          border: { display: false },
          grid: { color: palette.color("--grid") },
          ticks: {
            color: muted,
            maxTicksLimit: 6,
            padding: 8,
            font: font(11.5),
            callback: (value) => model.compact(String(value)),
          },
        },
      },
      plugins: {
        // An option of our own, which the library's types do not have.
        ...({ endLabels: { isShown: endLabelWidth(model) > 0 } } as object),
        tooltip: {
          rtl: IS_RIGHT_TO_LEFT,
          textDirection: IS_RIGHT_TO_LEFT ? "rtl" : "ltr",
          backgroundColor: palette.color("--surface"),
          titleColor: palette.color("--text"),
          bodyColor: palette.color("--text"),
          footerColor: muted,
          borderColor: palette.color("--border"),
          borderWidth: 1,
          padding: 10,
          boxPadding: 4,
          usePointStyle: true,
          titleFont: font(12.5),
          bodyFont: font(12.5),
          footerFont: { ...font(11.5), weight: "normal" },
          // Known days have no estimates, and days ahead no values.
          filter: ({ dataIndex, datasetIndex }) => {
            const hasEstimates = model.series.some(({ isEstimate }) => isEstimate);
            return !hasEstimates || model.series[datasetIndex]?.values[dataIndex] != null;
          },
          callbacks: {
            title: ([item]) => (item && model.titles[item.dataIndex]) ?? "",
            label: (item) => tooltipLine(model, item),
            footer: ([item]) => (item ? [...pointNotes(model, item.dataIndex)] : []),
          },
        },
      },
    },
  };
}

function tooltipLine(model: ChartModel, item: TooltipItem<"line" | "bar">): string {
  const series = model.series[item.datasetIndex];
  if (series === undefined) return "";
  const title = series.titles?.[item.dataIndex];
  return `${title ?? series.name}: ${pointText(model, series, item.dataIndex)}`;
}

function line(model: ChartModel, series: ChartSeries, palette: ChartPalette): Dataset {
  const color = palette.color(`--series-${series.color}`);
  const background = series.isBackground === true;
  if (series.bound) return bound(series, color);
  const dots = model.labels.length <= MAX_DOTS && !background;
  const isMarked = (index: number) => !background && model.marks?.[index] != null;
  return {
    type: "line",
    label: series.name,
    data: coordinates(series),
    borderColor: color,
    backgroundColor: background ? color : palette.color("--fill-current"),
    borderWidth: background ? 1.5 : 2.25,
    pointStyle: ({ dataIndex }) =>
      isMarked(dataIndex) ? "triangle" : background ? "rect" : "circle",
    pointRadius: ({ dataIndex }) => (isMarked(dataIndex) ? MARK_RADIUS : dots ? 2.5 : 0),
    pointHoverRadius: 5,
    pointBackgroundColor: color,
    pointBorderColor: color,
    tension: 0,
    fill: background || model.series.length > 2 ? false : "origin",
    // Chart.js draws the lowest order on top.
    order: background ? 2 : 1,
    segment: {
      // Segments that touch an incomplete point are dashed; the others are solid.
      borderDash: ({ p0DataIndex, p1DataIndex }) =>
        series.isEstimate ||
        (!background &&
          (incompleteness(model, p0DataIndex) ?? incompleteness(model, p1DataIndex)) !== null)
          ? [5, 4]
          : undefined,
    },
  };
}

/** A side of an area; Chart.js fills from the upper one to the dataset before it. */
function bound(series: ChartSeries, color: string): Dataset {
  return {
    type: "line",
    label: series.name,
    data: coordinates(series),
    borderWidth: 0,
    pointRadius: 0,
    pointHoverRadius: 0,
    backgroundColor: `${color}33`,
    fill: series.bound === "high" ? "-1" : false,
    order: 3,
  };
}

function bar(model: ChartModel, series: ChartSeries, palette: ChartPalette): Dataset {
  const color = palette.color(`--series-${series.color}`);
  return {
    type: "bar",
    label: series.name,
    data: coordinates(series),
    backgroundColor: model.labels.map((_, index) =>
      incompleteness(model, index) !== null ? `${color}73` : color,
    ),
    borderRadius: model.isStacked ? 0 : 3,
    maxBarThickness: 46,
    order: series.isBackground ? 2 : 1,
  };
}

function coordinates(series: ChartSeries): (number | null)[] {
  return series.values.map((value) => (value === null ? null : toNumber(value)));
}
