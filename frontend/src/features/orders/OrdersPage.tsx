import layout from "../shared/layout.module.css";
import { PlacedOrdersPanel } from "./PlacedOrdersPanel.tsx";

/** The orders behind the figures of the range and the filters. */
export default function OrdersPage() {
  return (
    <div className={layout.page}>
      <PlacedOrdersPanel />
    </div>
  );
}
