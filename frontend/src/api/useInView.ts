import { useEffect, useState } from "react";

/** Distance outside of the viewport at which an element already counts as in view. */
const MARGIN = "200px";

/** Whether an element is in the viewport, and the ref to put on it. */
export function useInView(): [boolean, (element: Element | null) => void] {
  const [element, setElement] = useState<Element | null>(null);
  const [isInView, setInView] = useState(false);
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
  return [isInView, setElement];
}
