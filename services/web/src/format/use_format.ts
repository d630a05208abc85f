/** The formatters in the page's language, and the names of families and gauges. */
import { computed } from "vue";
import { useI18n } from "vue-i18n";
import { serverNow } from "./server_clock";
import { formatClock, formatInstant, formatPoint, formatRange, formatSpan, formatStep } from "./time";
import { formatValue } from "./units";

/** Returns formatters that follow the language. */
export function useFormat() {
  const i18n = useI18n();
  const language = computed(() => i18n.locale.value);

  /** A family, gauge or label that this page does not know by name yet is shown by its own words. */
  function named(kind: "families" | "gauges" | "labels" | "units", name: string): string {
    const key = `${kind}.${name}`;
    return i18n.te(key) || i18n.te(key, "en") ? i18n.t(key) : name.replaceAll("_", " ");
  }
  return {
    language,
    value: (unit: string, value: number | null | undefined) => formatValue(unit, value, language.value),
    span: (seconds: number) => formatSpan(seconds, language.value),
    clock: (milliseconds: number) => formatClock(milliseconds, language.value),
    point: (milliseconds: number, stepSeconds: number | null) => formatPoint(milliseconds, stepSeconds, language.value),
    range: (start: number, end: number) => formatRange(start, end, language.value),
    step: (seconds: number) => formatStep(seconds, language.value),
    instant: (milliseconds: number) => formatInstant(milliseconds, serverNow(), language.value),
    familyName: (name: string) => named("families", name),
    gaugeName: (name: string) => named("gauges", name),
    labelName: (name: string) => named("labels", name),
    unitName: (name: string) => named("units", name),
  };
}
