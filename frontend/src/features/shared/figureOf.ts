import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import {
  type FigurePartsFragment,
  FigurePartsFragmentDoc,
  type MetricId,
} from "../../gql/graphql.ts";

export type MaskedFigure = FragmentType<typeof FigurePartsFragmentDoc>;

/** The figure of a metric among a row's figures. */
export function figureOf(
  figures: readonly MaskedFigure[],
  metric: MetricId,
): FigurePartsFragment | undefined {
  for (const masked of figures) {
    const figure = unmask(FigurePartsFragmentDoc, masked);
    if (figure.metric === metric) return figure;
  }
  return undefined;
}
