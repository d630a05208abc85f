/** Numbers for people: the only place where KiB and milliseconds exist. */

export interface Scale {
  /** Values are divided by this before they are shown. */
  divisor: number;
  /** What stands behind the number, empty for a plain count. */
  suffix: string;
}

const KIB = 1024;
const BYTE_SUFFIXES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const PLAIN: Scale = { divisor: 1, suffix: "" };

/** Returns how values up to `largest` are shown, so that all ticks of an axis share one unit. */
export function scaleFor(unit: string, largest: number): Scale {
  const size = Math.abs(largest);
  switch (unit) {
    case "bytes":
      return bytesScale(size, "");
    case "bytes_per_second":
      return bytesScale(size, "/s");
    case "seconds":
      return secondsScale(size);
    case "percent":
      return { divisor: 1, suffix: "%" };
    case "celsius":
      return { divisor: 1, suffix: "°C" };
    case "per_second":
      return { divisor: 1, suffix: "/s" };
    default:
      return PLAIN;
  }
}

function bytesScale(size: number, per: string): Scale {
  const power = size < KIB ? 0 : Math.min(BYTE_SUFFIXES.length - 1, Math.floor(Math.log2(size) / 10));
  return { divisor: KIB ** power, suffix: `${BYTE_SUFFIXES[power] ?? "B"}${per}` };
}

function secondsScale(size: number): Scale {
  if (size === 0 || size >= 1) return { divisor: 1, suffix: "s" };
  return size >= 0.001 ? { divisor: 0.001, suffix: "ms" } : { divisor: 0.000_001, suffix: "µs" };
}

/** Returns a value with its unit, such as `12.3%`, `1.5 MiB/s` or `4.2 ms`; a dash for no value. */
export function formatValue(unit: string, value: number | null | undefined, language: string): string {
  if (value === null || value === undefined) return "–";
  const scale = scaleFor(unit, value);
  const scaled = value / scale.divisor;
  const number = new Intl.NumberFormat(language, fraction(unit, scaled)).format(scaled);
  return joined(number, scale.suffix);
}

/** Returns a tick of an axis in the axis's unit, with just the decimals that the distance of ticks needs. */
export function formatTick(scale: Scale, value: number, step: number, language: string): string {
  const scaled = step / scale.divisor;
  // A quarter needs two decimals although it is more than a tenth: ticks that are rounded look unevenly far apart.
  const isWhole = (count: number): boolean => Math.abs(count - Math.round(count)) < 1e-6 * count;
  const decimals = [0, 1, 2, 3].find((digits) => isWhole(scaled * 10 ** digits)) ?? 4;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: decimals }).format(value / scale.divisor);
  return joined(number, scale.suffix);
}

function joined(number: string, suffix: string): string {
  if (suffix === "") return number;
  return suffix === "%" || suffix === "/s" ? `${number}${suffix}` : `${number} ${suffix}`;
}

function fraction(unit: string, scaled: number): Intl.NumberFormatOptions {
  if (unit === "count") return { maximumFractionDigits: 0 };
  if (unit === "percent") return { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  if (unit === "average") return { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  // Bytes below a KiB are whole; above, three digits in all keep columns of numbers calm.
  const decimals = Math.abs(scaled) >= 100 || scaled === 0 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
  return {
    minimumFractionDigits: unit === "bytes" || unit === "bytes_per_second" ? decimals : 0,
    maximumFractionDigits: decimals,
  };
}

const KIBS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** Distances that ticks of an axis may have, in the unit's own numbers; undefined leaves it to the chart. */
export function tickSteps(unit: string): number[] | undefined {
  if (unit !== "bytes" && unit !== "bytes_per_second") return undefined;
  return BYTE_SUFFIXES.flatMap((_, power) => KIBS.map((factor) => factor * KIB ** power));
}

/** Returns the highest value of an axis that begins at 0: 100 for percent unless fitted, else a little above the largest. */
export function axisTop(unit: string, largest: number, fitted = false): number {
  // Fitted or not, the last hundredth of the whole is not blown up.
  if (unit === "percent") return fitted ? Math.max(1, largest * 1.08) : Math.max(100, largest);
  if (largest > 0) return largest * 1.08;
  return unit === "bytes" || unit === "bytes_per_second" ? KIB : 1;
}
