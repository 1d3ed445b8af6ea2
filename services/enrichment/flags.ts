/** THE register of flags: remarks of enrichment that an analyst should know. Only owner_inactive changes credit: nobody earns for the code. */
export const flags = {
  unknown_link: 'no link record has this short code at the time of the event',
  ambiguous_hashtag: 'several running campaigns have one of the hashtags: the campaign is left open',
  unknown_code: 'no coupon record has this code',
  outside_validity: 'the code is known, but no coupon with it is valid at the time of the redemption',
  ambiguous_code: 'several valid coupons have this code, and the campaign of the event does not say which: left open',
  unknown_influencer: 'no influencer record speaks for this id at the time of the event',
  owner_inactive: 'the owner of the code has left: nobody earns for the code',
  outside_campaign: 'the redemption lies before the start or after the end of its campaign',
} as const;

export type Flag = keyof typeof flags;
