/** What the columns' words are called on the page, and which colour a relationship has. */
const relationshipNames: Record<string, string> = {
  friend: 'Friends',
  blogger: 'Bloggers',
  celebrity: 'Celebrities',
  expert: 'Experts',
  nobody: 'Nobody',
  '': 'Unknown',
};
export const relationshipOrder = ['friend', 'blogger', 'celebrity', 'expert', '', 'nobody'];
export const relationshipName = (word: string) => relationshipNames[word] ?? word;
const singular: Record<string, string> = {
  friend: 'Friend',
  blogger: 'Blogger',
  celebrity: 'Celebrity',
  expert: 'Expert',
};
/** Of one influencer. */
export const relationshipOfOne = (word: string) => singular[word] ?? relationshipName(word);
export const relationshipColour = (word: string) => `--${relationshipNames[word] && word ? word : 'unknown'}`;

const modelNames: Record<string, [name: string, rule: string]> = {
  last_touch: ['Last touch', 'all to the last touch before the redemption'],
  first_touch: ['First touch', 'all to the first touch'],
  linear: ['Linear', 'the same to every touch'],
  time_decay: ['Time decay', 'half as much for every seven days further back'],
  position_based: ['Position', '40 % to the first, 40 % to the last, 20 % to those between'],
  coupon_owner: ['Coupon owner', 'all to the owner of the redeemed code'],
  engagement_weighted: ['Engagement', 'a click weighs more than a share, a comment, a like'],
};
export const modelOrder = Object.keys(modelNames);
export const modelName = (word: string) => modelNames[word]?.[0] ?? word.replaceAll('_', ' ');
export const modelRule = (word: string) => modelNames[word]?.[1] ?? '';
export const byModel = (a: { model: string }, b: { model: string }) =>
  modelOrder.indexOf(a.model) - modelOrder.indexOf(b.model);

const eventNames: Record<string, string> = {
  click: 'Click',
  like: 'Like',
  comment: 'Comment',
  share: 'Share',
  coupon_redemption: 'Redemption',
  coupon: 'Owner of the code',
};
export const eventName = (word: string) => eventNames[word] ?? (word || 'Nobody');

const reasonNames: Record<string, string> = {
  first: 'First credit',
  late_touch: 'A touch arrived late',
  identity: 'Two identities were joined or parted',
  void: 'The till voided it',
  return: 'Something was returned',
  reference: 'A reference record changed',
  model: 'A model changed',
  replay: 'Replayed',
  erasure: 'A person was erased',
};
export const reasonName = (word: string) => reasonNames[word] ?? word;

export const verdictTitles: Record<string, string> = {
  friends: 'Friends move more',
  bloggers: 'Bloggers move more',
  no_difference: 'No difference',
  undecided: 'Not decided yet',
};
export const rungs = [
  ['Randomised people', 'Chance decides who sees a friend, a blogger or neither.'],
  ['Randomised clusters', 'Chance decides by shop or town.'],
  ['Matched markets', 'Similar places with and without, before and after.'],
  [
    'Attribution',
    'What followed a recommendation is counted. Alike people flock together, so it is not proof of cause.',
  ],
  ['Survey', 'People say what moved them.'],
] as const;
