import type { ComponentChildren } from 'preact';
import { Figure } from './states.tsx';

export interface Stat {
  label: string;
  value: string;
  note?: ComponentChildren;
  why?: string;
}

/** A row of headline numbers. */
export function Stats({ list, label }: { list: readonly Stat[]; label: string }) {
  return (
    <dl class="stats" aria-label={label}>
      {list.map((stat) => (
        <div class="stat" key={stat.label}>
          <dt>{stat.label}</dt>
          <dd>
            <Figure text={stat.value} {...(stat.why && { why: stat.why })} />
            {stat.note && <small>{stat.note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Tag({ kind, children }: { kind?: string; children: ComponentChildren }) {
  return <span class={`tag ${kind ? `tag-${kind}` : ''}`}>{children}</span>;
}
