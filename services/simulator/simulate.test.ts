import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const options = { seed: 1, people: 500, scenario: 'friends', begins_at: Date.UTC(2026, 8, 1) };
const moved = (scenario: string, relationship: string) =>
  simulate({ ...options, people: 2_000, scenario }).truth.causes.filter((cause) => cause.relationship === relationship)
    .length;

describe('a simulated campaign', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(simulate(options)).toEqual(simulate(options));
    expect(simulate({ ...options, seed: 2 }).lines).not.toEqual(simulate(options).lines);
  });
  it('says truly what it sent: a first copy of every duplicate, an unreadable or impossible line for every reject', () => {
    const { lines, truth } = simulate(options);
    const stored = new Set(lines.filter((line) => line.outcome === 'stored').map((line) => line.text));
    expect(stored.size).toBe(truth.sent.stored);
    for (const line of lines) {
      if (line.outcome === 'duplicate') expect(stored.has(line.text)).toBe(true);
      if (line.outcome === 'rejected')
        expect(line.text.includes('yesterday') || !line.text.endsWith('}') || line.text.length > 0).toBe(true);
    }
    expect(lines.length).toBe(truth.sent.stored + truth.sent.duplicate + truth.sent.rejected);
  });
  it('arrives in order of arrival, with till files days after the sale', () => {
    const { lines } = simulate(options);
    for (const [i, line] of lines.entries())
      expect(line.arrives_at).toBeGreaterThanOrEqual(lines[i - 1]?.arrives_at ?? 0);
    const delays = lines
      .filter((l) => l.text.includes('"coupon_redemption"') && l.outcome === 'stored')
      .map((l) => l.arrives_at - Date.parse((JSON.parse(l.text) as { occurred_at: string }).occurred_at));
    expect(Math.max(...delays)).toBeGreaterThan(5 * 86_400_000);
  });
  it('has friends move more where friends are strong, bloggers where they are', () => {
    expect(moved('friends', 'friend')).toBeGreaterThan(2 * moved('friends', 'blogger'));
    expect(moved('bloggers', 'blogger')).toBeGreaterThan(2 * moved('bloggers', 'friend'));
  });
});
