/** What a preset makes of files of a known source. */
export interface PresetRecords {
  /** Reference records, as a brand would send them. */
  references: AsyncIterable<object>;
  /** Events, as a brand would send them: still to be validated, as everything else. */
  events: AsyncIterable<object>;
}

/** `files` are files or one directory of them; throws an Error that says what was expected. */
export type Preset = (files: string[], brand_id: string) => PresetRecords;
