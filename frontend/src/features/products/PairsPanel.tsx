import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ProductPairsDocument, type ProductPairsQuery } from "../../gql/graphql.ts";
import { formatExact, formatPercent, toCoordinate } from "../../lib/number.ts";
import { useChoice } from "../../state/location.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { exportTable } from "../shared/exportTable.ts";
import { Panel } from "../shared/Panel.tsx";
import { ViewLink } from "../shared/ViewLink.tsx";
import { useAreaVariables } from "../shared/variables.ts";
import styles from "./PairsPanel.module.css";

const CHOICES = ["LIFT", "SUPPORT", "CONFIDENCE"] as const;
const TITLES = { LIFT: "Lift", SUPPORT: "Support", CONFIDENCE: "Confidence" } as const;
const FETCHED = 30;
const SHOWN = 10;

type Row = ProductPairsQuery["products"]["pairs"]["nodes"][number];

const COLUMNS: readonly Column<Row>[] = [
  {
    id: "name",
    header: "With this, that is bought",
    value: ({ product, other }) => `${product.name} → ${other.name}`,
    render: ({ product, other }) => (
      <span className={styles.pair} title={`${product.name} → ${other.name}`}>
        <ViewLink path={entityPath("PRODUCT", product.id)}>{product.name}</ViewLink> →{" "}
        <ViewLink path={entityPath("PRODUCT", other.id)}>{other.name}</ViewLink>
      </span>
    ),
  },
  {
    id: "orders",
    header: "Orders",
    title: "Orders that hold both",
    numeric: true,
    value: ({ orders }) => String(orders),
  },
  {
    id: "support",
    header: "Support",
    title: "Part of all orders that hold both",
    numeric: true,
    value: ({ support }) => support,
    render: ({ support }) => formatPercent(toCoordinate(support)),
  },
  {
    id: "confidence",
    header: "Confidence",
    title: "Part of the orders with the first product that hold the second too",
    numeric: true,
    value: ({ confidence }) => confidence,
    render: ({ confidence }) => formatPercent(toCoordinate(confidence)),
  },
  {
    id: "lift",
    header: "Lift",
    title: "How much more often than by chance",
    numeric: true,
    value: ({ lift }) => lift,
    render: ({ lift }) => `×${formatExact(lift, { unit: "count", currency: "" })}`,
  },
];

interface PairsPanelProps {
  /** Only pairs with this product; without it, the page's filters choose. */
  readonly product?: string;
}

/** Products that are bought together. */
export function PairsPanel({ product }: PairsPanelProps) {
  const [by, setBy] = useChoice("pairs", CHOICES);
  const area = useAreaVariables();
  const filters = product === undefined ? area.filters : { products: [product] };
  const query = usePanelQuery(ProductPairsDocument, { filters, by, first: FETCHED });
  const rows = query.data?.products.pairs.nodes ?? [];
  return (
    <Panel
      title="Bought together"
      subtitle="Over the whole history, whatever the range"
      query={query}
      height={378}
      computedAt={({ products }) => products.pairs.asOf}
      empty={({ products }) => {
        if (products.pairs.asOf === null) return "Pairs have not been computed yet.";
        return rows.length ? null : "No two products are in enough orders together.";
      }}
      tools={
        <>
          <Segmented
            name="Rank by"
            value={by}
            options={CHOICES.map((value) => ({ value, label: TITLES[value] }))}
            onChange={setBy}
          />
          <ExportButton
            what="pairs"
            isDisabled={rows.length === 0}
            onExport={() => exportTable("Bought together", COLUMNS, rows)}
          />
        </>
      }
    >
      {() => (
        <DataTable
          key={by}
          caption="Pairs of products that are bought together"
          columns={COLUMNS}
          rows={rows}
          rowKey={({ product, other }) => `${product.id} ${other.id}`}
          initialSort={{ column: by.toLowerCase(), descending: true }}
          limit={SHOWN}
        />
      )}
    </Panel>
  );
}
