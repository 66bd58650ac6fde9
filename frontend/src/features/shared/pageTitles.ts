import { t } from "@lingui/core/macro";

/** The list pages by their paths, in the order of the navigation. */
export const PAGE_TITLES = {
  "/": t`Overview`,
  "/products": t`Products`,
  "/customers": t`Customers`,
  "/reps": t`Reps`,
  "/orders": t`Orders`,
  "/profitability": t`Profitability`,
} as const;
