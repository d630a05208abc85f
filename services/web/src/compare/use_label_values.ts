/** Label values as the API tells them: of what is current, else of the range that is shown. */
import { expectBody } from "../api/client";
import { client } from "../auth/current";
import { laterWhenSeen } from "../range/later_when_seen";
import { askForRange } from "../range/use_range_answer";
import { cellsOf, keepLabelValues, labelsOf, type LabelQuestion } from "./label_values";

/** Tables of an answer: one a host and source, which is more than ten hosts can have. */
const LIMIT = 1_000;
/** The fewest that the API takes: only who is in the answer counts. */
const POINTS_MAX = 2;

/** Returns the values of a label on the chosen hosts, null until they are known; and whether asking fails. */
export function useLabelValues(question: () => LabelQuestion | null) {
  return keepLabelValues(question, { current: askCurrent, past: askPast, later: laterWhenSeen });
}

async function askCurrent({ hosts, family }: LabelQuestion, label: string, signal: AbortSignal): Promise<string[]> {
  const query = { host: [...hosts], family, limit: LIMIT };
  const { current } = await expectBody(client.GET("/api/v1/metrics/current", { params: { query }, signal }));
  return cellsOf(current, label);
}

async function askPast(asked: LabelQuestion, label: string, signal: AbortSignal): Promise<string[]> {
  const { family, hosts, range } = asked;
  const series = { family, hosts, columns: [asked.column], labels: [], range };
  const answer = await askForRange({ ...series, aggregate: "avg", pointsMax: POINTS_MAX }, signal);
  return labelsOf(answer.series, label);
}
