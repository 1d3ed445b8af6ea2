/** THE register of presets: how files of a known source become events and reference records. */
import type { Preset, PresetRecords } from './preset.ts';
import { retail } from './retail.ts';

export const presets: Readonly<Record<string, Preset>> = { retail };

export function readPreset(name: string, files: string[], brand_id: string): PresetRecords {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset) throw new Error(`no preset is called ${name}; there are: ${Object.keys(presets).join(', ')}`);
  return preset(files, brand_id);
}
