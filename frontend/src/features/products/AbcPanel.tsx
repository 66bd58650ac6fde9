import { plural, t } from "@lingui/core/macro";
import { useAllRows } from "../../api/useAllRows.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ProductAbcDocument, type ProductAbcQuery } from "../../gql/graphql.ts";
import { type Decimal, toNumber } from "../../lib/decimal.ts";
import { LOCALE } from "../../lib/locale.ts";
import { formatPercent, formatShare } from "../../lib/numberFormat.ts";
import { useEnumParam } from "../../state/location.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { EmptyRange } from "../shared/EmptyRange.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPath } from "../shared/entityPath.ts";
import { ListTable } from "../shared/ListTable.tsx";
import layout from "../shared/layout.module.css";
import { MetricPicker } from "../shared/MetricPicker.tsx";
import { Amount } from "../shared/metricColumns.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useMetric } from "../shared/reporting.ts";
import { useList } from "../shared/useList.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./AbcPanel.module.css";

const METRICS = ["REVENUE", "PROFIT", "UNITS"] as const;
const PAGE_ROWS = 8;

type Abc = ProductAbcQuery["products"]["abc"];
type Row = Abc["products"]["nodes"][number];

/** Products in classes A, B and C by their share of a metric. */
export function AbcPanel() {
  const [by, setBy] = useEnumParam("abc", METRICS);
  const { period, zone, filters } = useViewVariables();
  const view = { period, zone, filters, by };
  // The classes are stretches of one order, so the list has no other.
  const list = useList({ param: "abc", metric: by, pageSize: PAGE_ROWS, of: view });
  const { first, after } = list.variables;
  const variables = { ...view, first, after };
  const query = usePanelQuery(ProductAbcDocument, variables);
  const loadRows = useAllRows(ProductAbcDocument, variables, (data) => data.products.abc.products);
  const abc = query.data?.products.abc;
  const { title, definition, style } = useMetric()(abc?.metric ?? by);

  const columns: readonly Column<Row>[] = [
    {
      id: "name",
      header: t`Product`,
      value: ({ product }) => product.name,
      render: ({ product }) => (
        <NameCell label={product.name} path={entityPath("PRODUCT", product.id)} />
      ),
    },
    {
      id: "class",
      header: t`Class`,
      value: (row) => row.class,
      render: (row) => <ClassBadge name={row.class} />,
    },
    {
      id: "value",
      header: title,
      definition,
      numeric: true,
      value: ({ value }) => value,
      render: ({ value }, among) => <Amount value={value} style={style} among={among} />,
    },
    {
      id: "share",
      header: t`Share`,
      numeric: true,
      value: ({ share }) => share,
      render: ({ share }) => formatShare(share),
    },
    {
      id: "cumulative",
      header: t`Together`,
      definition: t`Share of this and all higher-ranked products together`,
      numeric: true,
      value: ({ cumulativeShare }) => cumulativeShare,
      render: ({ cumulativeShare }) => formatShare(cumulativeShare),
    },
  ];

  return (
    <Panel
      title={t`ABC classes`}
      subtitle={t`A makes the first ${formatPercent(0.8, 0)}, B the next ${formatPercent(0.15, 0)}, C the rest`}
      query={query}
      height={378}
      empty={() =>
        abc?.products.nodes.length ? null : <EmptyRange what={t`No product was sold`} />
      }
      tools={
        <>
          <MetricPicker name={t`Classes by`} metrics={METRICS} value={by} onChange={setBy} />
          <ExportButton
            file={t`ABC classes`}
            of={query.data?.products}
            columns={columns}
            rows={abc?.products.nodes ?? []}
            loadRows={loadRows}
          />
        </>
      }
    >
      {({ products }) => (
        <>
          <ClassBars classes={products.abc.classes} />
          {lossText(products.abc.classes) && (
            <p className={layout.note}>{lossText(products.abc.classes)}</p>
          )}
          <ListTable
            caption={t`Products by Pareto class`}
            columns={columns.map((column) => ({ ...column, isSortable: false }))}
            list={list}
            page={products.abc.products}
            rowKey={({ product }) => product.id}
            isStale={query.isStale}
            canSearch={false}
          />
        </>
      )}
    </Panel>
  );
}

/** What the shares leave out: products below 0, which are in class C; `null` where there is none. */
export function lossText(classes: readonly { readonly share: Decimal | null }[]): string | null {
  const missing = 1 - classes.reduce((sum, { share }) => sum + toNumber(share), 0);
  if (missing < 0.00005 || missing >= 1) return null;
  return t`Shares are of all products above 0. C also holds products below 0, which take ${formatPercent(missing)} off.`;
}

function ClassBadge({ name }: { readonly name: string }) {
  return (
    <span className={styles.badge} data-class={name}>
      {name}
    </span>
  );
}

/** Two bars of the same length: number of products and value by class. */
function ClassBars({ classes }: { readonly classes: Abc["classes"] }) {
  return (
    <dl className={styles.bars}>
      <dt>{t`Products`}</dt>
      <dd className={styles.bar}>
        {classes.map(({ name, products, productsShare }) => {
          const share = formatShare(productsShare) ?? "–";
          return (
            <span
              key={name}
              className={styles.part}
              data-class={name}
              style={{ flexGrow: toNumber(productsShare) }}
              title={plural(products, {
                one: `${name}: # product, ${share}`,
                other: `${name}: # products, ${share}`,
              })}
            >
              {name} {products.toLocaleString(LOCALE)}
            </span>
          );
        })}
      </dd>
      <dt>{t`Value`}</dt>
      <dd className={styles.bar}>
        {classes.map(({ name, share }) => (
          <span
            key={name}
            className={styles.part}
            data-class={name}
            style={{ flexGrow: toNumber(share) }}
            title={`${name}: ${formatShare(share) ?? "–"}`}
          >
            {name} {formatShare(share)}
          </span>
        ))}
      </dd>
    </dl>
  );
}
