/**
 * Activates the page's catalogue before any module that has texts runs, so that texts can be
 * constants. English has none: its messages are in the code itself.
 */
import { i18n, type Messages } from "@lingui/core";
import { IS_RIGHT_TO_LEFT, LANGUAGE, LOCALE } from "../lib/locale.ts";

type Catalogue = () => Promise<{ readonly messages: Messages }>;

const CATALOGUES: Readonly<Record<typeof LANGUAGE, Catalogue | null>> = {
  en: null,
  de: () => import("./locales/de.po"),
  ar: () => import("./locales/ar.po"),
  ja: () => import("./locales/ja.po"),
  pseudo: () => import("./locales/pseudo.po"),
};

const messages = (await CATALOGUES[LANGUAGE]?.())?.messages ?? {};
i18n.loadAndActivate({ locale: LANGUAGE, locales: LOCALE, messages });
document.documentElement.lang = LOCALE;
document.documentElement.dir = IS_RIGHT_TO_LEFT ? "rtl" : "ltr";

export { i18n };

/**
 * A text of the server by its identifier, such as `metric.REVENUE.title`; the server's own words in
 * English, and where the catalogue has no translation.
 */
export function serverText(id: string, fallback: string): string {
  return Object.hasOwn(messages, id) ? i18n._(id) : fallback;
}
