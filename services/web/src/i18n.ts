/** The page's languages. */
import { createI18n } from "vue-i18n";
import en from "./locales/en.json";
import ko from "./locales/ko.json";
import { readPreference, writePreference } from "./preferences/stored";

export const LANGUAGES = ["en", "ko"] as const;
export type Language = (typeof LANGUAGES)[number];

const fromBrowser: Language = navigator.language.startsWith("ko") ? "ko" : "en";

export const i18n = createI18n({
  legacy: false,
  locale: readPreference("language", LANGUAGES, fromBrowser),
  fallbackLocale: "en",
  messages: { en, ko },
});

/** Shows and remembers a language. */
export function setLanguage(language: Language): void {
  i18n.global.locale.value = language;
  writePreference("language", language);
  applyLanguage();
}

/** Tells the browser which language the page is in; called once at the start. */
export function applyLanguage(): void {
  document.documentElement.lang = i18n.global.locale.value;
}
