import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import type { PanelQuery } from "../../api/usePanelQuery.ts";
import type { CustomerProfileQuery } from "../../gql/graphql.ts";
import { formatCalendarDate, formatDay } from "../../lib/dates.ts";
import { toNumber } from "../../lib/decimal.ts";
import { LOCALE } from "../../lib/locale.ts";
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
      title={t`Lifetime value`}
      subtitle={t`Over the whole history, independent of the range`}
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
        title={t`So far`}
        entries={[
          [t`Revenue`, money(lifetime?.revenue)],
          [t`Gross profit`, money(lifetime?.profit)],
          [t({ message: "Orders", context: "how many" }), count(lifetime?.orders)],
          [t`Average order`, money(lifetime?.averageOrderValue)],
          [t`First order`, day(lifetime?.firstOrderAt)],
          [t`Last order`, day(lifetime?.lastOrderAt)],
        ]}
      />
      <div className={styles.group}>
        <h3>{t`How they buy`}</h3>
        {customer?.rfm === null ? (
          <p className={styles.none}>{t`No scores yet: they need a first order.`}</p>
        ) : (
          <>
            <p className={styles.segment}>
              {customer?.rfm ? segmentTitle(customer.rfm.segment) : NBSP}
            </p>
            <Score title={t`Recency`} score={customer?.rfm?.recency ?? null} />
            <Score title={t`Frequency`} score={customer?.rfm?.frequency ?? null} />
            <Score title={t`Monetary`} score={customer?.rfm?.monetary ?? null} />
          </>
        )}
      </div>
      {customer !== null && prediction === null ? (
        <div className={styles.group}>
          <h3>{t`What to expect`}</h3>
          <p className={styles.none}>{t`Not calculated yet: that is done on a schedule.`}</p>
        </div>
      ) : (
        <Group
          title={
            prediction?.observedUntil
              ? t`What to expect from ${formatCalendarDate(prediction.observedUntil)} on`
              : t`What to expect`
          }
          entries={[
            [
              t`Still a customer then`,
              prediction ? formatPercent(toNumber(prediction.probabilityAlive), 0) : "–",
            ],
            [t`Purchase days in 90 days`, count(prediction?.expectedOrders90Days)],
            [t`Purchase days in a year`, count(prediction?.expectedOrders)],
            [t`Spend a purchase day`, money(prediction?.expectedOrderValue)],
            [
              prediction
                ? t`Sales in ${prediction.horizonDays.toLocaleString(LOCALE)} days, before returns`
                : t`Sales`,
              money(prediction?.expectedRevenue),
            ],
            [t`Computed`, day(prediction?.asOf)],
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
      <span>
        {score === null
          ? NBSP
          : t`${score.toLocaleString(LOCALE)} of ${MAX_SCORE.toLocaleString(LOCALE)}`}
      </span>
    </p>
  );
}
