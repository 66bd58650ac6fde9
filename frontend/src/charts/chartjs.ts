/** Chart.js with the parts that the dashboard uses; a chunk of its own, loaded on demand. */
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";
import { crosshairPlugin } from "./crosshair.ts";
import { endLabelsPlugin } from "./endLabels.ts";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  crosshairPlugin,
  endLabelsPlugin,
);

export { Chart };
