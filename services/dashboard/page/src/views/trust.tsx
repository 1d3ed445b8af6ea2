import { useState } from 'preact/hooks';
import { useView } from '../ask-view.ts';
import { type IntervalSeries, intervals } from '../charts/intervals.ts';
import { amount, between, count, number, rate, tenth } from '../format.ts';
import { Chart } from '../parts/chart.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import { Figure } from '../parts/states.tsx';
import type { TrustRow } from '../rows.ts';
import {
  byModel,
  modelName,
  modelOrder,
  modelRule,
  relationshipColour,
  relationshipName,
  relationshipOrder,
} from '../words.ts';
import { Verdict } from './verdict.tsx';

export function Trust() {
  const [model, setModel] = useState('linear');
  const live = useView('trust_comparison', { order: 'relationship,model', limit: 1_000, every_ms: 3_000 });
  const empty =
    'No influencer with a known relationship has been engaged with yet. Send the influencer records with `relationship: friend` or `blogger`.';
  return (
    <>
      <Verdict />
      <Panel
        title="Side by side"
        note={`Redemptions by word of mouth under the model “${modelName(model)}”: ${modelRule(model)}.`}
        live={live}
        empty={empty}
        height={300}
        aside={<ModelChoice model={model} choose={setModel} />}
      >
        {(rows) => <Cards rows={rows.filter((row) => row.model === model)} />}
      </Panel>
      <Panel
        title="Yield under every model"
        note="Redemptions by word of mouth per person engaged, with the interval that stays valid however often one looks. An influencer is one draw: people of one influencer are alike."
        live={live}
        empty={empty}
        height={380}
        table={(rows) => (
          <DataTable label="Yield by relationship and model" rows={onePerModel(rows)} columns={columns} />
        )}
      >
        {(rows) => <YieldChart rows={onePerModel(rows)} />}
      </Panel>
      <Panel
        title="All numbers"
        note="Per relationship, model and currency. Money of different currencies is never added."
        live={live}
        empty={empty}
      >
        {(rows) => (
          <DataTable
            label="Relationships by model"
            rows={[...rows].sort(byModel)}
            columns={[...columns, ...costColumns]}
          />
        )}
      </Panel>
    </>
  );
}

