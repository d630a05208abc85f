/** Both languages say everything. */
import { expect, it } from "vitest";
import en from "../src/locales/en.json";
import ko from "../src/locales/ko.json";

type Messages = { [key: string]: string | Messages };

function texts(messages: Messages, prefix = ""): [string, string][] {
  return Object.entries(messages).flatMap(([key, value]) =>
    typeof value === "string" ? [[prefix + key, value] as [string, string]] : texts(value, `${prefix}${key}.`),
  );
}

const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

it("in the same keys", () => {
  expect(texts(ko).map(([key]) => key)).toEqual(texts(en).map(([key]) => key));
});

it("with the same placeholders, and nothing empty", () => {
  const korean = new Map(texts(ko));
  for (const [key, text] of texts(en)) {
    expect([key, placeholders(korean.get(key) ?? "")]).toEqual([key, placeholders(text)]);
    expect(text.trim() && korean.get(key)?.trim(), key).toBeTruthy();
  }
});
