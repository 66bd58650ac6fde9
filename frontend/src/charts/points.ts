/** The point that a key leads to; `undefined` for other keys. */
export function nextPoint(key: string, current: number | null, last: number): number | undefined {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return current === null ? 0 : Math.min(current + 1, last);
    case "ArrowLeft":
    case "ArrowDown":
      return current === null ? last : Math.max(current - 1, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}
