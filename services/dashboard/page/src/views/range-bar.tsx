interface RangeBarProps {
  low: number | null;
  middle: number | null;
  high: number | null;
  most: number;
  words: string;
}

/** An interval in a cell of a table. */
export function RangeBar({ low, middle, high, most, words }: RangeBarProps) {
  const at = (value: number | null) => `${(100 * (value ?? 0)) / most}%`;
  return (
    <span class="range-bar" role="img" aria-label={words} title={words}>
      <span class="range-bar-line" style={{ left: at(low), width: at((high ?? 0) - (low ?? 0)) }} />
      <span class="range-bar-point" style={{ left: at(middle) }} />
    </span>
  );
}
