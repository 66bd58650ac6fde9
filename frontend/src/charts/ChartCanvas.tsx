import { t } from "@lingui/core/macro";
import {
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import { readingKey } from "../lib/locale.ts";
import { useTheme } from "../state/theme.ts";
import styles from "./ChartCanvas.module.css";
import { Chart } from "./chartjs.ts";
import { type ChartPalette, chartConfig } from "./config.ts";
import { lookAt, onLook, showPoint } from "./crosshair.ts";
import { type ChartModel, pointSummary } from "./model.ts";
import { nextPoint } from "./points.ts";

interface ChartCanvasProps {
  readonly model: ChartModel;
  /** The accessible name. */
  readonly label: string;
  /** Pixels. */
  readonly height: number;
}

type ChartInstance = Chart<"line" | "bar", (number | null)[], string>;

/** Points from the one where a selection began to where it is now. */
interface Selected {
  readonly from: number;
  readonly to: number;
}

/**
 * Creates, updates and destroys one chart. Screen readers skip the canvas; the
 * slider over it steps through the points. Dragging, or Shift with an arrow key, selects points to
 * zoom in to.
 */
export default function ChartCanvas({ model, label, height }: ChartCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const instance = useRef<ChartInstance | null>(null);
  const latest = useRef(model);
  const [point, setPoint] = useState<number | null>(null);
  const [selected, setSelected] = useState<Selected | null>(null);
  const hasDragged = useRef(false);
  const isPressed = useRef(false);
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

  const follow = useCallback((start: string | null) => {
    const chart = instance.current;
    if (chart === null) return;
    showPoint(chart, start === null ? null : (latest.current.starts?.indexOf(start) ?? -1));
  }, []);
  useEffect(() => onLook(follow), [follow]);

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
    look(index);
  }

  function look(index: number | null) {
    lookAt(index === null ? null : (model.starts?.[index] ?? null), follow);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" && selected !== null) {
      // Esc must not clear the filters too.
      event.stopPropagation();
      return setSelected(null);
    }
    if (event.key === "Enter" && selected !== null) return zoom(selected);
    if (event.key === "Enter" && current !== null) return model.onOpen?.(current);
    const target = nextPoint(readingKey(event.key), current, last);
    if (target === undefined) return;
    event.preventDefault();
    setSelected(
      event.shiftKey && model.onZoom
        ? { from: selected?.from ?? current ?? target, to: target }
        : null,
    );
    show(target);
  }

  function zoom({ from, to }: Selected) {
    setSelected(null);
    if (from !== to) model.onZoom?.(Math.min(from, to), Math.max(from, to));
  }

  function pointAt(event: globalThis.MouseEvent): number | undefined {
    const found = instance.current?.getElementsAtEventForMode(
      event,
      "index",
      { intersect: false },
      false,
    );
    return found?.[0]?.index;
  }

  /** The point nearest to the pointer, which may have left the chart's area. */
  function nearestPoint({ offsetX }: globalThis.MouseEvent): number | undefined {
    const points = instance.current?.getDatasetMeta(0).data ?? [];
    const distances = points.map(({ x }) => Math.abs(x - offsetX));
    return distances.length === 0 ? undefined : distances.indexOf(Math.min(...distances));
  }

  function onPointerDown({ nativeEvent, pointerType, button, currentTarget }: PointerEvent) {
    hasDragged.current = false;
    // A finger scrolls the page.
    if (model.onZoom === undefined || pointerType === "touch" || button !== 0) return;
    const from = pointAt(nativeEvent);
    if (from === undefined) return;
    currentTarget.setPointerCapture?.(nativeEvent.pointerId);
    isPressed.current = true;
    setSelected({ from, to: from });
  }

  function onPointerMove({ nativeEvent }: PointerEvent) {
    const index = pointAt(nativeEvent) ?? null;
    look(index);
    // What the keyboard selected stays until a button is pressed.
    if (selected !== null && isPressed.current) {
      setSelected({ ...selected, to: nearestPoint(nativeEvent) ?? selected.to });
    }
  }

  function onPointerUp({ nativeEvent }: PointerEvent) {
    if (selected === null || !isPressed.current) return;
    isPressed.current = false;
    // The last move may not be rendered yet.
    const to = nearestPoint(nativeEvent) ?? selected.to;
    hasDragged.current = selected.from !== to;
    zoom({ from: selected.from, to });
  }

  function onClick({ nativeEvent }: MouseEvent) {
    // A drag may end with a click.
    if (hasDragged.current) return;
    const index = pointAt(nativeEvent);
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
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => {
          isPressed.current = false;
          setSelected(null);
        }}
        onPointerLeave={() => look(null)}
      />
      {selected !== null && selected.from !== selected.to && (
        <div className={styles.selection} style={extent(instance.current, selected)} />
      )}
      <div
        className={styles.slider}
        role="slider"
        tabIndex={0}
        aria-label={keysText(model, label)}
        aria-valuemin={0}
        aria-valuemax={Math.max(last, 0)}
        aria-valuenow={current ?? 0}
        aria-valuetext={valueText(model, current, selected)}
        onKeyDown={onKeyDown}
        onBlur={() => {
          // The press that takes the focus away begins a selection of its own.
          if (!isPressed.current) setSelected(null);
          show(null);
        }}
      />
    </div>
  );
}

/** What the slider is and which keys it takes. */
function keysText({ onOpen, onZoom }: ChartModel, label: string): string {
  const keys = onOpen
    ? t`${label}: use the arrow keys to walk through the points, Enter to open the orders of one`
    : t`${label}: use the arrow keys to walk through the points`;
  return onZoom ? t`${keys}, with Shift to select some, then Enter to show these alone` : keys;
}

/** What the slider reads as. */
function valueText(model: ChartModel, current: number | null, selected: Selected | null): string {
  if (current === null) return t`No point selected`;
  const text = pointSummary(model, current);
  if (selected === null || selected.from === selected.to) return text;
  const [first, last] = [selected.from, selected.to].sort((a, b) => a - b) as [number, number];
  const [from = "", to = ""] = [model.titles[first], model.titles[last]];
  return t`${from} to ${to} selected. ${text}`;
}

/** Where the selected points are drawn. */
function extent(chart: ChartInstance | null, { from, to }: Selected) {
  const points = chart?.getDatasetMeta(0).data;
  const [left = 0, right = 0] = [points?.[from]?.x ?? 0, points?.[to]?.x ?? 0].sort(
    (a, b) => a - b,
  );
  const area = chart?.chartArea;
  return {
    left,
    width: right - left,
    top: area?.top ?? 0,
    height: (area?.bottom ?? 0) - (area?.top ?? 0),
  };
}

function readPalette(element: Element): ChartPalette {
  const style = getComputedStyle(element);
  return {
    color: (name) => style.getPropertyValue(name).trim(),
    font: style.fontFamily,
  };
}
