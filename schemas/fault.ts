/** One thing that is wrong with a record. */
export interface Fault {
  /** A code of schemas/reject-codes.ts. */
  code: string;
  /** Field path such as `identifiers.0.value`; '' for the whole record. */
  path: string;
  /** What was found (shortened, never personal data), what was expected, what to do. */
  detail: string;
}
