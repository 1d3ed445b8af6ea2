import { useSignal } from '@preact/signals';
import { choose, route } from '../route.ts';
import { first_day, isDay, last_day, type Period, period, periods, plusDays, time_zone, today } from '../scope.ts';

/** Days of the brand's own calendar. */
export function PeriodChoice() {
  const { query } = route.value;
  const pick = (name: string) =>
    choose(
      name === 'all'
        ? { period: undefined, from: undefined, to: undefined }
        : name === 'own'
          ? { period: 'own', from: query.get('from') ?? plusDays(today(), -27), to: query.get('to') ?? today() }
          : { period: name, from: undefined, to: undefined },
    );
  return (
    <fieldset class="period">
      <legend class="unseen">Period, in days of {time_zone.value}</legend>
      <div class="segments">
        {Object.entries(periods).map(([name, label]) => (
          <button type="button" key={name} aria-pressed={period.value === name} onClick={() => pick(name as Period)}>
            {label}
          </button>
        ))}
      </div>
      {period.value === 'own' && (
        <span class="own-days">
          <Day name="from" label="First day" />
          <span aria-hidden="true">–</span>
          <Day name="to" label="Last day" />
        </span>
      )}
    </fieldset>
  );
}

/** While a day is typed the field changes with every digit (half of a day, the year 2, 20, …): it keeps what is typed, and a day counts when it is whole. */
function Day({ name, label }: { name: 'from' | 'to'; label: string }) {
  const typed = useSignal<string | null>(null);
  const take = ({ value, validity }: HTMLInputElement) => {
    typed.value = value;
    if (isDay(value) || (value === '' && !validity.badInput)) choose({ [name]: value || undefined });
  };
  return (
    <input
      type="date"
      aria-label={label}
      value={typed.value ?? route.value.query.get(name) ?? ''}
      min={first_day}
      max={last_day}
      onChange={(event) => take(event.currentTarget)}
      onBlur={() => {
        typed.value = null;
      }}
    />
  );
}
