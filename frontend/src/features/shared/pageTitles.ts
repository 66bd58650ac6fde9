/** The list pages by their paths, in the order of the navigation. */
export const PAGE_TITLES = {
  "/": "Overview",
  "/products": "Products",
  "/customers": "Customers",
  "/reps": "Reps",
  "/orders": "Orders",
  "/profitability": "Profitability",
} as const;
