import { t } from "@lingui/core/macro";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import {
  DeltaPartsFragmentDoc,
  type MetricId,
  type MoverPartsFragment,
  MoverPartsFragmentDoc,
  OverviewMoversDocument,
} from "../../gql/graphql.ts";
import type { Among } from "../../lib/columnFormat.ts";
import type { Decimal } from "../../lib/decimal.ts";
import { within } from "../../lib/locale.ts";
import { useEnumParam } from "../../state/location.ts";
import { useView } from "../../state/useView.ts";
import { BarCell, longestBar } from "../../ui/BarCell.tsx";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";
import { DIMENSION_TITLES } from "../shared/BreakdownPanel.tsx";
import { DeltaBadge } from "../shared/DeltaBadge.tsx";
import { ExportButton } from "../shared/ExportButton.tsx";
import { entityPathOrNull } from "../shared/entityPath.ts";
import { figureOf } from "../shared/figureOf.ts";
import { filterOf } from "../shared/filterLabels.ts";
import { memberLabel } from "../shared/memberLabel.ts";
import { Amount } from "../shared/metricColumns.tsx";
import { NameCell } from "../shared/NameCell.tsx";
import { OrdersLink } from "../shared/OrdersLink.tsx";
import { Panel } from "../shared/Panel.tsx";
import { PeriodLabel } from "../shared/PeriodLabel.tsx";
import { type Metric, useMetric } from "../shared/reporting.ts";
import { useToggleFilter } from "../shared/useToggleFilter.ts";
import { useViewVariables } from "../shared/viewVariables.ts";
import styles from "./MoversPanel.module.css";

const DIMENSIONS = ["PRODUCT", "CATEGORY", "CUSTOMER", "REP", "REGION", "CHANNEL"] as const;
const ROWS = 5;

type Row = MoverPartsFragment["nodes"][number];

/** What rose and fell most in money since the compared period, also to and from nothing. */
export function MoversPanel({ metric }: { readonly metric: MetricId }) {
  const [by, setBy] = useEnumParam("movers", DIMENSIONS);
  const [{ range, comparison }] = useView();
  const metricOf = useMetric();
  const shown = metricOf(metricOf(metric).style.unit === "money" ? metric : "REVENUE");
  const query = usePanelQuery(OverviewMoversDocument, {
    ...useViewVariables(),
    by,
    metrics: [shown.metric],
    first: ROWS,
  });
  const rises = useMovers(query.data?.sales.rises, shown, 1);
  const falls = useMovers(query.data?.sales.falls, shown, -1);
  const isCompared = query.data?.sales.comparison != null;
  return (
    <Panel
      title={t`Movers in ${within(shown.title)}`}
      query={query}
      height={236}
      subtitle={<PeriodLabel {...query.data?.sales} />}
      empty={() => {
        if (!isCompared && comparison.to !== "off" && range === "all") {
          return t`All time has no period before it to compare with. Choose a shorter range to see what changed.`;
        }
        if (!isCompared) return t`Nothing is compared: choose a comparison to see what changed.`;
        return rises.rows.length + falls.rows.length > 0 ? null : t`Nothing has changed.`;
      }}
      tools={
        <>
          <SegmentedControl
            name={t`Movers by`}
            value={by}
            options={DIMENSIONS.map((value) => ({ value, label: DIMENSION_TITLES[value] }))}
            onChange={setBy}
          />
          <ExportButton
            file={t`Movers in ${within(shown.title)}`}
            of={query.data?.sales}
            label={t`movers`}
            columns={rises.columns}
            rows={[...rises.rows, ...falls.rows]}
          />
        </>
      }
    >
      {() => (
        <div className={styles.sides}>
          <Side title={t`Biggest rises`} none={t`Nothing rose.`} {...rises} />
          <Side title={t`Biggest falls`} none={t`Nothing fell.`} {...falls} />
        </div>
      )}
    </Panel>
  );
}

interface Movers {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
}

function Side({ title, none, rows, columns }: Movers & { title: string; none: string }) {
  return (
    <div>
      <h3 className={styles.title}>{title}</h3>
      {rows.length === 0 ? (
        <p className={styles.none}>{none}</p>
      ) : (
        <DataTable caption={title} columns={columns} rows={rows} rowKey={({ id }) => id} />
      )}
    </div>
  );
}

/** The rows that moved one way, with their columns. */
function useMovers(
  masked: FragmentType<typeof MoverPartsFragmentDoc> | undefined,
  { metric, title, definition, style }: Metric,
  sign: 1 | -1,
): Movers {
  const toggleFilter = useToggleFilter();
  const movers = unmask(MoverPartsFragmentDoc, masked);
  const figure = (row: Row) => figureOf(row.figures, metric);
  const difference = (row: Row) =>
    unmask(DeltaPartsFragmentDoc, figure(row)?.delta)?.absolute ?? null;
  const rows = movers?.nodes.filter((row) => sign * Number(difference(row)) > 0) ?? [];
  const longest = longestBar(rows.map(difference));
  const dimension = movers?.dimension;
  const filter = dimension && filterOf(dimension);
  const nameOf = (row: Row) => (dimension ? memberLabel(dimension, row) : row.label);
  const [{ filters }] = useView();
  const amount = (value: Decimal | null | undefined, among: Among) => (
    <Amount value={value} style={style} among={among} />
  );
  return {
    rows,
    columns: [
      {
        id: "name",
        header: dimension ? DIMENSION_TITLES[dimension] : "",
        isSortable: false,
        value: (row) => nameOf(row),
        render: (row) => (
          <BarCell value={difference(row)} longest={longest}>
            <NameCell
              label={nameOf(row)}
              path={row.isNone || !dimension ? null : entityPathOrNull(dimension, row.id)}
              onFilter={filter ? () => toggleFilter(filter, row.id, nameOf(row)) : null}
            />
          </BarCell>
        ),
      },
      {
        id: "difference",
        header: "Δ",
        title: t`Difference in ${title}`,
        numeric: true,
        isSortable: false,
        value: difference,
        render: (row, among) => (
          <OrdersLink changes={filter ? { filters: { ...filters, [filter]: [row.id] } } : {}}>
            <strong>{amount(difference(row), among)}</strong>
          </OrdersLink>
        ),
      },
      {
        id: "change",
        header: "%",
        title: t`Change`,
        numeric: true,
        isSortable: false,
        value: (row) => unmask(DeltaPartsFragmentDoc, figure(row)?.delta)?.ratio ?? null,
        render: (row) => <DeltaBadge delta={figure(row)?.delta ?? null} style={style} />,
      },
      {
        id: "previous",
        header: t`Before`,
        title: t`${title} before`,
        numeric: true,
        isSortable: false,
        value: (row) => figure(row)?.previous ?? null,
        render: (row, among) => amount(figure(row)?.previous, among),
      },
      {
        id: "current",
        header: t`Now`,
        title,
        definition,
        numeric: true,
        isSortable: false,
        value: (row) => figure(row)?.value ?? null,
        render: (row, among) => amount(figure(row)?.value, among),
      },
    ],
  };
}
