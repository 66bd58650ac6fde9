import { t } from "@lingui/core/macro";
import { type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from "react";
import { readingKey } from "../lib/locale.ts";
import { useTheme } from "../state/theme.ts";
import styles from "./ChartCanvas.module.css";
import { Chart } from "./chartjs.ts";
import { type ChartPalette, chartConfig } from "./config.ts";
import { type ChartModel, pointSummary } from "./model.ts";

interface ChartCanvasProps {
  readonly model: ChartModel;
  /** The accessible name. */
  readonly label: string;
  /** Pixels. */
  readonly height: number;
}

type ChartInstance = Chart<"line" | "bar", (number | null)[], string>;

/**
 * Creates, updates and destroys one chart. Screen readers skip the canvas; the
 * slider over it steps through the points.
 */
export default function ChartCanvas({ model, label, height }: ChartCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const instance = useRef<ChartInstance | null>(null);
  const latest = useRef(model);
  const [point, setPoint] = useState<number | null>(null);
  const { resolvedTheme } = useTheme();
  latest.current = model;

  // Recreated when the theme or the kind changes: Chart.js caches resolved colours.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme acts through the style sheet
  useEffect(() => {
    if (canvas.current === null) return;
    const chart: ChartInstance = new Chart(
      canvas.current,
      chartConfig(latest.current, readPalette(canvas.current)),
    );
    instance.current = chart;
    return () => {
      instance.current = null;
      chart.destroy();
    };
  }, [resolvedTheme, model.kind]);

  useEffect(() => {
    const chart = instance.current;
    if (chart === null || canvas.current === null) return;
    const { data, options } = chartConfig(model, readPalette(canvas.current));
    chart.data = data;
    chart.options = options ?? {};
    chart.update();
  }, [model]);

  const last = model.labels.length - 1;
  const current = point === null ? null : Math.min(point, last);

  function show(index: number | null) {
    setPoint(index);
    const chart = instance.current;
    if (chart === null) return;
    const active =
      index === null ? [] : model.series.map((_, datasetIndex) => ({ datasetIndex, index }));
    chart.setActiveElements(active);
    const anchor = index === null ? undefined : chart.getDatasetMeta(0).data[index];
    chart.tooltip?.setActiveElements(active, { x: anchor?.x ?? 0, y: anchor?.y ?? 0 });
    chart.update();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && current !== null) return model.onOpen?.(current);
    const target = nextPoint(readingKey(event.key), current, last);
    if (target === undefined) return;
    event.preventDefault();
    show(target);
  }

  function onClick({ nativeEvent }: MouseEvent) {
    const found = instance.current?.getElementsAtEventForMode(
      nativeEvent,
      "index",
      { intersect: false },
      false,
    );
    const index = found?.[0]?.index;
    if (index !== undefined) model.onOpen?.(index);
  }

  return (
    <div className={styles.frame} style={{ height }}>
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus by itself */}
      <canvas
        ref={canvas}
        aria-hidden="true"
        style={{ cursor: model.onOpen && "pointer" }}
        onClick={onClick}
      />
      <div
        className={styles.slider}
        role="slider"
        tabIndex={0}
        aria-label={
          model.onOpen
            ? t`${label}: use the arrow keys to walk through the points, Enter to open the orders of one`
            : t`${label}: use the arrow keys to walk through the points`
        }
        aria-valuemin={0}
        aria-valuemax={Math.max(last, 0)}
        aria-valuenow={current ?? 0}
        aria-valuetext={current === null ? t`No point selected` : pointSummary(model, current)}
        onKeyDown={onKeyDown}
        onBlur={() => show(null)}
      />
    </div>
  );
}

/** The point that a key leads to; `undefined` for other keys. */
export function nextPoint(key: string, current: number | null, last: number): number | undefined {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return current === null ? 0 : Math.min(current + 1, last);
    case "ArrowLeft":
    case "ArrowDown":
      return current === null ? last : Math.max(current - 1, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

function readPalette(element: Element): ChartPalette {
  const style = getComputedStyle(element);
  return {
    color: (name) => style.getPropertyValue(name).trim(),
    font: style.fontFamily,
  };
}
