/** Known figures of Northwind, and the pages of the dashboard. */

/** Net of discounts, over all time. */
export const REVENUE = "1,265,793.04";
export const ALL_TIME = "/?range=1996-07-04..1998-05-06&compare=off";

/** Rows with detail pages; each has sales in every year. */
export const ENTITIES = [
  { path: "/customers", panel: "Top customers", name: "QUICK-Stop" },
  { path: "/reps", panel: "Leaderboard", name: "Margaret Peacock" },
  { path: "/products", panel: "Products", name: "Côte de Blaye" },
] as const;

export const PAGES = [
  "/",
  "/products",
  "/customers",
  "/reps",
  "/orders",
  "/profitability",
  "/data",
] as const;
