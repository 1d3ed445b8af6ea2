/** zod's issues as our faults: a code of the register, the path, what was found and what was expected. */
import type { z } from 'zod';
import type { Fault } from './fault.ts';
import { type RejectCode, reject_codes } from './reject-codes.ts';
import { shown } from './shown.ts';

/** One fault in the register's words. */
export const fault = (code: RejectCode, path: string, found: unknown, expected?: string): Fault => ({
  code,
  path,
  detail: `found ${shown(found, path)}${expected ? `, expected ${expected}` : ''}; ${reject_codes[code].remedy}`,
});

/** A message of the form `code: what was expected`, as the schemas' own checks give it. */
export const says = (code: RejectCode, expected: string): string => `${code}: ${expected}`;

type Issue = z.core.$ZodIssue;

export const faultsOf = (issues: Issue[], raw: unknown): Fault[] => issues.map((issue) => faultOf(issue, raw));

function faultOf(issue: Issue, raw: unknown): Fault {
  const path = issue.path.join('.');
  const found = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    raw,
  );
  const said = /^([a-z_0-9]+): (.*)$/s.exec(issue.message);
  if (said && said[1]! in reject_codes && (found !== undefined || issue.code === 'custom'))
    return fault(said[1] as RejectCode, path, found, said[2]);
  return fault(codeOf(issue, path, found), path, found, said ? said[2] : expectedBy(issue));
}

function codeOf(issue: Issue, path: string, found: unknown): RejectCode {
  if (found === undefined || found === null) return 'missing_field';
  if (
    typeof found === 'number' &&
    !Number.isSafeInteger(found) &&
    (issue.code !== 'invalid_type' || issue.expected === 'int' || issue.expected === 'number')
  )
    return 'number_out_of_range';
  switch (issue.code) {
    case 'invalid_type':
      return 'wrong_type';
    case 'invalid_value':
      return path === 'type' ? 'unknown_type' : path === 'kind' ? 'unknown_kind' : 'unknown_value';
    case 'too_small':
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array' ? 'bad_length' : 'number_out_of_range';
    case 'invalid_union':
      return path === '' || path === 'kind' ? 'unknown_kind' : 'wrong_type';
    default:
      return 'unknown_value';
  }
}

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int'
        ? 'a whole number'
        : `${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'unrecognized_keys':
      return 'no other fields';
    default:
      return issue.message
        .replace(/^.*Expected /, 'one of ')
        .replaceAll(' | ', ', ')
        .replaceAll("'", '');
  }
}
