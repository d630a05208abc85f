/** The page's texts and formatters as rules are told by them. */
import { useI18n } from "vue-i18n";
import { useFormat } from "../format/use_format";
import type { Words } from "./words";

/** Returns words that follow the language. */
export function useWords(): Words {
  const { t, n } = useI18n();
  const format = useFormat();
  return {
    t: (key, values = {}) => t(key, values),
    value: format.value,
    step: format.step,
    number: (value) => n(value, { maximumFractionDigits: 6 }),
    familyName: format.familyName,
    gaugeName: format.gaugeName,
  };
}
