import { t } from "@lingui/core/macro";
import { type ReactNode, useEffect, useRef } from "react";
import { sessionToken, signOut } from "../../api/auth.ts";
import { onHost } from "../../lib/basePath.ts";
import { usePathname } from "../../state/location.ts";
import { IconLabel } from "../../ui/IconLabel.tsx";
import { KeyboardIcon, SearchIcon } from "../../ui/icons.tsx";
import { ReportsMenu } from "../reports/ReportsMenu.tsx";
import { useOpenDialog } from "../shared/dialogs.ts";
import { ViewLink } from "../shared/ViewLink.tsx";
import styles from "./Header.module.css";
import { MetricDefinitions } from "./MetricDefinitions.tsx";
import { PrintButton } from "./PrintButton.tsx";
import { ThemePicker } from "./ThemePicker.tsx";
import type { LiveState } from "./useLiveUpdates.ts";

interface HeaderProps {
  readonly pages: readonly { readonly path: string; readonly title: string }[];
  readonly live: LiveState;
  readonly onToggleLive: () => void;
}

/** How the key of the commands is written on the user's keyboard. */
const COMMAND_KEY = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘K" : t`Ctrl K`;

/** The `aria-current` of a link: "page" for this page, "true" for the list of a detail page. */
function ariaCurrent(path: string, pathname: string): "page" | "true" | undefined {
  if (path === pathname) return "page";
  return path !== "/" && pathname.startsWith(`${path}/`) ? "true" : undefined;
}

/** Scrolls the navigation so that the current link is visible. */
function showCurrent(nav: HTMLElement | null): void {
  const link = nav?.querySelector("[aria-current]")?.getBoundingClientRect();
  if (nav === null || link === undefined) return;
  const room = nav.getBoundingClientRect();
  nav.scrollLeft += Math.max(0, link.right - room.right) - Math.max(0, room.left - link.left);
}

export function Header({ pages, live, onToggleLive }: HeaderProps) {
  const pathname = usePathname();
  const openDialog = useOpenDialog();
  const nav = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path decides which link is current
  useEffect(() => showCurrent(nav.current), [pathname]);
  return (
    <header className={styles.header}>
      <div className={styles.inner}>
        <span className={styles.brand}>
          <img src={onHost("/favicon.svg")} alt="" width="24" height="24" />
          <span className="wide-only">
            ShopX <span className={styles.product}>{t`Analytics`}</span>
          </span>
        </span>
        <nav ref={nav} data-screen-only className={styles.nav} aria-label={t`Pages`}>
          {pages.map(({ path, title }) => (
            <ViewLink key={path} path={path} current={ariaCurrent(path, pathname)}>
              {title}
            </ViewLink>
          ))}
        </nav>
        <div data-screen-only className={styles.tools}>
          <button
            type="button"
            className={styles.search}
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+K Meta+K"
            onClick={() => openDialog("commands")}
          >
            <IconLabel icon={<SearchIcon />} text={t`Search and commands`} />
            <span aria-hidden="true">{COMMAND_KEY}</span>
          </button>
          <LiveButton state={live} onToggle={onToggleLive} />
          <MetricDefinitions />
          <ReportsMenu />
          <div className={styles.wideTools}>
            <PrintButton />
            <ToolButton
              name={t`Keyboard shortcuts`}
              icon={<KeyboardIcon />}
              onClick={() => openDialog("keys")}
            />
            <ThemePicker />
          </div>
          {sessionToken() !== null && (
            <button
              type="button"
              className={styles.signOut}
              onClick={() => {
                signOut();
                window.location.reload();
              }}
            >{t`Sign out`}</button>
          )}
        </div>
      </div>
    </header>
  );
}

interface ToolButtonProps {
  readonly name: string;
  readonly icon: ReactNode;
  readonly onClick: () => void;
}

function ToolButton({ name, icon, onClick }: ToolButtonProps) {
  return (
    <button
      type="button"
      className={styles.print}
      title={name}
      aria-label={name}
      aria-haspopup="dialog"
      onClick={onClick}
    >
      {icon}
    </button>
  );
}

const LIVE_TITLES: Readonly<Record<LiveState, string>> = {
  live: t`Live`,
  paused: t`Paused`,
  offline: t`Offline`,
};

function LiveButton({ state, onToggle }: { state: LiveState; onToggle: () => void }) {
  return (
    <button
      type="button"
      className={styles.live}
      data-state={state}
      aria-pressed={state !== "paused"}
      title={state === "paused" ? t`Follow new orders again` : t`Stop following new orders`}
      onClick={onToggle}
    >
      <span aria-hidden="true" className={styles.dot} />
      <span className="wide-only">{LIVE_TITLES[state]}</span>
    </button>
  );
}
