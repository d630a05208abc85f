/** Which panels a host's page has, worked out from the families that the API describes. */
import type { Family, Gauge } from "../api/types";

export interface Panel {
  /** Also the panel's test id: the family for its headline, family and unit for the rest. */
  id: string;
  family: Family;
  unit: string;
  gauges: Gauge[];
  /** Names of the gauges drawn first. */
  initial: string[];
}

export interface Panels {
  headline: Panel[];
  more: Panel[];
}

const INITIAL_GAUGES_MAX = 6;

/** Returns one panel per family and unit: those of the headlines, then all others. Churning families have a table. */
export function toPanels(families: readonly Family[]): Panels {
  const panels: Panels = { headline: [], more: [] };
  for (const family of families) {
    if (family.churning) continue;
    const byUnit = Map.groupBy(family.gauges, (gauge) => gauge.unit);
    const headlineUnit = family.gauges.find((gauge) => gauge.name === family.headline[0])?.unit;
    for (const [unit, gauges] of byUnit) {
      if (unit === headlineUnit) {
        panels.headline.push({ id: family.name, family, unit, gauges, initial: [...family.headline] });
      } else {
        const first = family.labels.length > 0 ? 1 : INITIAL_GAUGES_MAX;
        const initial = gauges.slice(0, first).map((gauge) => gauge.name);
        panels.more.push({ id: `${family.name}-${unit}`, family, unit, gauges, initial });
      }
    }
  }
  return panels;
}
