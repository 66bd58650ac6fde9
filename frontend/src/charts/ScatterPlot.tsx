import { t } from "@lingui/core/macro";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { IS_RIGHT_TO_LEFT, readingKey } from "../lib/locale.ts";
import { nextPoint } from "./points.ts";
import styles from "./ScatterPlot.module.css";
import { type ScatterModel, scatterScale } from "./scatter.ts";

interface ScatterPlotProps {
  readonly model: ScatterModel;
  readonly label: string;
  /** Pixels. */
  readonly height: number;
}

/** Before the first measurement. Pixels. */
const WIDTH = 640;
const MARGIN = { start: 54, end: 14, top: 22, bottom: 38 };
const RADIUS = 5;
/** Narrower ones have no room for the names of the quadrants. */
const LEAST_WIDTH = 480;

/**
 * Points in four quadrants. The mouse and the arrow keys look at a point; a click or Enter opens
 * it. Screen readers read the slider over the drawing.
 */
export function ScatterPlot({ model, label, height }: ScatterPlotProps) {
  const [looked, setLooked] = useState<number | null>(null);
  const [width, ref] = useWidth();
  const { points, lines } = model;
  // The drawing runs the way the language is read; SVG anchors texts by their direction.
  const inward = IS_RIGHT_TO_LEFT ? -1 : 1;
  const area = {
    start: IS_RIGHT_TO_LEFT ? width - MARGIN.start : MARGIN.start,
    end: IS_RIGHT_TO_LEFT ? MARGIN.end : width - MARGIN.end,
    top: MARGIN.top,
    bottom: height - MARGIN.bottom,
  };
  const scale = scatterScale(model, area);
  const last = points.length - 1;
  const point = looked === null ? undefined : points[looked];

  function onKeyDown(event: KeyboardEvent) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && looked !== null) return model.onOpen(looked);
    const target = nextPoint(readingKey(event.key), looked, last);
    if (target === undefined) return;
    event.preventDefault();
    setLooked(target);
  }

  return (
    <div ref={ref} className={styles.frame}>
      <svg width={width} height={height} aria-hidden="true" focusable="false" data-chart>
        {scale.yTicks.map(({ at, text }) => (
          <g key={at}>
            <line x1={area.start} x2={area.end} y1={at} y2={at} className={styles.grid} />
            <text x={area.start - 8 * inward} y={at + 4} textAnchor="end" className={styles.tick}>
              {text}
            </text>
          </g>
        ))}
        {scale.xTicks.map(({ at, text }) => (
          <text key={at} x={at} y={area.bottom + 16} textAnchor="middle" className={styles.tick}>
            {text}
          </text>
        ))}
        <text
          x={(area.start + area.end) / 2}
          y={height - 4}
          textAnchor="middle"
          className={styles.tick}
        >
          {model.xTitle} {IS_RIGHT_TO_LEFT ? "←" : "→"}
        </text>
        {lines.x !== null && (
          <line
            x1={scale.x(lines.x)}
            x2={scale.x(lines.x)}
            y1={area.top}
            y2={area.bottom}
            className={styles.divider}
          />
        )}
        {lines.y !== null && (
          <line
            x1={area.start}
            x2={area.end}
            y1={scale.y(lines.y)}
            y2={scale.y(lines.y)}
            className={styles.divider}
          />
        )}
        {points.map((one, index) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the slider is for the keyboard
          <circle
            key={one.id}
            cx={scale.x(one.x)}
            cy={scale.y(one.y)}
            r={index === looked ? RADIUS + 2 : RADIUS}
            className={styles.point}
            data-below={lines.y !== null && one.y < lines.y}
            data-looked={index === looked}
            onClick={() => model.onOpen(index)}
            onPointerEnter={() => setLooked(index)}
            onPointerLeave={() => setLooked(null)}
          />
        ))}
        {width >= LEAST_WIDTH &&
          model.quadrants.map((name, index) => (
            <text
              key={name}
              x={index % 2 === 0 ? area.start + 6 * inward : area.end - 6 * inward}
              y={index < 2 ? area.top - 8 : area.bottom - 6}
              textAnchor={index % 2 === 0 ? "start" : "end"}
              className={styles.quadrant}
            >
              {name}
            </text>
          ))}
      </svg>
      <div
        className={styles.slider}
        role="slider"
        tabIndex={0}
        aria-label={t`${label}: use the arrow keys to walk through the points, Enter to open one`}
        aria-valuemin={0}
        aria-valuemax={Math.max(last, 0)}
        aria-valuenow={looked ?? 0}
        aria-valuetext={point?.text ?? t`No point selected`}
        onKeyDown={onKeyDown}
        onBlur={() => setLooked(null)}
      />
      <p className={styles.looked} aria-hidden="true">
        {point?.text ?? model.hint}
      </p>
    </div>
  );
}

/** The width of an element, as it changes. */
function useWidth(): [number, (element: HTMLElement | null) => void] {
  const [width, setWidth] = useState(WIDTH);
  const element = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (element.current === null || !("ResizeObserver" in globalThis)) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.max(200, Math.round(entry.contentRect.width)));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [
    width,
    (found) => {
      element.current = found;
    },
  ];
}
