/** The path below which the dashboard is served, such as "/analytics"; "" = the whole host. */
const META = "base-path";

/** Reads it from the page, where the server writes it. */
function basePath(): string {
  const meta = document.querySelector<HTMLMetaElement>(`meta[name="${META}"]`);
  return (meta?.content ?? "/").replace(/\/$/, "");
}

/** A path of the dashboard as a path of the host. */
export function onHost(path: string): string {
  return basePath() + path;
}

/** A path of the host as a path of the dashboard. */
export function withinDashboard(pathname: string): string {
  const base = basePath();
  if (pathname === base) return "/";
  return pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname;
}
