import { t } from "@lingui/core/macro";
import { BookIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { useReporting } from "../shared/reporting.ts";
import styles from "./MetricDefinitions.module.css";

/** The definition of each metric, from the API's registry. */
export function MetricDefinitions() {
  const { metrics } = useReporting();
  return (
    <Popover
      name={t`Definitions`}
      align="end"
      variant="ghost"
      label={
        <>
          <BookIcon /> <span className={styles.label}>{t`Definitions`}</span>
        </>
      }
    >
      {() => (
        <dl className={styles.list}>
          {[...metrics.values()].map(({ id, title, definition }) => (
            <div key={id}>
              <dt>{title}</dt>
              <dd>{definition}</dd>
            </div>
          ))}
        </dl>
      )}
    </Popover>
  );
}
