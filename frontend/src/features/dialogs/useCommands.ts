import { skipToken, useQuery } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { useDeferredValue } from "react";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  type Dimension,
  PaletteOptionsFragmentDoc,
  PaletteOrdersDocument,
  PaletteSearchDocument,
} from "../../gql/graphql.ts";
import { formatDay } from "../../lib/dates.ts";
import { chooseLanguage, LANGUAGES, type Language } from "../../lib/locale.ts";
import { navigate, usePathname } from "../../state/location.ts";
import { RANGE_KEYS } from "../../state/shortcuts.ts";
import { setTheme } from "../../state/theme.ts";
import { COMPARISON_TITLES, FILTER_TITLES, PRESET_TITLES, rangeTitle } from "../../state/titles.ts";
import { useView, viewSearch } from "../../state/useView.ts";
import {
  COMPARISONS,
  hasFilters,
  NO_FILTERS,
  PRESETS,
  type Preset,
  toggleFilter,
} from "../../state/view.ts";
import type { DialogName } from "../shared/dialogs.ts";
import { entityPathOrNull, orderPath } from "../shared/entityPath.ts";
import { filterOf, rememberLabels } from "../shared/filterLabels.ts";
import { memberLabel } from "../shared/memberLabel.ts";
import { PAGE_TITLES } from "../shared/pageTitles.ts";
import { useReporting } from "../shared/reporting.ts";
import { type Command, daysOf, matching } from "./commands.ts";
import { useSavedViews } from "./useSavedViews.ts";

/** Letters from which on the database is searched. */
const MIN_SEARCH = 2;

const KEY_OF = Object.fromEntries(Object.entries(RANGE_KEYS).map(([key, preset]) => [preset, key]));

const THEMES = { light: t`Light`, dark: t`Dark`, system: t`As the system` } as const;

interface Commands {
  readonly commands: readonly Command[];
  readonly isSearching: boolean;
  readonly hasFailed: boolean;
}

/** What a text finds: commands of the page, saved views, and what the database has of that name. */
export function useCommands(search: string, onOpen: (name: DialogName) => void): Commands {
  const own = useOwnCommands(onOpen);
  // The query waits for a pause in typing. What an earlier text found is not shown under a later
  // one: Enter would run it.
  const deferred = useDeferredValue(search);
  const found = useFoundCommands(deferred);
  const isStale = deferred !== search;
  const { views } = useSavedViews();
  const saved = views.map(
    ({ id, name, path, isShared }): Command => ({
      id,
      group: t`Saved views`,
      title: name,
      detail: isShared ? t`shared` : null,
      run: () => navigate(path),
    }),
  );
  const days = useDaysCommand(search);
  return {
    ...found,
    isSearching: found.isSearching || isStale,
    commands: [
      ...days,
      ...matching([...saved, ...own], search),
      ...(isStale ? [] : found.commands),
    ],
  };
}

function useDaysCommand(search: string): readonly Command[] {
  const [, change] = useView();
  const range = daysOf(search);
  if (range === null) return [];
  const run = () => change({ range });
  return [{ id: "days", group: t`Range`, title: rangeTitle(range), run }];
}

