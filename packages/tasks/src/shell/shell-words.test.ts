import { expect, test } from "vitest";
import { scriptOf, type ShellValue, wordsOf } from "./shell-words.ts";

function words(texts: TemplateStringsArray, ...values: ShellValue[]): readonly string[] {
  return wordsOf(texts, values);
}

test("the text is split at spaces, and a value never is", () => {
  expect(words`git log`).toEqual(["git", "log"]);
  expect(words`  git   log
    -n ${3} `).toEqual(["git", "log", "-n", "3"]);
  expect(words`echo ${"a b"} ${""} x${"'"}y${"$"}`).toEqual(["echo", "a b", "", "x'y$"]);
});

test("a list is as many arguments as it has, and stands alone", () => {
  expect(words`ls ${["a b", "-l"]} ${[]} end`).toEqual(["ls", "a b", "-l", "end"]);
  expect(() => words`ls --in=${["a"]}`).toThrow("stands alone");
  expect(() => words`ls ${["a"]}b`).toThrow("stands alone");
});

test.each("\"'`$|&;<>()*?[]{}~#\\".split(""))(
  "%s is no part of a text that no shell reads",
  (syntax) => {
    expect(() => wordsOf([`echo ${syntax}`], [])).toThrow("has no meaning here");
  },
);

test("values of a script are its parameters", () => {
  expect(scriptOf(["cat ", " | grep ", ""], [["a", "b"], "$(x)"])).toEqual({
    script: 'cat "${1}" "${2}" | grep "${3}"',
    parameters: ["a", "b", "$(x)"],
  });
});
