import type { MouseEvent, ReactNode } from "react";
import { onHost } from "../../lib/basePath.ts";
import { navigate, useSearch, withParams } from "../../state/location.ts";
import { viewSearch } from "../../state/useView.ts";
import type { View } from "../../state/view.ts";

interface ViewLinkProps {
  readonly path: string;
  /** What the other page shows of another view than this one. */
  readonly changes?: Partial<View>;
  /** Parameters of a panel there. */
  readonly params?: Readonly<Record<string, string>>;
  readonly children: ReactNode;
  readonly title?: string;
  readonly className?: string | undefined;
  readonly current?: "page" | "true" | undefined;
}

/** A link to a page of the dashboard that keeps range, comparison and filters. */
export function ViewLink(props: ViewLinkProps) {
  const { path, changes, params = {}, children, title, className, current } = props;
  const url = path + withParams(viewSearch(useSearch(), changes), params);
  function onClick(event: MouseEvent) {
    // With a modifier the browser opens a tab or a window.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(url);
    window.scrollTo({ top: 0 });
  }
  return (
    <a
      href={onHost(url)}
      onClick={onClick}
      title={title}
      className={className}
      aria-current={current}
    >
      {children}
    </a>
  );
}
