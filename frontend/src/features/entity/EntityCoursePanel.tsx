import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { unmask } from "../../gql/fragment-masking.ts";
import {
  EntityCourseDocument,
  EntityCourseFragmentDoc,
  type MetricId,
  PeriodPartsFragmentDoc,
  SeriesPartsFragmentDoc,
} from "../../gql/graphql.ts";
import { useView } from "../../state/useView.ts";
import { CoursePanel } from "../shared/CoursePanel.tsx";
import { salesOf, useEntityVariables } from "./sales.ts";

const HEIGHT = 336;

interface EntityCoursePanelProps {
  readonly id: string;
  readonly metric: MetricId;
}

/** A figure of one member over time. */
export function EntityCoursePanel({ id, metric }: EntityCoursePanelProps) {
  const [{ granularity }] = useView();
  const query = usePanelQuery(EntityCourseDocument, {
    id,
    ...useEntityVariables(),
    metrics: [metric],
    granularity,
  });
  const sales = unmask(EntityCourseFragmentDoc, salesOf(query.data?.node));
  return (
    <CoursePanel
      metric={metric}
      query={query}
      series={unmask(SeriesPartsFragmentDoc, sales?.series)}
      period={unmask(PeriodPartsFragmentDoc, sales?.period)}
      height={HEIGHT}
    />
  );
}