export function ModelChoice({ model, choose }: { model: string; choose: (model: string) => void }) {
  return (
    <label class="choice">
      Model{' '}
      <select value={model} onChange={(event) => choose(event.currentTarget.value)}>
        {modelOrder.map((name) => (
          <option key={name} value={name}>
            {modelName(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Counts are repeated for each currency: keep the first. */
function onePerModel(rows: readonly TrustRow[]): TrustRow[] {
  return [...new Map(rows.map((row) => [`${row.relationship}/${row.model}`, row])).values()].sort(byModel);
}
const inOrder = (rows: readonly TrustRow[]) =>
  relationshipOrder.filter((relationship) => rows.some((row) => row.relationship === relationship));

function Cards({ rows }: { rows: readonly TrustRow[] }) {
  return (
    <div class="cards">
      {inOrder(rows).map((relationship) => (
        <Card key={relationship} rows={rows.filter((row) => row.relationship === relationship)} />
      ))}
    </div>
  );
}

function Card({ rows }: { rows: readonly TrustRow[] }) {
  const row = rows[0];
  if (!row) return null;
  return (
    <article class="card" style={{ '--own': `var(${relationshipColour(row.relationship)})` }}>
      <h3>{relationshipName(row.relationship)}</h3>
      <p class="card-number">
        <Figure text={rate(row.yield_per_engaged)} />
        <span>
          of the people engaged redeemed by word of mouth
          <br />
          <span class="muted">
            {row.yield_high === null ? (
              'no interval: it needs at least four influencers'
            ) : (
              <>
                <Figure text={between(row.yield_low, row.yield_high)} />, 95 %
              </>
            )}
          </span>
        </span>
      </p>
      <dl class="pairs">
        <Pair name="Influencers" value={count(row.influencers)} />
        <Pair name="People engaged" value={count(row.people_engaged)} />
        <Pair name="Redemptions by word of mouth" value={tenth(row.redemptions_referred)} />
        <Pair name="… with trials" value={tenth(row.redemptions_all)} />
        <Pair name="Per 1,000 followers" value={number(row.yield_per_1000_followers)} />
        {rows.map((one) => (
          <Pair
            key={`a${one.currency}`}
            name={`Net sales${one.currency ? `, ${one.currency}` : ''}`}
            value={amount(one.attributed_amount, one.currency)}
          />
        ))}
        {rows.map((one) => (
          <Pair
            key={`c${one.currency}`}
            name={`Cost${one.currency ? `, ${one.currency}` : ''}`}
            value={amount(one.cost, one.currency)}
            why="no cost line names these influencers"
          />
        ))}
        {rows.map((one) => (
          <Pair
            key={`y${one.currency}`}
            name={`Redemptions per ${amount(100, one.currency || 'USD', 0)} spent`}
            value={tenth(one.yield_per_cost === null ? null : 100 * one.yield_per_cost)}
          />
        ))}
      </dl>
    </article>
  );
}

function Pair({ name, value, why }: { name: string; value: string; why?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Figure text={value} {...(why && { why })} />
      </dd>
    </div>
  );
}

function YieldChart({ rows }: { rows: readonly TrustRow[] }) {
  const models = modelOrder.filter((model) => rows.some((row) => row.model === model));
  const series: IntervalSeries[] = inOrder(rows).map((relationship) => ({
    name: relationshipName(relationship),
    colour: relationshipColour(relationship),
    values: models.map((model) => {
      const row = rows.find((one) => one.relationship === relationship && one.model === model);
      return { low: row?.yield_low ?? null, middle: row?.yield_per_engaged ?? null, high: row?.yield_high ?? null };
    }),
  }));
  const label = `Yield per person engaged for ${series.map((one) => one.name).join(', ')} under ${models.length} models. Choose Table for the numbers.`;
  return (
    <Chart
      label={label}
      height={80 + models.length * (24 + 14 * series.length)}
      draw={intervals(models.map(modelName), series, (value) => rate(value, 1))}
    />
  );
}

const columns: Column<TrustRow>[] = [
  {
    key: 'relationship',
    label: 'Relationship',
    text: true,
    show: (row) => relationshipName(row.relationship),
    by: (row) => row.relationship,
  },
  {
    key: 'model',
    label: 'Model',
    text: true,
    show: (row) => modelName(row.model),
    by: (row) => modelOrder.indexOf(row.model),
  },
  {
    key: 'referred',
    label: 'By word of mouth',
    title: 'Credit of redemptions that are no trial',
    show: (row) => tenth(row.redemptions_referred),
    by: (row) => Number(row.redemptions_referred),
  },
  {
    key: 'people',
    label: 'People engaged',
    show: (row) => count(row.people_engaged),
    by: (row) => Number(row.people_engaged),
  },
  {
    key: 'yield',
    label: 'Per person engaged',
    show: (row) => rate(row.yield_per_engaged),
    by: (row) => row.yield_per_engaged,
  },
  {
    key: 'low',
    label: '95 % interval',
    show: (row) => between(row.yield_low, row.yield_high),
    by: (row) => row.yield_low,
  },
  {
    key: 'followers',
    label: 'Per 1,000 followers',
    show: (row) => number(row.yield_per_1000_followers),
    by: (row) => row.yield_per_1000_followers,
  },
];
const costColumns: Column<TrustRow>[] = [
  {
    key: 'amount',
    label: 'Net sales',
    show: (row) => amount(row.attributed_amount, row.currency),
    by: (row) => Number(row.attributed_amount),
  },
  { key: 'cost', label: 'Cost', show: (row) => amount(row.cost, row.currency), by: (row) => row.cost },
  {
    key: 'per_cost',
    label: 'Per unit of cost',
    show: (row) => number(row.yield_per_cost),
    by: (row) => row.yield_per_cost,
  },
];
