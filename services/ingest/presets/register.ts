/** THE register of presets: how files of a known source become events and reference records. */
import { retail } from './retail.ts';

export interface PresetRecords {
  /** Reference records, as a brand would send them. */
  references: AsyncIterable<object>;
  /** Events, as a brand would send them: still to be validated, as everything else. */
  events: AsyncIterable<object>;
}

/** `files` are files or one directory of them; throws an Error that says what was expected. */
export type Preset = (files: string[], brand_id: string) => PresetRecords;

export const presets: Readonly<Record<string, Preset>> = { retail };

export function readPreset(name: string, files: string[], brand_id: string): PresetRecords {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset) throw new Error(`no preset is called ${name}; there are: ${Object.keys(presets).join(', ')}`);
  return preset(files, brand_id);
}
