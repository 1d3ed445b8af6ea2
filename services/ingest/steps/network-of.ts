/** The network an address belongs to: /24 of IPv4, /48 of IPv6 (also for IPv4 written as IPv6). null when it is no address. */
export function networkOf(address: string): string | null {
  const four = /(?:^|^::ffff:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(address.trim());
  if (four) {
    const parts = four.slice(1, 5).map(Number);
    return parts.every((part) => part <= 255) ? `${parts.slice(0, 3).join('.')}.0/24` : null;
  }
  return networkOfSix(address.trim().replace(/%.*$/, ''));
}

function networkOfSix(address: string): string | null {
  const halves = address.split('::');
  if (halves.length > 2 || !/^[0-9a-f:]{2,39}$/i.test(address)) return null;
  const groups = (half: string | undefined): string[] => (half === undefined || half === '' ? [] : half.split(':'));
  const [left, right] = [groups(halves[0]), groups(halves[1])];
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const all = [...left, ...Array<string>(missing).fill('0'), ...right];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const numbers = all.map((group) => Number.parseInt(group, 16));
  const mapped = numbers.slice(0, 5).every((number) => number === 0) && numbers[5] === 0xffff;
  if (mapped) return `${numbers[6]! >> 8}.${numbers[6]! & 255}.${numbers[7]! >> 8}.0/24`;
  return `${numbers
    .slice(0, 3)
    .map((number) => number.toString(16))
    .join(':')}::/48`;
}
