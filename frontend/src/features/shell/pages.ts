/** The pages, and which of them a path means. */
import { t } from "@lingui/core/macro";
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { OverviewPage } from "../overview/OverviewPage.tsx";
import { PAGE_TITLES } from "../shared/pageTitles.ts";

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly List: ComponentType | LazyExoticComponent<ComponentType>;
  /** Whether the whole list page is about the selected range. */
  readonly isOfRange: boolean;
  /** Whether range, comparison and filters mean nothing to it, nor that there are no sales yet. */
  readonly isApart?: boolean;
  /** The page of one product, customer, rep or order, at a path below the list's. */
  readonly Detail?: LazyExoticComponent<ComponentType<{ readonly id: string }>>;
}

/** The overview is in the first chunk; the other pages load on demand. */
export const PAGES: readonly [Page, ...Page[]] = [
  { path: "/", title: PAGE_TITLES["/"], List: OverviewPage, isOfRange: true },
  {
    path: "/products",
    title: PAGE_TITLES["/products"],
    List: lazy(() => import("../products/ProductsPage.tsx")),
    isOfRange: true,
    Detail: lazy(() => import("../products/ProductPage.tsx")),
  },
  {
    path: "/customers",
    title: PAGE_TITLES["/customers"],
    List: lazy(() => import("../customers/CustomersPage.tsx")),
    isOfRange: false,
    Detail: lazy(() => import("../customers/CustomerPage.tsx")),
  },
  {
    path: "/reps",
    title: PAGE_TITLES["/reps"],
    List: lazy(() => import("../reps/RepsPage.tsx")),
    isOfRange: true,
    Detail: lazy(() => import("../reps/RepPage.tsx")),
  },
  {
    path: "/orders",
    title: PAGE_TITLES["/orders"],
    List: lazy(() => import("../orders/OrdersPage.tsx")),
    isOfRange: true,
    Detail: lazy(() => import("../orders/OrderPage.tsx")),
  },
  {
    path: "/profitability",
    title: PAGE_TITLES["/profitability"],
    List: lazy(() => import("../profitability/ProfitabilityPage.tsx")),
    isOfRange: true,
  },
  {
    path: "/data",
    title: t`Data`,
    List: lazy(() => import("../data/DataPage.tsx")),
    isOfRange: false,
    isApart: true,
  },
];

/** The page of a path, and the id of a detail page; `undefined` for unknown paths. */
export function findPage(pathname: string): { page: Page | undefined; id: string | null } {
  const [, base = "", segment, ...rest] = pathname.split("/");
  const page = PAGES.find(({ path }) => path === `/${base}`);
  if (!segment) return { page: segment === "" || rest.length > 0 ? undefined : page, id: null };
  if (page?.Detail === undefined || rest.length > 0) return { page: undefined, id: null };
  return { page, id: decodeId(segment) };
}

/** Decodes an id; an invalid encoding stays as it is and matches nothing. */
function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