function useOwnCommands(onOpen: (name: DialogName) => void): readonly Command[] {
  const [view, change] = useView();
  const canFilter = Object.hasOwn(PAGE_TITLES, usePathname());
  const dialog = (name: DialogName, title: string, more: Partial<Command> = {}): Command => ({
    id: name,
    group: t`Do`,
    title,
    run: () => onOpen(name),
    ...more,
  });
  return [
    ...Object.entries(PAGE_TITLES).map(
      ([path, title]): Command => ({
        id: path,
        group: t`Go to`,
        title,
        run: () => navigate(path + viewSearch(window.location.search)),
      }),
    ),
    dialog("views", t`Save or manage views`, { words: t`bookmark share link` }),
    dialog("annotations", t`Annotate days`, { words: t`note event` }),
    dialog("keys", t`Keyboard shortcuts`, { keys: "?", words: t`help` }),
    ...(canFilter && hasFilters(view.filters)
      ? [
          {
            id: "clear",
            group: t`Do`,
            title: t`Clear filters`,
            keys: "Esc",
            run: () => change({ filters: NO_FILTERS }),
          },
        ]
      : []),
    ...(Object.keys(PRESETS) as Preset[]).map(
      (preset): Command => ({
        id: preset,
        group: t`Range`,
        title: PRESET_TITLES[preset],
        keys: KEY_OF[preset],
        run: () => change({ range: preset }),
      }),
    ),
    ...COMPARISONS.map(
      (to): Command => ({
        id: `compare-${to}`,
        group: t`Compare with`,
        title: COMPARISON_TITLES[to],
        ...(to === "off" && { keys: "x" }),
        run: () => change({ comparison: { ...view.comparison, to } }),
      }),
    ),
    ...Object.entries(THEMES).map(
      ([theme, title]): Command => ({
        id: `theme-${theme}`,
        group: t`Theme`,
        title,
        run: () => setTheme(theme as keyof typeof THEMES),
      }),
    ),
    ...Object.entries(LANGUAGES).map(
      ([language, title]): Command => ({
        id: `language-${language}`,
        group: t`Language`,
        title,
        // By its English name, whatever the page's language is.
        words: "language",
        run: () => chooseLanguage(language as Language),
      }),
    ),
  ];
}

const ENTITY_GROUPS: Partial<Readonly<Record<Dimension, string>>> = {
  CUSTOMER: t`Customers`,
  PRODUCT: t`Products`,
  REP: t`Reps`,
};

/** Members of dimensions and orders: entities open their page, the others filter this one. */
function useFoundCommands(search: string): Commands {
  const [{ filters }, change] = useView();
  const { zone } = useReporting();
  const text = search.trim();
  const variables = { search: text };
  const isLong = text.length >= MIN_SEARCH;
  const members = useQuery(PaletteSearchDocument, isLong ? { variables } : skipToken);
  const placed = useQuery(PaletteOrdersDocument, isLong ? { variables } : skipToken);
  const { data } = members;
  const lists = data
    ? [
        data.customers,
        data.products,
        data.reps,
        data.categories,
        data.segments,
        data.regions,
        data.channels,
      ]
    : [];
  const options = lists.flatMap((list) => unmask(PaletteOptionsFragmentDoc, list).nodes);
  const entities = options.flatMap(({ id, dimension, label, detail }): Command[] => {
    const path = entityPathOrNull(dimension, id);
    const group = ENTITY_GROUPS[dimension];
    if (path === null || group === undefined) return [];
    const run = () => navigate(path + viewSearch(window.location.search));
    return [{ id, group, title: label, detail, run }];
  });
  const filtering = options.map((option): Command => {
    const filter = filterOf(option.dimension);
    return {
      id: `filter-${option.dimension}-${option.id}`,
      group: t`Filter by`,
      title: memberLabel(option.dimension, option),
      detail: FILTER_TITLES[filter],
      run: () => {
        rememberLabels([option]);
        change({ filters: toggleFilter(filters, filter, option.id) });
      },
    };
  });
  const orders = (placed.data?.orders.placed.nodes ?? []).map(
    ({ id, key, orderedAt, customer }): Command => ({
      id,
      group: t`Orders`,
      title: t`Order ${key}`,
      detail: [formatDay(orderedAt, zone), customer && (customer.name ?? customer.key)]
        .filter(Boolean)
        .join(", "),
      run: () => navigate(orderPath(id) + viewSearch(window.location.search)),
    }),
  );
  return {
    commands: [...entities, ...orders, ...filtering],
    isSearching: members.loading || placed.loading,
    hasFailed: members.error !== undefined || placed.error !== undefined,
  };
}
