/** How often the page moves to the newest snapshot while its range is still running. */
export const LIVE_INTERVAL_MS = 5_000;
