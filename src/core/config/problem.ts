/** Something wrong in a document. `path` is a JSON pointer into the configuration; `text` says what and what to do. */
export interface Problem {
  readonly path: string;
  readonly text: string;
}

/** Each problem once, in the order found. */
export function distinctProblems(problems: Iterable<Problem>): readonly Problem[] {
  const byText = new Map<string, Problem>();
  for (const problem of problems) {
    const identity = `${problem.path}\n${problem.text}`;
    if (!byText.has(identity)) byText.set(identity, problem);
  }
  return [...byText.values()];
}

/** The form of `configurationStatus`: texts by pointer, several of one place joined. */
export function problemsByPath(problems: Iterable<Problem>): Readonly<Record<string, string>> {
  const texts = new Map<string, string>();
  for (const { path, text } of distinctProblems(problems)) {
    const known = texts.get(path);
    texts.set(path, known === undefined ? text : `${known}; ${text}`);
  }
  return Object.fromEntries(texts);
}
