/** A name that is not taken: the same, or numbered from 2, `between` before the number. A sender's `tel_2` still says what `tel` says of its value. */
export function freeName(name: string, taken: object, between: '_' | ' '): string {
  let free = name;
  for (let again = 2; Object.hasOwn(taken, free); again++) free = `${name}${between}${again}`;
  return free;
}
