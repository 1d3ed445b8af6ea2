/** What the page asks of the read API, as addresses behind `/api/v1/`. `test/browser` compares them with what it really asks. */

export interface Subject {
  brand: string;
  campaign: string;
  influencer: string;
}

/** Whatever of a brand is looked at: overview, comparison and lists. */
export const brandQuestions = (brand: string): string[] => [
  // overview
  `views/campaign_performance?brand_id=${brand}&columns=campaign_id,people_engaged,redeemers,currency&limit=1000`,
  `views/trust_verdict?brand_id=${brand}&limit=1`,
  `views/events_current?brand_id=${brand}&columns=event_id,type,occurred_at,received_at,influencer_id,platform,store_id,is_valid,count,redemption_id,status,amount,currency&order=-received_at,-occurred_at&limit=10`,
  `views/campaign_daily?brand_id=${brand}&order=day&limit=10000`,
  // friends and bloggers, influencers, campaigns
  `views/trust_comparison?brand_id=${brand}&order=relationship,model&limit=1000`,
  `views/influencer_performance?brand_id=${brand}&order=-conversion_low&limit=10000`,
  `views/campaign_performance?brand_id=${brand}&order=-redemptions_net&limit=1000`,
  `views/product_performance?brand_id=${brand}&order=-redemptions_net&limit=1000`,
  `views/store_performance?brand_id=${brand}&order=-redemptions_net&limit=10000`,
  // attribution, journeys
  `views/model_comparison?brand_id=${brand}&limit=10000`,
  `views/engagement_sensitivity?brand_id=${brand}&order=influencer_id,varied,factor&limit=10000`,
  `views/redemptions_current?brand_id=${brand}&order=-redeemed_at&limit=200`,
  // quality
  `views/data_quality?brand_id=${brand}&limit=1000`,
  'views/pipeline_completeness?order=-day,source_topic,source_partition&limit=1000',
  `views/restatements?brand_id=${brand}&order=-day,reason,model&limit=1000`,
  `views/rejected_events?brand_id=${brand}&order=-source_at&limit=500`,
  // names
  ...['influencer', 'store'].map(
    (kind) => `views/reference_current?brand_id=${brand}&kind=${kind}&columns=id,name&limit=10000`,
  ),
];

/** All of them, where one influencer and one campaign are opened, too. */
export const pageQuestions = ({ brand, campaign, influencer }: Subject): string[] => [
  ...brandQuestions(brand),
  `views/influencer_performance?brand_id=${brand}&influencer_id=${influencer}&limit=1000`,
  `views/post_performance?brand_id=${brand}&influencer_id=${influencer}&order=-engagements&limit=10000`,
  `views/coupon_performance?brand_id=${brand}&owner_id=${influencer}&limit=1000`,
  `views/attribution_credits?brand_id=${brand}&influencer_id=${influencer}&model=linear&order=-redeemed_at&limit=200`,
  `views/campaign_performance?brand_id=${brand}&campaign_id=${campaign}&limit=1000`,
  `views/funnel?brand_id=${brand}&campaign_id=${campaign}&order=step&limit=1000`,
  `views/campaign_attribution?brand_id=${brand}&campaign_id=${campaign}&limit=1000`,
  `views/campaign_stores?brand_id=${brand}&campaign_id=${campaign}&order=-redemptions_net&limit=10000`,
  `views/campaign_products?brand_id=${brand}&campaign_id=${campaign}&order=-redemptions_net&limit=1000`,
  `views/campaign_daily?brand_id=${brand}&campaign_id=${campaign}&order=day&limit=10000`,
  'brands',
  'health',
];
