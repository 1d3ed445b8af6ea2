import { useView } from '../ask-view.ts';
import { number } from '../format.ts';
import { Panel } from '../parts/panel.tsx';
import type { VerdictRow } from '../rows.ts';
import { rungs, verdictTitles } from '../words.ts';

/** The answer in words, how sure it is, and what would make it surer. */
export function Verdict() {
  const live = useView('trust_verdict', { limit: 1, every_ms: 3_000 });
  return (
    <Panel
      title="The verdict"
      note="Who moves more sales, a blogger or a friend?"
      live={live}
      empty="Nothing to compare yet: it takes touches on friends and on bloggers."
      height={260}
    >
      {([row]) => row && <Answer row={row} />}
    </Panel>
  );
}

function Answer({ row }: { row: VerdictRow }) {
  return (
    <div class={`verdict verdict-${row.verdict}`}>
      <div>
        <p class="verdict-word">{verdictTitles[row.verdict] ?? row.verdict}</p>
        <p class="verdict-words">{row.in_words}</p>
        <Ratio row={row} />
        <p class="muted">
          {row.models_agree
            ? 'Under every model of touches the same side is ahead.'
            : 'The models do not agree on which side is ahead.'}
        </p>
        <h3>To know more</h3>
        <p>{row.needed}</p>
      </div>
      <Ladder rung={Number(row.rung)} />
    </div>
  );
}

const widest = 100;
/** Place on a logarithmic scale from 1/100 to 100, in percent of its width. */
const at = (ratio: number) => 50 + (50 * Math.log(Math.min(Math.max(ratio, 1 / widest), widest))) / Math.log(widest);
const times = (ratio: number) =>
  ratio > widest
    ? `> ${widest}`
    : ratio < 1 / widest
      ? `< 1/${widest}`
      : ratio < 0.95
        ? `1/${number(1 / ratio)}`
        : number(ratio);

function Ratio({ row: { ratio, ratio_low, ratio_high, margin } }: { row: VerdictRow }) {
  if (ratio === null || ratio_low === null || ratio_high === null)
    return (
      <p class="muted">No interval yet: it needs at least four friends and four bloggers whom somebody engaged with.</p>
    );
  const words = `A friend's yield is ${times(ratio)} times that of a blogger under the linear model; over all models the interval goes from ${times(ratio_low)} to ${times(ratio_high)} times.`;
  return (
    <figure class="ratio">
      <div class="ratio-scale" role="img" aria-label={words}>
        <span class="ratio-margin" style={{ left: `${at(1 / margin)}%`, right: `${100 - at(margin)}%` }} />
        <span class="ratio-even" />
        <span class="ratio-range" style={{ left: `${at(ratio_low)}%`, right: `${100 - at(ratio_high)}%` }} />
        <span class="ratio-point" style={{ left: `${at(ratio)}%` }} />
      </div>
      <div class="ratio-ends" aria-hidden="true">
        <span>← bloggers more</span>
        <span>equal</span>
        <span>friends more →</span>
      </div>
      <figcaption>{words}</figcaption>
    </figure>
  );
}

function Ladder({ rung }: { rung: number }) {
  return (
    <div class="ladder">
      <h3>
        Evidence: rung {rung} of {rungs.length}
      </h3>
      <ol>
        {rungs.map(([name, why], index) => (
          <li key={name} aria-current={index + 1 === rung ? 'step' : undefined}>
            <strong>{name}</strong>
            <span>{why}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
