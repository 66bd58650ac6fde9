import { type ReactNode, useEffect, useRef } from "react";
import { sessionToken, signOut } from "../../api/session.ts";
import { usePathname } from "../../state/location.ts";
import { setTheme, useTheme } from "../../state/theme.ts";
import { KeyboardIcon, MoonIcon, SunIcon, SystemIcon } from "../../ui/icons.tsx";
import { Popover } from "../../ui/Popover.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { ViewLink } from "../shared/ViewLink.tsx";
import { Definitions } from "./Definitions.tsx";
import styles from "./Header.module.css";
import type { LiveState } from "./live.ts";

interface HeaderProps {
  readonly pages: readonly { readonly path: string; readonly title: string }[];
  readonly live: LiveState;
  readonly onToggleLive: () => void;
}

/** Whether a page is the one that is shown, or the one above it. */
function currentness(path: string, pathname: string): "page" | "true" | undefined {
  if (path === pathname) return "page";
  return path !== "/" && pathname.startsWith(`${path}/`) ? "true" : undefined;
}

function showCurrent(nav: HTMLElement | null): void {
  const link = nav?.querySelector("[aria-current]")?.getBoundingClientRect();
  if (nav === null || link === undefined) return;
  const room = nav.getBoundingClientRect();
  nav.scrollLeft += Math.max(0, link.right - room.right) - Math.max(0, room.left - link.left);
}

export function Header({ pages, live, onToggleLive }: HeaderProps) {
  const pathname = usePathname();
  const nav = useRef<HTMLElement>(null);
  // Where the links do not all fit, the current one is among those that are seen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page has another current link
  useEffect(() => showCurrent(nav.current), [pathname]);
  return (
    <header className={styles.header}>
      <div className={styles.inner}>
        <span className={styles.brand}>
          <img src="/favicon.svg" alt="" width="24" height="24" />
          ShopX <span>Analytics</span>
        </span>
        <nav ref={nav} className={styles.nav} aria-label="Pages">
          {pages.map(({ path, title }) => (
            <ViewLink key={path} path={path} current={currentness(path, pathname)}>
              {title}
            </ViewLink>
          ))}
        </nav>
        <div className={styles.tools}>
          <LiveButton state={live} onToggle={onToggleLive} />
          <Definitions />
          <Keys />
          <ThemeChoice />
          {sessionToken() !== null && (
            <button
              type="button"
              className={styles.signOut}
              onClick={() => {
                signOut();
                window.location.reload();
              }}
            >
              Sign out
            </button>
          )}
        </div>
      </div>
    </header>
  );
}

const LIVE_TITLES: Readonly<Record<LiveState, string>> = {
  live: "Live",
  paused: "Paused",
  offline: "Offline",
};

function LiveButton({ state, onToggle }: { state: LiveState; onToggle: () => void }) {
  return (
    <button
      type="button"
      className={styles.live}
      data-state={state}
      aria-pressed={state !== "paused"}
      title={state === "paused" ? "Follow new orders again" : "Stop following new orders"}
      onClick={onToggle}
    >
      <span aria-hidden="true" />
      {LIVE_TITLES[state]}
    </button>
  );
}

const KEYS = [
  ["D", "Today"],
  ["W", "Last 7 days"],
  ["M", "Last 28 days"],
  ["Y", "Last 12 months"],
  ["X", "Comparison on or off"],
  ["Esc", "Clear the filters"],
] as const;

function Keys() {
  return (
    <Popover
      name="Keyboard shortcuts"
      align="end"
      variant="ghost"
      title="Keyboard shortcuts"
      label={
        <>
          <KeyboardIcon />
          <span className="visually-hidden">Keyboard shortcuts</span>
        </>
      }
    >
      {() => (
        <dl className={styles.keys}>
          {KEYS.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      )}
    </Popover>
  );
}

function ThemeChoice() {
  const { choice } = useTheme();
  return (
    <Segmented
      name="Theme"
      value={choice}
      onChange={setTheme}
      options={[
        { value: "light", title: "Light", label: <Labelled icon={<SunIcon />} text="Light" /> },
        {
          value: "system",
          title: "As the system",
          label: <Labelled icon={<SystemIcon />} text="As the system" />,
        },
        { value: "dark", title: "Dark", label: <Labelled icon={<MoonIcon />} text="Dark" /> },
      ]}
    />
  );
}

function Labelled({ icon, text }: { icon: ReactNode; text: string }) {
  return (
    <>
      {icon}
      <span className="visually-hidden">{text}</span>
    </>
  );
}
