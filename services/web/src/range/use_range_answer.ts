/** One family over a range, asked of the API and asked again while the range goes on. */
import { expectBody } from "../api/client";
import type { FamilyName, RangeAnswer } from "../api/types";
import { client } from "../auth/current";
import { serverNow } from "../format/server_clock";
import { laterWhenSeen } from "./later_when_seen";
import { keepAnswered, type RangeRequest } from "./range_answer";
import { askedRange } from "./time_range";

/** Returns the answer to a request that may change; what was shown before stays as long as it is not wrong. */
export function useRangeAnswer(request: () => RangeRequest | null) {
  return keepAnswered(request, { ask: askForRange, later: laterWhenSeen, now: serverNow });
}

/** Returns what the API answers; throws as `expectBody` does. */
export function askForRange(asked: RangeRequest, signal: AbortSignal): Promise<RangeAnswer> {
  const query = {
    host: [...asked.hosts],
    columns: asked.columns.join(","),
    aggregate: asked.aggregate,
    points_max: asked.pointsMax,
    ...askedRange(asked.range),
    ...(asked.labels.length > 0 && { label: [...asked.labels] }),
  };
  // The schema lists the families of the build; the page draws whichever the API names.
  const params = { path: { family: asked.family as FamilyName }, query };
  return expectBody(client.GET("/api/v1/metrics/{family}", { params, signal }));
}
