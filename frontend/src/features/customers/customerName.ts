/** What a customer is called: some sources know a number only. */
export function customerName({ name, key }: { name: string | null; key: string }): string {
  return name ?? `Customer ${key}`;
}
