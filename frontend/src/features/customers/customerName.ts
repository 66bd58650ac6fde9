import { t } from "@lingui/core/macro";

/** The name of a customer, or the key where the source has no name. */
export function customerName({ name, key }: { name: string | null; key: string }): string {
  return name ?? t`Customer ${key}`;
}
