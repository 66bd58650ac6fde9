/** The pages of the product, and which of them an address means. */
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { OverviewPage } from "../overview/OverviewPage.tsx";

interface Page {
  readonly path: string;
  readonly title: string;
  readonly View: ComponentType | LazyExoticComponent<ComponentType>;
  /** The page of one member, beneath it. */
  readonly Member?: LazyExoticComponent<ComponentType<{ readonly id: string }>>;
}

/** The overview is what most visits want at once; the others come when they are asked for. */
export const PAGES: readonly [Page, ...Page[]] = [
  { path: "/", title: "Overview", View: OverviewPage },
  {
    path: "/products",
    title: "Products",
    View: lazy(() => import("../products/ProductsPage.tsx")),
    Member: lazy(() => import("../products/ProductPage.tsx")),
  },
  {
    path: "/customers",
    title: "Customers",
    View: lazy(() => import("../customers/CustomersPage.tsx")),
    Member: lazy(() => import("../customers/CustomerPage.tsx")),
  },
  {
    path: "/reps",
    title: "Reps",
    View: lazy(() => import("../reps/RepsPage.tsx")),
    Member: lazy(() => import("../reps/RepPage.tsx")),
  },
  {
    path: "/profitability",
    title: "Profitability",
    View: lazy(() => import("../profitability/ProfitabilityPage.tsx")),
  },
];

/** The page of an address, and of which member it is; no page where there is none. */
export function findPage(pathname: string): { page: Page | undefined; id: string | null } {
  const [, base = "", member, ...rest] = pathname.split("/");
  const page = PAGES.find(({ path }) => path === `/${base}`);
  if (!member) return { page: member === "" || rest.length > 0 ? undefined : page, id: null };
  if (page?.Member === undefined || rest.length > 0) return { page: undefined, id: null };
  return { page, id: decodeId(member) };
}

/** An id as the address has it; what cannot be read is passed on, and is no id. */
function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
