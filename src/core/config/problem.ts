/** Something wrong in a document. `path` is a JSON pointer into the configuration; `text` says what and what to do. */
export interface Problem {
  readonly path: string;
  readonly text: string;
}
