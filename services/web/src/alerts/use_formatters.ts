/** The formatters that alerts are described with, in the page's language. */
import { useFormat } from "../format/use_format";
import type { Formatters } from "./describe";

/** Returns them; they follow the language. */
export function useFormatters(): Formatters {
  const format = useFormat();
  return { value: format.value, span: format.span, number: (value) => format.value("", value) };
}
