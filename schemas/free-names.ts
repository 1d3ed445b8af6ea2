/** Gives names that are not taken: the same, or numbered from 2, `between` before the number. A sender's `tel_2` still says what `tel` says of its value. */
export function freeNames(between: '_' | ' '): (name: string) => string {
  const taken = new Set<string>();
  const numbered = new Map<string, number>();
  return (name) => {
    let free = name;
    for (let n = numbered.get(name) ?? 2; taken.has(free); n++) {
      free = `${name}${between}${n}`;
      numbered.set(name, n + 1);
    }
    taken.add(free);
    return free;
  };
}
