import { choose, route } from '../route.ts';
import { type Period, period, periods, plusDays, time_zone, today } from '../scope.ts';

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
          <input
            type="date"
            aria-label="First day"
            value={query.get('from') ?? ''}
            onChange={(event) => choose({ from: event.currentTarget.value || undefined })}
          />
          <span aria-hidden="true">–</span>
          <input
            type="date"
            aria-label="Last day"
            value={query.get('to') ?? ''}
            onChange={(event) => choose({ to: event.currentTarget.value || undefined })}
          />
        </span>
      )}
    </fieldset>
  );
}
