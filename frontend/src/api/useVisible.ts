import { useEffect, useState } from "react";

/** How far outside of the window a panel already counts as visible, so that scrolling finds it. */
const MARGIN = "200px";

/** Whether an element is in sight, and the ref to put on it. */
export function useVisible(): [boolean, (element: Element | null) => void] {
  const [element, setElement] = useState<Element | null>(null);
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    if (element === null) return;
    // Without an observer (old browsers, tests) everything counts as visible.
    if (typeof IntersectionObserver === "undefined") {
      setVisible(true);
      return;
    }
    const observer = new IntersectionObserver(
      (entries) => setVisible(entries.some((entry) => entry.isIntersecting)),
      { rootMargin: MARGIN },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [visible, setElement];
}
