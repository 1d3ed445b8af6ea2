import { read } from '../client.ts';

function save(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

/** The rows of the question as CSV, as the API writes them. */
export async function saveCsv(path: string, name: string): Promise<void> {
  const answer = await read(`${path}${path.includes('?') ? '&' : '?'}format=csv`);
  const address = URL.createObjectURL(new Blob([answer.text ?? ''], { type: 'text/csv' }));
  save(address, `${name}.csv`);
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function savePicture(address: string, name: string): void {
  save(address, `${name}.png`);
}
