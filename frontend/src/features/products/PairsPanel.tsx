import { t } from "@lingui/core/macro";
import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ProductPairsDocument, type ProductPairsQuery } from "../../gql/graphql.ts";
import { formatAmong } from "../../lib/columnFormat.ts";
import { toNumber } from "../../lib/decimal.ts";
import { IS_RIGHT_TO_LEFT } from "../../lib/locale.ts";
import { formatPercent } from "../../lib/numberFormat.ts";
import { useEnumParam } from "../../state/location.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { ListTable } from "../shared/ListTable.tsx";
import { Panel } from "../shared/Panel.tsx";
import { WHOLE_HISTORY } from "../shared/useFileNotes.ts";
import { useList } from "../shared/useList.ts";
import { ViewLink } from "../shared/ViewLink.tsx";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./PairsPanel.module.css";

const MEASURES = ["LIFT", "SUPPORT", "CONFIDENCE"] as const;
const TITLES = {
  LIFT: t`Against chance`,
  SUPPORT: t`Of all orders`,
  CONFIDENCE: t`Also buy it`,
} as const;
const PAGE_ROWS = 9;
/** Towards the end of the line. */
const ARROW = IS_RIGHT_TO_LEFT ? "←" : "→";

type Row = ProductPairsQuery["products"]["pairs"]["nodes"][number];

const COLUMNS: readonly Column<Row>[] = [
  {
    id: "name",
    header: t`Bought → also bought`,
    // Cut, it would be one product.
    isWhole: true,
    value: ({ product, other }) => `${product.name} → ${other.name}`,
    render: ({ product, other }) => (
      <span className={styles.pair} title={`${product.name} → ${other.name}`}>
        <bdi>
          <ViewLink path={entityPath("PRODUCT", product.id)}>{product.name}</ViewLink>
        </bdi>{" "}
        {ARROW}{" "}
        <bdi>
          <ViewLink path={entityPath("PRODUCT", other.id)}>{other.name}</ViewLink>
        </bdi>
      </span>
    ),
  },
  {
    id: "orders",
    header: t`Orders`,
    definition: t`Orders with both products`,
    numeric: true,
    value: ({ orders }) => String(orders),
  },
  {
    id: "support",
    header: TITLES.SUPPORT,
    definition: t`Share of all orders with both products (support)`,
    numeric: true,
    value: ({ support }) => support,
    render: ({ support }) => formatPercent(toNumber(support)),
  },
  {
    id: "confidence",
    header: TITLES.CONFIDENCE,
    definition: t`Share of the orders with the first product that also have the second (confidence)`,
    numeric: true,
    value: ({ confidence }) => confidence,
    render: ({ confidence }) => formatPercent(toNumber(confidence)),
  },
  {
    id: "lift",
    header: TITLES.LIFT,
    definition: t`How many times as often as by chance: above 1 the products attract each other (lift)`,
    numeric: true,
    value: ({ lift }) => lift,
    render: ({ lift }, among) => `×${formatAmong(lift, { unit: "count", currency: "" }, among)}`,
  },
];

interface PairsPanelProps {
  /** Limits the pairs to this product; otherwise the page's filters apply. */
  readonly product?: string;
}

/** Products that are bought together. */
export function PairsPanel({ product }: PairsPanelProps) {
  const [by, setBy] = useEnumParam("pairs", MEASURES);
  const view = useViewVariables();
  const filters = product === undefined ? view.filters : { products: [product] };
  const list = useList({ param: "pairs", metric: by, pageSize: PAGE_ROWS, of: [filters, by] });
  const { first, after } = list.variables;
  const variables = { filters, by, first, after };
  const query = usePanelQuery(ProductPairsDocument, variables);
  const loadRows = useAllRows(ProductPairsDocument, variables, (data) => data.products.pairs);
  const rows = query.data?.products.pairs.nodes ?? [];
  return (
    <Panel
      title={t`Bought together`}
      subtitle={t`Over the whole history, independent of the range`}
      query={query}
      height={378}
      computedAt={({ products }) => products.pairs.asOf}
      empty={({ products }) => {
        if (products.pairs.asOf === null) return t`Pairs have not been computed yet.`;
        return rows.length ? null : t`No pair of products has enough orders.`;
      }}
      tools={
        <>
          <SegmentedControl
            name={t`Rank by`}
            value={by}
            options={MEASURES.map((value) => ({ value, label: TITLES[value] }))}
            onChange={setBy}
          />
          <ExportButton
            file={t`Bought together`}
            of={WHOLE_HISTORY}
            label={t`pairs`}
            columns={COLUMNS}
            rows={rows}
            loadRows={loadRows}
          />
        </>
      }
    >
      {({ products }) => (
        <ListTable
          caption={t`Pairs of products that are bought together`}
          columns={COLUMNS.map((column) => ({ ...column, isSortable: false }))}
          list={list}
          page={products.pairs}
          rowKey={({ product, other }) => `${product.id} ${other.id}`}
          isStale={query.isStale}
          canSearch={false}
        />
      )}
    </Panel>
  );
}
