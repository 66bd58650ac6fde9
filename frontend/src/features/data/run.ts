import { plural, t } from "@lingui/core/macro";
import type { ImportsQuery } from "../../gql/graphql.ts";

/** A published import, generation of sales or undo. */
export type Run = ImportsQuery["imports"]["nodes"][number];

/** The files of an import in a few words; several are those of a source, such as its tables. */
export function filesText({ files, mode, source, undoes }: Run): string {
  if (undoes !== null) return "–";
  if (files === null) return mode === "SEED" ? t`generated sales` : t`not noted`;
  const [first, ...others] = files;
  if (first === undefined) return mode === "SEED" ? t`generated sales` : "–";
  const { name } = first;
  const more = others.length;
  return more === 0
    ? name
    : plural(more, {
        one: `${source}: ${name} and # more`,
        other: `${source}: ${name} and # more`,
      });
}
