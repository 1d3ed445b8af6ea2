import { useView } from '../ask-view.ts';
import { grouped } from '../charts/bars.ts';
import { rate, tenth } from '../format.ts';
import { Chart } from '../parts/chart.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Panel } from '../parts/panel.tsx';
import type { ModelRow } from '../rows.ts';
import {
  eventName,
  modelName,
  modelOrder,
  modelRule,
  relationshipColour,
  relationshipName,
  relationshipOrder,
} from '../words.ts';
import { useInfluencerNames } from './names.ts';

/** The models side by side, and how much the choice matters. */
export function Attribution() {
  const live = useView('model_comparison', { limit: 10_000 });
  const sensitivity = useView('engagement_sensitivity', {
    order: 'influencer_id,varied,factor',
    limit: 10_000,
    every_ms: 30_000,
  });
  const name = useInfluencerNames();
  return (
    <>
      <Panel
        title="Who earned how many redemptions"
        note="Each model splits the same redemptions: compare them, never add them."
        live={live}
        height={340}
        table={(rows) => <Table rows={summed(rows)} />}
      >
        {(rows) => <Models rows={summed(rows)} />}
      </Panel>
      <Panel
        title="How much the choice matters"
        note="The least and the most a kind of influencer earned under any model."
        live={live}
      >
        {(rows) => <Spread rows={summed(rows)} />}
      </Panel>
      <Panel
        title="When a weight of the engagement model moves"
        note="How an influencer's credit changes as each weight is halved or doubled."
        live={sensitivity}
        empty="No journey with a touch yet."
      >
        {(rows) => (
          <DataTable
            label="Sensitivity of the engagement model"
            rows={rows.filter((row) => row.varied !== '')}
            search={(row) => (row.influencer_id ? name(row.influencer_id) : 'no influencer')}
            search_label="Find an influencer"
            columns={[
              {
                key: 'influencer',
                label: 'Influencer',
                text: true,
                show: (row) => (row.influencer_id ? name(row.influencer_id) : 'no influencer'),
                by: (row) => (row.influencer_id ? name(row.influencer_id) : 'no influencer'),
              },
              {
                key: 'varied',
                label: 'Weight of',
                text: true,
                show: (row) => eventName(row.varied),
                by: (row) => row.varied,
              },
              { key: 'factor', label: 'Times', show: (row) => String(row.factor), by: (row) => row.factor },
              {
                key: 'credit',
                label: 'Redemptions',
                show: (row) => tenth(row.attributed_redemptions),
                by: (row) => row.attributed_redemptions,
              },
              { key: 'change', label: 'Change', show: (row) => rate(row.change), by: (row) => row.change },
            ]}
          />
        )}
      </Panel>
    </>
  );
}

interface Sum {
  relationship: string;
  model: string;
  redemptions: number;
}
/** Counts of redemptions may be added over currencies; money may not. */
function summed(rows: readonly ModelRow[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { relationship, model, attributed_redemptions } of rows) {
    const at = `${relationship}/${model}`;
    const sum = sums.get(at) ?? { relationship, model, redemptions: 0 };
    sum.redemptions += Number(attributed_redemptions);
    sums.set(at, sum);
  }
  return [...sums.values()];
}

const present = (rows: readonly Sum[]) =>
  relationshipOrder.filter((one) => rows.some((row) => row.relationship === one));

function Models({ rows }: { rows: readonly Sum[] }) {
  const models = modelOrder.filter((model) => rows.some((row) => row.model === model));
  const series = present(rows).map((relationship) => ({
    name: relationshipName(relationship),
    colour: relationshipColour(relationship),
    values: models.map(
      (model) => rows.find((row) => row.relationship === relationship && row.model === model)?.redemptions ?? 0,
    ),
  }));
  return (
    <Chart
      label={`Redemptions by model for ${series.map((one) => one.name).join(', ')}. Choose Table for the numbers.`}
      height={340}
      draw={grouped(models.map(modelName), series, (value) => tenth(value))}
    />
  );
}

function Table({ rows }: { rows: readonly Sum[] }) {
  return (
    <DataTable
      label="Redemptions by model"
      rows={rows}
      columns={[
        {
          key: 'model',
          label: 'Model',
          text: true,
          show: (row) => <span title={modelRule(row.model)}>{modelName(row.model)}</span>,
          by: (row) => modelOrder.indexOf(row.model),
        },
        {
          key: 'relationship',
          label: 'Relationship',
          text: true,
          show: (row) => relationshipName(row.relationship),
          by: (row) => row.relationship,
        },
        {
          key: 'redemptions',
          label: 'Redemptions',
          show: (row) => tenth(row.redemptions),
          by: (row) => row.redemptions,
        },
      ]}
    />
  );
}

const redemptions = (n: number): string => `${tenth(n)} ${tenth(n) === '1' ? 'redemption' : 'redemptions'}`;

function Spread({ rows }: { rows: readonly Sum[] }) {
  const lines = present(rows).map((relationship) => {
    const own = rows.filter((row) => row.relationship === relationship).sort((a, b) => a.redemptions - b.redemptions);
    return { relationship, least: own[0]!, most: own.at(-1)! };
  });
  return (
    <ul class="sentences">
      {lines.map(({ relationship, least, most }) => (
        <li key={relationship}>
          <strong>{relationshipName(relationship)}</strong>:{' '}
          {most.redemptions - least.redemptions < 0.05
            ? `${tenth(least.redemptions)} under every model.`
            : `${tenth(least.redemptions)} under ${modelName(least.model)}, ${tenth(most.redemptions)} under ${modelName(most.model)}: ${redemptions(most.redemptions - least.redemptions)} between them.`}
        </li>
      ))}
    </ul>
  );
}
