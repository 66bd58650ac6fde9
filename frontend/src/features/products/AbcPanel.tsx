import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ProductAbcDocument, type ProductAbcQuery } from "../../gql/graphql.ts";
import { formatPercent, toCoordinate } from "../../lib/number.ts";
import { useChoice } from "../../state/location.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { ExportButton } from "../shared/ChartTools.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { exportTable } from "../shared/exportTable.ts";
import { Amount } from "../shared/figureColumns.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetricStyle, useMetricTitle } from "../shared/reporting.ts";
import { useAreaVariables } from "../shared/variables.ts";
import styles from "./AbcPanel.module.css";

const CHOICES = ["REVENUE", "PROFIT", "UNITS"] as const;
const FETCHED = 100;
const SHOWN = 8;

type Abc = ProductAbcQuery["products"]["abc"];
type Row = Abc["products"]["nodes"][number];

/** Which few products make most of a figure. */
export function AbcPanel() {
  const [by, setBy] = useChoice("abc", CHOICES);
  const { period, zone, filters } = useAreaVariables();
  const query = usePanelQuery(ProductAbcDocument, { period, zone, filters, by, first: FETCHED });
  const abc = query.data?.products.abc;
  const style = useMetricStyle()(abc?.metric ?? by);
  const metricTitle = useMetricTitle();

  const columns: readonly Column<Row>[] = [
    {
      id: "name",
      header: "Product",
      value: ({ product }) => product.name,
      render: ({ product }) => (
        <NameCell label={product.name} path={entityPath("PRODUCT", product.id)} />
      ),
    },
    {
      id: "class",
      header: "Class",
      value: (row) => row.class,
      render: (row) => <ClassBadge name={row.class} />,
    },
    {
      id: "value",
      header: metricTitle(abc?.metric ?? by),
      numeric: true,
      value: ({ value }) => value,
      render: ({ value }) => <Amount value={value} style={style} />,
    },
    {
      id: "share",
      header: "Share",
      numeric: true,
      value: ({ share }) => share,
      render: ({ share }) => percent(share),
    },
    {
      id: "cumulative",
      header: "Together",
      title: "Share of this and all better products together",
      numeric: true,
      value: ({ cumulativeShare }) => cumulativeShare,
      render: ({ cumulativeShare }) => percent(cumulativeShare),
    },
  ];

  return (
    <Panel
      title="ABC classes"
      subtitle="A makes the first 80 %, B the next 15 %, C the rest"
      query={query}
      height={378}
      empty={() =>
        abc?.products.nodes.length ? null : (
          <EmptyRange>No product was sold in this range.</EmptyRange>
        )
      }
      tools={
        <>
          <Segmented
            name="Classes by"
            value={by}
            options={CHOICES.map((metric) => ({ value: metric, label: metricTitle(metric) }))}
            onChange={setBy}
          />
          <ExportButton
            what="ABC classes"
            isDisabled={abc === undefined}
            onExport={() => abc && exportTable("ABC classes", columns, abc.products.nodes)}
          />
        </>
      }
    >
      {({ products }) => (
        <>
          <ClassBars classes={products.abc.classes} />
          <DataTable
            key={products.abc.metric}
            caption="Products by Pareto class"
            columns={columns}
            rows={products.abc.products.nodes}
            rowKey={({ product }) => product.id}
            limit={SHOWN}
          />
        </>
      )}
    </Panel>
  );
}

function percent(share: string | null): string | null {
  return share === null ? null : formatPercent(toCoordinate(share));
}

function ClassBadge({ name }: { readonly name: string }) {
  return (
    <span className={styles.badge} data-class={name}>
      {name}
    </span>
  );
}

/** Two bars of the same length: the products, and what they make. */
function ClassBars({ classes }: { readonly classes: Abc["classes"] }) {
  return (
    <dl className={styles.bars}>
      <dt>Products</dt>
      <dd className={styles.bar}>
        {classes.map(({ name, products, productsShare }) => (
          <span
            key={name}
            className={styles.part}
            data-class={name}
            style={{ flexGrow: toCoordinate(productsShare) }}
            title={`${name}: ${products} products, ${percent(productsShare) ?? "–"}`}
          >
            {name} {products}
          </span>
        ))}
      </dd>
      <dt>Value</dt>
      <dd className={styles.bar}>
        {classes.map(({ name, share }) => (
          <span
            key={name}
            className={styles.part}
            data-class={name}
            style={{ flexGrow: toCoordinate(share) }}
            title={`${name}: ${percent(share) ?? "–"}`}
          >
            {name} {percent(share)}
          </span>
        ))}
      </dd>
    </dl>
  );
}
