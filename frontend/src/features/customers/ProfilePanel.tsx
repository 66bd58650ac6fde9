import type { ReactNode } from "react";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import type { CustomerProfileQuery } from "../../gql/graphql.ts";
import { formatCalendarDate, formatDay } from "../../lib/dates.ts";
import { toNumber } from "../../lib/decimal.ts";
import { formatExact, formatPercent, formatTile } from "../../lib/numberFormat.ts";
import { NBSP, Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import styles from "./ProfilePanel.module.css";
import { segmentTitle } from "./segmentTitle.ts";

type Customer = NonNullable<CustomerProfileQuery["customer"]>;

/** A customer's value so far, RFM scores and predictions, over the whole history. */
export function ProfilePanel({ query }: { readonly query: PanelQuery<CustomerProfileQuery> }) {
  const customer = query.data?.customer ?? null;
  return (
    <Panel
      title="Lifetime value"
      subtitle="Over the whole history, independent of the range"
      query={query}
      height={150}
      skeleton={<Profile customer={null} />}
      computedAt={() => customer?.rfm?.asOf ?? null}
    >
      {() => <Profile customer={customer} />}
    </Panel>
  );
}

/** `null` keeps the space free before the first result. */
function Profile({ customer }: { readonly customer: Customer | null }) {
  const { currency, zone } = useReporting();
  const money = (value: string | null | undefined) =>
    value == null ? "–" : formatTile(value, { unit: "money", currency });
  const count = (value: string | number | null | undefined) =>
    value == null ? "–" : formatExact(String(value), { unit: "count", currency });
  const day = (at: string | null | undefined) => (at == null ? "–" : formatDay(at, zone));
  const lifetime = customer?.lifetime;
  const prediction = customer?.prediction;
  return (
    <div className={styles.groups}>
      <Group
        title="So far"
        entries={[
          ["Revenue", money(lifetime?.revenue)],
          ["Gross profit", money(lifetime?.profit)],
          ["Orders", count(lifetime?.orders)],
          ["Average order", money(lifetime?.averageOrderValue)],
          ["First order", day(lifetime?.firstOrderAt)],
          ["Last order", day(lifetime?.lastOrderAt)],
        ]}
      />
      <div className={styles.group}>
        <h3>How they buy</h3>
        {customer?.rfm === null ? (
          <p className={styles.none}>No scores yet: they need a first order.</p>
        ) : (
          <>
            <p className={styles.segment}>
              {customer?.rfm ? segmentTitle(customer.rfm.segment) : NBSP}
            </p>
            <Score title="Recency" score={customer?.rfm?.recency ?? null} />
            <Score title="Frequency" score={customer?.rfm?.frequency ?? null} />
            <Score title="Monetary" score={customer?.rfm?.monetary ?? null} />
          </>
        )}
      </div>
      {customer !== null && prediction === null ? (
        <div className={styles.group}>
          <h3>What to expect</h3>
          <p className={styles.none}>
            Not computed yet: the purchase models are fitted periodically.
          </p>
        </div>
      ) : (
        <Group
          title={
            prediction?.observedUntil
              ? `What to expect from ${formatCalendarDate(prediction.observedUntil)} on`
              : "What to expect"
          }
          entries={[
            [
              "Still a customer then",
              prediction ? formatPercent(toNumber(prediction.probabilityAlive), 0) : "–",
            ],
            ["Purchase days in 90 days", count(prediction?.expectedOrders90Days)],
            ["Purchase days in a year", count(prediction?.expectedOrders)],
            ["Spend a purchase day", money(prediction?.expectedOrderValue)],
            [
              prediction ? `Sales in ${prediction.horizonDays} days, before returns` : "Sales",
              money(prediction?.expectedRevenue),
            ],
            ["Computed", day(prediction?.asOf)],
          ]}
        />
      )}
    </div>
  );
}

interface GroupProps {
  readonly title: string;
  readonly entries: readonly (readonly [string, ReactNode])[];
}

function Group({ title, entries }: GroupProps) {
  return (
    <div className={styles.group}>
      <h3>{title}</h3>
      <dl className={styles.entries}>
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const MAX_SCORE = 5;

/** A score out of five, in words and as dots. */
function Score({ title, score }: { readonly title: string; readonly score: number | null }) {
  return (
    <p className={styles.score}>
      <span>{title}</span>
      <span className={styles.dots} aria-hidden="true">
        {Array.from({ length: MAX_SCORE }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the dots never change their order
          <span key={index} data-filled={score !== null && index < score} />
        ))}
      </span>
      <span>{score === null ? NBSP : `${score} of ${MAX_SCORE}`}</span>
    </p>
  );
}
