/* eslint-disable */
import * as types from './graphql';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "query OverviewBreakdown($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $by: Dimension!, $metrics: [MetricId!]!, $orderBy: MetricId!, $direction: SortDirection!, $first: Int!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    breakdown(\n      by: $by\n      metrics: $metrics\n      orderBy: $orderBy\n      direction: $direction\n      first: $first\n    ) {\n      ...BreakdownParts\n    }\n  }\n}": typeof types.OverviewBreakdownDocument,
    "query OverviewHeatmap($period: PeriodInput, $zone: String, $filters: FilterInput, $metric: MetricId!) {\n  sales(period: $period, zone: $zone, filters: $filters) {\n    heatmap(metric: $metric) {\n      metric\n      weekdays\n      hours\n      values\n    }\n  }\n}": typeof types.OverviewHeatmapDocument,
    "query OverviewKpis($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    period {\n      ...PeriodParts\n    }\n    comparison {\n      ...PeriodParts\n    }\n    kpis(metrics: $metrics) {\n      ...FigureParts\n    }\n  }\n}\n\nquery OverviewSparklines($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    series(metrics: $metrics) {\n      partialFrom\n      lines {\n        metric\n        current\n      }\n    }\n  }\n}": typeof types.OverviewKpisDocument,
    "query OverviewLive($comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(comparison: $comparison, zone: $zone, filters: $filters) {\n    live(metrics: $metrics) {\n      asOf\n      period {\n        ...PeriodParts\n      }\n      comparison {\n        ...PeriodParts\n      }\n      lastOrderAt\n      figures {\n        ...FigureParts\n      }\n    }\n  }\n}": typeof types.OverviewLiveDocument,
    "query OverviewSeries($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!, $granularity: Granularity) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    period {\n      ...PeriodParts\n    }\n    comparison {\n      ...PeriodParts\n    }\n    series(metrics: $metrics, granularity: $granularity) {\n      ...SeriesParts\n    }\n  }\n}": typeof types.OverviewSeriesDocument,
    "fragment BreakdownParts on Breakdown {\n  dimension\n  totalCount\n  pageInfo {\n    hasNextPage\n    endCursor\n  }\n  total {\n    ...FigureParts\n  }\n  nodes {\n    id\n    label\n    isNone\n    figures {\n      ...FigureParts\n    }\n  }\n}": typeof types.BreakdownPartsFragmentDoc,
    "fragment DeltaParts on Delta {\n  absolute\n  ratio\n  direction\n  status\n  verdict\n}\n\nfragment FigureParts on Figure {\n  metric\n  value\n  previous\n  share\n  delta {\n    ...DeltaParts\n  }\n}": typeof types.DeltaPartsFragmentDoc,
    "fragment PeriodParts on Period {\n  from\n  to\n  zone\n  isRunning\n  granularities\n}": typeof types.PeriodPartsFragmentDoc,
    "fragment SeriesParts on Series {\n  granularity\n  buckets\n  previousBuckets\n  partialFrom\n  partial\n  lines {\n    metric\n    current\n    previous\n  }\n}": typeof types.SeriesPartsFragmentDoc,
    "query FilterOptions($dimension: Dimension!, $search: String, $first: Int!) {\n  filterOptions(dimension: $dimension, search: $search, first: $first) {\n    nodes {\n      id\n      label\n      detail\n    }\n    pageInfo {\n      hasNextPage\n    }\n  }\n}": typeof types.FilterOptionsDocument,
    "query Shell {\n  freshness {\n    asOf\n  }\n  reporting {\n    timezone\n    currency\n    weekStart\n    firstSaleAt\n    lastSaleAt\n  }\n  metrics {\n    id\n    title\n    definition\n    unit\n    better\n  }\n}\n\nquery PageTick {\n  freshness {\n    asOf\n  }\n}": typeof types.ShellDocument,
};
const documents: Documents = {
    "query OverviewBreakdown($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $by: Dimension!, $metrics: [MetricId!]!, $orderBy: MetricId!, $direction: SortDirection!, $first: Int!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    breakdown(\n      by: $by\n      metrics: $metrics\n      orderBy: $orderBy\n      direction: $direction\n      first: $first\n    ) {\n      ...BreakdownParts\n    }\n  }\n}": types.OverviewBreakdownDocument,
    "query OverviewHeatmap($period: PeriodInput, $zone: String, $filters: FilterInput, $metric: MetricId!) {\n  sales(period: $period, zone: $zone, filters: $filters) {\n    heatmap(metric: $metric) {\n      metric\n      weekdays\n      hours\n      values\n    }\n  }\n}": types.OverviewHeatmapDocument,
    "query OverviewKpis($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    period {\n      ...PeriodParts\n    }\n    comparison {\n      ...PeriodParts\n    }\n    kpis(metrics: $metrics) {\n      ...FigureParts\n    }\n  }\n}\n\nquery OverviewSparklines($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    series(metrics: $metrics) {\n      partialFrom\n      lines {\n        metric\n        current\n      }\n    }\n  }\n}": types.OverviewKpisDocument,
    "query OverviewLive($comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(comparison: $comparison, zone: $zone, filters: $filters) {\n    live(metrics: $metrics) {\n      asOf\n      period {\n        ...PeriodParts\n      }\n      comparison {\n        ...PeriodParts\n      }\n      lastOrderAt\n      figures {\n        ...FigureParts\n      }\n    }\n  }\n}": types.OverviewLiveDocument,
    "query OverviewSeries($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!, $granularity: Granularity) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    period {\n      ...PeriodParts\n    }\n    comparison {\n      ...PeriodParts\n    }\n    series(metrics: $metrics, granularity: $granularity) {\n      ...SeriesParts\n    }\n  }\n}": types.OverviewSeriesDocument,
    "fragment BreakdownParts on Breakdown {\n  dimension\n  totalCount\n  pageInfo {\n    hasNextPage\n    endCursor\n  }\n  total {\n    ...FigureParts\n  }\n  nodes {\n    id\n    label\n    isNone\n    figures {\n      ...FigureParts\n    }\n  }\n}": types.BreakdownPartsFragmentDoc,
    "fragment DeltaParts on Delta {\n  absolute\n  ratio\n  direction\n  status\n  verdict\n}\n\nfragment FigureParts on Figure {\n  metric\n  value\n  previous\n  share\n  delta {\n    ...DeltaParts\n  }\n}": types.DeltaPartsFragmentDoc,
    "fragment PeriodParts on Period {\n  from\n  to\n  zone\n  isRunning\n  granularities\n}": types.PeriodPartsFragmentDoc,
    "fragment SeriesParts on Series {\n  granularity\n  buckets\n  previousBuckets\n  partialFrom\n  partial\n  lines {\n    metric\n    current\n    previous\n  }\n}": types.SeriesPartsFragmentDoc,
    "query FilterOptions($dimension: Dimension!, $search: String, $first: Int!) {\n  filterOptions(dimension: $dimension, search: $search, first: $first) {\n    nodes {\n      id\n      label\n      detail\n    }\n    pageInfo {\n      hasNextPage\n    }\n  }\n}": types.FilterOptionsDocument,
    "query Shell {\n  freshness {\n    asOf\n  }\n  reporting {\n    timezone\n    currency\n    weekStart\n    firstSaleAt\n    lastSaleAt\n  }\n  metrics {\n    id\n    title\n    definition\n    unit\n    better\n  }\n}\n\nquery PageTick {\n  freshness {\n    asOf\n  }\n}": types.ShellDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query OverviewBreakdown($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $by: Dimension!, $metrics: [MetricId!]!, $orderBy: MetricId!, $direction: SortDirection!, $first: Int!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    breakdown(\n      by: $by\n      metrics: $metrics\n      orderBy: $orderBy\n      direction: $direction\n      first: $first\n    ) {\n      ...BreakdownParts\n    }\n  }\n}"): (typeof documents)["query OverviewBreakdown($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $by: Dimension!, $metrics: [MetricId!]!, $orderBy: MetricId!, $direction: SortDirection!, $first: Int!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    breakdown(\n      by: $by\n      metrics: $metrics\n      orderBy: $orderBy\n      direction: $direction\n      first: $first\n    ) {\n      ...BreakdownParts\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query OverviewHeatmap($period: PeriodInput, $zone: String, $filters: FilterInput, $metric: MetricId!) {\n  sales(period: $period, zone: $zone, filters: $filters) {\n    heatmap(metric: $metric) {\n      metric\n      weekdays\n      hours\n      values\n    }\n  }\n}"): (typeof documents)["query OverviewHeatmap($period: PeriodInput, $zone: String, $filters: FilterInput, $metric: MetricId!) {\n  sales(period: $period, zone: $zone, filters: $filters) {\n    heatmap(metric: $metric) {\n      metric\n      weekdays\n      hours\n      values\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query OverviewKpis($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    period {\n      ...PeriodParts\n    }\n    comparison {\n      ...PeriodParts\n    }\n    kpis(metrics: $metrics) {\n      ...FigureParts\n    }\n  }\n}\n\nquery OverviewSparklines($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    series(metrics: $metrics) {\n      partialFrom\n      lines {\n        metric\n        current\n      }\n    }\n  }\n}"): (typeof documents)["query OverviewKpis($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    period {\n      ...PeriodParts\n    }\n    comparison {\n      ...PeriodParts\n    }\n    kpis(metrics: $metrics) {\n      ...FigureParts\n    }\n  }\n}\n\nquery OverviewSparklines($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    series(metrics: $metrics) {\n      partialFrom\n      lines {\n        metric\n        current\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query OverviewLive($comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(comparison: $comparison, zone: $zone, filters: $filters) {\n    live(metrics: $metrics) {\n      asOf\n      period {\n        ...PeriodParts\n      }\n      comparison {\n        ...PeriodParts\n      }\n      lastOrderAt\n      figures {\n        ...FigureParts\n      }\n    }\n  }\n}"): (typeof documents)["query OverviewLive($comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!) {\n  sales(comparison: $comparison, zone: $zone, filters: $filters) {\n    live(metrics: $metrics) {\n      asOf\n      period {\n        ...PeriodParts\n      }\n      comparison {\n        ...PeriodParts\n      }\n      lastOrderAt\n      figures {\n        ...FigureParts\n      }\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query OverviewSeries($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!, $granularity: Granularity) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    period {\n      ...PeriodParts\n    }\n    comparison {\n      ...PeriodParts\n    }\n    series(metrics: $metrics, granularity: $granularity) {\n      ...SeriesParts\n    }\n  }\n}"): (typeof documents)["query OverviewSeries($period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput, $metrics: [MetricId!]!, $granularity: Granularity) {\n  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {\n    period {\n      ...PeriodParts\n    }\n    comparison {\n      ...PeriodParts\n    }\n    series(metrics: $metrics, granularity: $granularity) {\n      ...SeriesParts\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment BreakdownParts on Breakdown {\n  dimension\n  totalCount\n  pageInfo {\n    hasNextPage\n    endCursor\n  }\n  total {\n    ...FigureParts\n  }\n  nodes {\n    id\n    label\n    isNone\n    figures {\n      ...FigureParts\n    }\n  }\n}"): (typeof documents)["fragment BreakdownParts on Breakdown {\n  dimension\n  totalCount\n  pageInfo {\n    hasNextPage\n    endCursor\n  }\n  total {\n    ...FigureParts\n  }\n  nodes {\n    id\n    label\n    isNone\n    figures {\n      ...FigureParts\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment DeltaParts on Delta {\n  absolute\n  ratio\n  direction\n  status\n  verdict\n}\n\nfragment FigureParts on Figure {\n  metric\n  value\n  previous\n  share\n  delta {\n    ...DeltaParts\n  }\n}"): (typeof documents)["fragment DeltaParts on Delta {\n  absolute\n  ratio\n  direction\n  status\n  verdict\n}\n\nfragment FigureParts on Figure {\n  metric\n  value\n  previous\n  share\n  delta {\n    ...DeltaParts\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment PeriodParts on Period {\n  from\n  to\n  zone\n  isRunning\n  granularities\n}"): (typeof documents)["fragment PeriodParts on Period {\n  from\n  to\n  zone\n  isRunning\n  granularities\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "fragment SeriesParts on Series {\n  granularity\n  buckets\n  previousBuckets\n  partialFrom\n  partial\n  lines {\n    metric\n    current\n    previous\n  }\n}"): (typeof documents)["fragment SeriesParts on Series {\n  granularity\n  buckets\n  previousBuckets\n  partialFrom\n  partial\n  lines {\n    metric\n    current\n    previous\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query FilterOptions($dimension: Dimension!, $search: String, $first: Int!) {\n  filterOptions(dimension: $dimension, search: $search, first: $first) {\n    nodes {\n      id\n      label\n      detail\n    }\n    pageInfo {\n      hasNextPage\n    }\n  }\n}"): (typeof documents)["query FilterOptions($dimension: Dimension!, $search: String, $first: Int!) {\n  filterOptions(dimension: $dimension, search: $search, first: $first) {\n    nodes {\n      id\n      label\n      detail\n    }\n    pageInfo {\n      hasNextPage\n    }\n  }\n}"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "query Shell {\n  freshness {\n    asOf\n  }\n  reporting {\n    timezone\n    currency\n    weekStart\n    firstSaleAt\n    lastSaleAt\n  }\n  metrics {\n    id\n    title\n    definition\n    unit\n    better\n  }\n}\n\nquery PageTick {\n  freshness {\n    asOf\n  }\n}"): (typeof documents)["query Shell {\n  freshness {\n    asOf\n  }\n  reporting {\n    timezone\n    currency\n    weekStart\n    firstSaleAt\n    lastSaleAt\n  }\n  metrics {\n    id\n    title\n    definition\n    unit\n    better\n  }\n}\n\nquery PageTick {\n  freshness {\n    asOf\n  }\n}"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;