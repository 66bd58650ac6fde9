import { useEffect, useState, useSyncExternalStore } from "react";

/** Distance outside of the viewport at which an element already counts as in view. */
const MARGIN = "200px";

let isEverything = false;
const listeners = new Set<() => void>();

/** Whether every element counts as in view, as on paper. */
export function viewEverything(everything: boolean): void {
  isEverything = everything;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether an element is in the viewport, and the ref to put on it. */
export function useInView(): [boolean, (element: Element | null) => void] {
  const [element, setElement] = useState<Element | null>(null);
  const [isInView, setInView] = useState(false);
  const everything = useSyncExternalStore(subscribe, () => isEverything);
  useEffect(() => {
    if (element === null) return;
    // Without IntersectionObserver (old browsers, tests) every element counts as in view.
    if (typeof IntersectionObserver === "undefined") {
      setInView(true);
      return;
    }
    const observer = new IntersectionObserver(
      (entries) => setInView(entries.some((entry) => entry.isIntersecting)),
      { rootMargin: MARGIN },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [isInView || everything, setElement];
}
