import { t } from "@lingui/core/macro";
import { leftOutText } from "../../api/leftOutText.ts";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { type PeriodPartsFragment, PeriodPartsFragmentDoc } from "../../gql/graphql.ts";
import { todayIn } from "../../lib/dates.ts";
import { isDetailPath, usePathname } from "../../state/location.ts";
import { FILTER_TITLES } from "../../state/titles.ts";
import { useView } from "../../state/useView.ts";
import { FILTERS } from "../../state/view.ts";
import type { FileNotes } from "./exportTable.ts";
import { filterLabel } from "./filterLabels.ts";
import { usePanelFacts } from "./panelFacts.ts";
import { useReporting } from "./reporting.ts";
import { useSalesBegan } from "./useCalendar.ts";

type Masked = FragmentType<typeof PeriodPartsFragmentDoc>;

/** The resolved range of a panel, and what it is compared with. */
export interface FileDates {
  readonly period: Masked;
  readonly comparison?: Masked | null;
}

/** Over what a panel's rows are: a range, or in words, where range and filters do not apply. */
export type FilePeriod = FileDates | string;

/** Of panels to which neither range nor filters apply. */
export const WHOLE_HISTORY = t`the whole history`;

interface FileFacts {
  /** The file's name, without its ending. */
  readonly name: string;
  /** What the rows are of: a line for each fact, as the server's files have them. */
  readonly notes: FileNotes;
}

interface FileScope {
  readonly of: FilePeriod;
  /** What the rows were searched for. */
  readonly search?: string | undefined;
  /** That of the amounts, or where it is; the reporting currency by default. */
  readonly amountsIn?: string | undefined;
}

/** Names a panel's file and says what its rows are of. */
export function useFileNotes(): (title: string, scope: FileScope) => FileFacts {
  const [{ filters }] = useView();
  const { currency, zone } = useReporting();
  const { asOf, computedAt, leftOut } = usePanelFacts();
  const salesBegan = useSalesBegan();
  const isDetail = isDetailPath(usePathname());
  return (title, { of, search = "", amountsIn = currency }) => {
    const isOfRange = typeof of !== "string";
    const period = isOfRange ? unmask(PeriodPartsFragmentDoc, of.period) : null;
    const comparison = isOfRange ? unmask(PeriodPartsFragmentDoc, of.comparison) : null;
    const names = isOfRange && !isDetail ? FILTERS.filter((name) => filters[name].length > 0) : [];
    return {
      name: isOfRange && period ? `${title} ${days(period)}` : `${title}, ${of}`,
      notes: [
        [title],
        ...(isDetail ? [[t`Of`, document.title.replace(/ · [^·]*$/, "")]] : []),
        period
          ? [t`Period`, period.from, period.to, period.zone]
          : [t`Period`, String(of), "", zone],
        ...(period?.isRunning ? [[t`Not complete`, t`The period is still running.`]] : []),
        ...(comparison ? [[t`Compared with`, comparison.from, comparison.to]] : []),
        ...(comparison && salesBegan !== null
          ? [[t`Comparison not complete`, t`Sales begin on ${salesBegan}.`]]
          : []),
        [t`Currency`, amountsIn],
        ...names.map((name) => [t`Filter`, FILTER_TITLES[name], ...filters[name].map(filterLabel)]),
        ...(search === "" ? [] : [[t`Search`, search]]),
        ...(asOf === null ? [] : [[t`As of`, asOf]]),
        ...(computedAt === null ? [] : [[t`Computed`, computedAt]]),
        ...leftOut.map((one) => [leftOutText(one)]),
      ],
    };
  };
}

/** "1997-01-01 to 1997-12-31". */
function days({ from, to, zone }: PeriodPartsFragment): string {
  const last = new Date(Math.max(Date.parse(from), Date.parse(to) - 1));
  return t`${todayIn(zone, new Date(from))} to ${todayIn(zone, last)}`;
}
